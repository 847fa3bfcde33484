"""What the call log keeps of a call, and what it must not."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from rehearsal.emulator.core.call_log import presentable


def test_certificates_become_their_fingerprint(authority):
    pem = authority.pem
    expected = x509.load_pem_x509_certificate(pem.encode())
    fingerprint = expected.fingerprint(hashes.SHA256()).hex()
    assert presentable({"TrustAnchor": pem.strip()}) == {
        "TrustAnchor": f"[CERTIFICATE sha256:{fingerprint}]"
    }


def test_private_keys_never_get_in_under_any_name(authority):
    key = authority.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    for text in (key, "x" + key + "y", key[: len(key) // 2]):
        assert key.splitlines()[2] not in presentable({"Note": [text]})["Note"][0]


def test_secrets_are_left_out_by_name_at_any_depth():
    given = {"KeyStorePassword": "hunter2", "Outer": [{"SecretString": "hunter2"}], "Name": "n"}
    assert presentable(given) == {
        "KeyStorePassword": "[secret]",
        "Outer": [{"SecretString": "[secret]"}],
        "Name": "n",
    }


def test_everything_else_is_kept():
    given = {"MaxResults": 5, "Filters": {"states": ["ACTIVE"]}, "NextToken": "abc", "On": True}
    assert presentable(given) == given
