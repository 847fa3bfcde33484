import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN, Secret
from tests.rehearsal.plugins.driver import Plugin, RefusedError

KEY = "tls:index/privateKey:PrivateKey"
SECRETS = {"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"}


def load(outputs, name="privateKeyPem"):
    return serialization.load_pem_private_key(outputs[name].value.encode(), None)


@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_an_rsa_key_has_the_size_asked_for(tls: Plugin, bits: int):
    _, outputs = tls.create(KEY, {"algorithm": "RSA", "rsaBits": bits})
    key = load(outputs)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == bits
    assert outputs["privateKeyPem"].value.startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert outputs["privateKeyPemPkcs8"].value.startswith("-----BEGIN PRIVATE KEY-----")
    assert outputs["ecdsaCurve"] == "P224"  # the provider's default, whatever the algorithm


@pytest.mark.parametrize(("curve", "size"), [("P224", 224), ("P256", 256), ("P384", 384)])
def test_an_ecdsa_key_is_on_its_curve(tls: Plugin, curve: str, size: int):
    _, outputs = tls.create(KEY, {"algorithm": "ECDSA", "ecdsaCurve": curve})
    key = load(outputs)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.key_size == size
    # SSH has no format for P-224.
    assert (outputs["publicKeyOpenssh"] == "") == (curve == "P224")


def test_an_ed25519_key_comes_as_pkcs8(tls: Plugin):
    _, outputs = tls.create(KEY, {"algorithm": "ED25519"})
    assert isinstance(load(outputs), ed25519.Ed25519PrivateKey)
    assert outputs["privateKeyPem"].value == outputs["privateKeyPemPkcs8"].value


def test_all_forms_of_a_key_are_the_same_key(tls: Plugin):
    identifier, outputs = tls.create(KEY, {"algorithm": "RSA"})
    public = load(outputs).public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert load(outputs, "privateKeyPemPkcs8").public_key() == public
    ssh = serialization.load_ssh_private_key(outputs["privateKeyOpenssh"].value.encode(), None)
    assert ssh.public_key() == public
    assert serialization.load_pem_public_key(outputs["publicKeyPem"].encode()) == public
    assert serialization.load_ssh_public_key(outputs["publicKeyOpenssh"].encode()) == public
    assert identifier == hashlib.sha1(der.strip()).hexdigest()
    assert outputs["publicKeyFingerprintSha256"].startswith("SHA256:")
    assert outputs["publicKeyFingerprintMd5"].count(":") == 15


def test_the_outputs_are_those_of_the_package_and_private_ones_are_secret(tls: Plugin):
    _, outputs = tls.create(KEY, {"algorithm": "RSA"})
    assert outputs.keys() == InstalledPackage("tls").resource(KEY).outputs.keys()
    assert {name for name, value in outputs.items() if isinstance(value, Secret)} == SECRETS


def test_a_preview_tells_defaults_and_leaves_the_key_unknown_and_secret(tls: Plugin):
    outputs = tls.preview(KEY, {"algorithm": "RSA"})
    assert outputs["rsaBits"] == 2048
    assert outputs["publicKeyPem"] is UNKNOWN
    assert outputs["privateKeyPem"].value is UNKNOWN


def test_a_changed_size_replaces_the_key_and_a_default_is_no_change(tls: Plugin):
    _, outputs = tls.create(KEY, {"algorithm": "RSA"})
    assert not tls.diff(KEY, outputs, {"algorithm": "RSA", "rsaBits": 2048}).diffs
    assert list(tls.diff(KEY, outputs, {"algorithm": "RSA", "rsaBits": 4096}).replaces) == [
        "rsaBits"
    ]


def test_unknown_algorithms_are_refused_in_the_published_words(tls: Plugin):
    [reason] = tls.check(KEY, {"algorithm": "DSA"}, name="key")
    assert reason == (
        "Invalid Attribute Value Match. Attribute algorithm value must be one of: "
        '["RSA" "ECDSA" "ED25519"], got: "DSA". Examine values at \'key.algorithm\'.'
    )


def test_a_key_too_small_fails_when_it_is_made(tls: Plugin):
    with pytest.raises(RefusedError, match="512-bit keys are insecure"):
        tls.create(KEY, {"algorithm": "RSA", "rsaBits": 512})


def test_a_refresh_changes_nothing_and_an_import_is_refused(tls: Plugin):
    identifier, outputs = tls.create(KEY, {"algorithm": "RSA"})
    found, state, inputs = tls.read(KEY, identifier, outputs, {"algorithm": "RSA"})
    assert (found, inputs) == (identifier, {"algorithm": "RSA"})
    assert state["privateKeyPem"].value == outputs["privateKeyPem"].value
    with pytest.raises(RefusedError, match="can't be imported"):
        tls.read(KEY, identifier)
