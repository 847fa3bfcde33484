"""Nothing secret in clear, and no wall of PEM in any plan."""

import base64
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    FilesArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)
from tests.support.fake_cloud import rsa_key, self_signed
from tests.support.recording import Run, bare, config, is_secret, run, strings_in_clear

PASSPHRASE = "correct horse battery"
PLAIN_EXPORTS = {
    "alarmTopicArn",
    "caCertificateSha256",
    "caExpires",
    "clusterCertificateSha256",
    "clusterCertificateExpires",
    "clusterId",
    "clusterState",
    "certificateFiles",
    "fileSystemClientsGroupId",
    "destroyCost",
    "fileSystemCost",
    "fileSystemEndpoints",
    "fileSystemId",
    "mountCommands",
    "backupCopiesByRegion",
    "hourlyCost",
    "hsms",
    "identityVerdict",
    "identityVerified",
    "issuerArn",
    "nextStep",
    "keyStoreId",
    "keyArn",
    "adminSecret",
    "kmsUserSecret",
    "securityGroupId",
}


@pytest.fixture(scope="module")
def exporting(_no_aws_in_the_shell: None) -> Run:
    """A run that also writes the CA's key, with everything that may be a PEM given."""
    root = {"pem": self_signed(), "sha256": _fingerprint(self_signed())}
    return run(
        config(
            caKeyPassphrase=PASSPHRASE,
            identity={
                "awsRoots": [root],
                "manufacturerRoots": [root],
                "verification": "full",
            },
        ),
        secrets=("cloudhsm:caKeyPassphrase",),
    ).succeeded()


def test_neither_ca_key_nor_passphrase_is_in_clear_in_any_input(exporting: Run) -> None:
    key = rsa_key(4096, "ca").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    body = key.decode().splitlines()[5]
    holders: set[str] = set()
    for one in exporting.resources:
        everything = "\n".join(strings_in_clear(bare(one.inputs)))
        clear = "\n".join(strings_in_clear(one.inputs))
        assert body not in clear, one.name
        assert PASSPHRASE not in clear, one.name
        if body in everything or PASSPHRASE in everything:
            holders.add(one.name)
    # Who gets them at all; a test that finds nobody would prove nothing.
    assert holders == {"cloudhsm-ca-certificate", "cloudhsm-certificate", "cloudhsm-ca-key-file"}


def test_no_pem_is_in_clear_in_any_input(exporting: Run) -> None:
    wrapped = 0
    for one in exporting.resources:
        assert "-----BEGIN" not in "\n".join(strings_in_clear(one.inputs)), one.name
        wrapped += "-----BEGIN" in "\n".join(strings_in_clear(bare(one.inputs)))
    assert wrapped == 6


def test_the_ca_key_is_in_no_output_of_the_stack(exporting: Run) -> None:
    assert "PRIVATE KEY" not in "\n".join(strings_in_clear(bare(exporting.exports)))
    assert PASSPHRASE not in "\n".join(strings_in_clear(bare(exporting.exports)))


def test_every_output_that_is_a_pem_is_secret_and_everything_else_is_plain(
    exporting: Run,
) -> None:
    secret = {name for name, value in exporting.exports.items() if is_secret(value)}
    assert secret == {"caCertificate", "clusterCertificate"}
    assert set(exporting.exports) - secret == PLAIN_EXPORTS
    plain = "\n".join(
        text for name in PLAIN_EXPORTS for text in strings_in_clear(exporting.exports[name])
    )
    assert "-----BEGIN" not in plain


def test_fingerprints_and_dates_are_readable(exporting: Run) -> None:
    for name in ("caCertificateSha256", "clusterCertificateSha256"):
        assert re.fullmatch("([0-9A-F]{2}:){31}[0-9A-F]{2}", exporting.exports[name])
    for name in ("caExpires", "clusterCertificateExpires"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", exporting.exports[name])


def test_pems_that_a_provider_returns_are_marked_secret(exporting: Run) -> None:
    marked = {
        one.name: set(one.request.additionalSecretOutputs)
        for one in exporting.resources
        if one.request.additionalSecretOutputs
    }
    assert marked["cloudhsm-ca-certificate"] >= {"certPem"}
    assert marked["cloudhsm-certificate"] >= {"certPem", "certRequestPem"}
    assert marked["cloudhsm-identity"] == {
        "csr",
        "hsm_certificate",
        "aws_hardware_certificate",
        "manufacturer_hardware_certificate",
    }


def test_the_ca_key_is_written_only_on_request(deployed: Run, exporting: Run) -> None:
    assert "cloudhsm-ca-key-file" not in deployed
    file = exporting["cloudhsm-ca-key-file"]
    assert file.type == "pulumi-python:dynamic/cloudhsm:CaKeyFile"
    assert file["path"] == "certificates/dev/customerCA.key"
    assert file.has_secret("passphrase")
    assert file.has_secret("private_key_pem")
    assert file["passphrase"] == PASSPHRASE


def test_a_plain_passphrase_of_another_stack_that_imports_the_component_becomes_a_secret() -> None:
    def program() -> None:
        CloudHsmDeployment(
            "keys",
            CloudHsmDeploymentArgs(
                region="eu-central-1",
                network=NetworkArgs(availability_zones=["eu-central-1a"]),
                trust=TrustArgs(
                    subject=Subject(common_name="Example CA", organization="Example Corp"),
                    key_bits=2048,
                ),
                files=FilesArgs(ca_key_passphrase=PASSPHRASE),
            ),
        )

    done = run(config(), program=program).succeeded()
    assert done["keys-ca-key-file"]["passphrase"] == PASSPHRASE
    assert done["keys-ca-key-file"].has_secret("passphrase")


def test_provider_code_is_in_state_by_reference_in_clear_and_short(exporting: Run) -> None:
    dynamic = [one for one in exporting.resources if one.type.startswith("pulumi-python:")]
    assert len(dynamic) == 5
    for one in dynamic:
        pickled = one.inputs["__provider"]
        assert isinstance(pickled, str), f"{one.name}: secret, although nothing secret is in it"
        assert len(pickled) < 160, f"{one.name}: pickled by value, not by reference"
        assert b"pulumi_cloudhsm.state_names" in base64.b64decode(pickled), one.name


def test_a_preview_logs_no_pem_and_no_secret() -> None:
    done = run(
        config(caKeyPassphrase=PASSPHRASE, disposable=False),
        preview=True,
        secrets=("cloudhsm:caKeyPassphrase",),
    ).succeeded()
    lines = "\n".join(text for _, text in done.logs)
    assert lines, "the warning of a protected CA is expected here"
    assert PASSPHRASE not in lines
    assert "-----BEGIN" not in lines


def _fingerprint(pem: str) -> str:
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex(":")
