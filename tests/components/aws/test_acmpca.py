"""Real boto3 against a server on loopback: how AWS Private CA is asked."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from pulumi_cloudhsm.aws.acmpca import LEAF_TEMPLATE, ROOT_TEMPLATE, AcmPca, PrivateCa
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import AwsError, TransientError
from tests.support.fake_authorities import PRIVATE_CA
from tests.support.loopback_aws import Answer, LoopbackAws, refusal

CERTIFICATE = f"{PRIVATE_CA}/certificate/0123456789abcdef0123456789abcdef"
STARTS, ENDS = datetime(2026, 12, 1, tzinfo=UTC), datetime(2036, 12, 1, tzinfo=UTC)


@pytest.fixture
def pca() -> AcmPca:
    return AcmPca(AwsAccess(region="eu-central-1"))


def test_a_ca_is_described_by_what_decides_over_it(aws: LoopbackAws, pca: AcmPca) -> None:
    aws.script(
        Answer(
            {
                "CertificateAuthority": {
                    "Arn": PRIVATE_CA,
                    "Type": "ROOT",
                    "Status": "ACTIVE",
                    "UsageMode": "GENERAL_PURPOSE",
                    "CreatedAt": STARTS.timestamp(),
                    "CertificateAuthorityConfiguration": {
                        "KeyAlgorithm": "RSA_4096",
                        "SigningAlgorithm": "SHA256WITHRSA",
                        "Subject": {"CommonName": "Root"},
                    },
                }
            }
        )
    )
    found = pca.authority(PRIVATE_CA)
    assert found == PrivateCa(
        PRIVATE_CA, "ROOT", "ACTIVE", "RSA_4096", "SHA256WITHRSA", "GENERAL_PURPOSE", STARTS
    )
    assert found.problem() is None


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("template", [ROOT_TEMPLATE, LEAF_TEMPLATE])
def test_a_certificate_is_asked_for_from_moment_to_moment(
    aws: LoopbackAws, pca: AcmPca, partition: str, template: str
) -> None:
    arn = PRIVATE_CA.replace("arn:aws:", f"arn:{partition}:")
    aws.script(Answer({"CertificateArn": CERTIFICATE}))
    assert pca.issue(arn, "CSR", template, (STARTS, ENDS), "t" * 64) == CERTIFICATE
    assert aws.asked == [
        (
            "IssueCertificate",
            {
                "CertificateAuthorityArn": arn,
                "Csr": base64.b64encode(b"CSR").decode(),
                "SigningAlgorithm": "SHA256WITHRSA",
                "TemplateArn": f"arn:{partition}:acm-pca:::template/{template}",
                "Validity": {"Type": "ABSOLUTE", "Value": int(ENDS.timestamp())},
                "ValidityNotBefore": {"Type": "ABSOLUTE", "Value": int(STARTS.timestamp())},
                "IdempotencyToken": "t" * 36,
            },
        )
    ]


def test_what_is_in_progress_is_not_there_yet(aws: LoopbackAws, pca: AcmPca) -> None:
    aws.script(refusal("RequestInProgressException", "in progress"))
    assert pca.csr(PRIVATE_CA) is None
    assert pca.issued(PRIVATE_CA, CERTIFICATE) is None
    aws.script(Answer({"Csr": "CSR"}))
    assert pca.csr(PRIVATE_CA) == "CSR\n"
    aws.script(Answer({"Certificate": "PEM"}))
    assert pca.issued(PRIVATE_CA, CERTIFICATE) == "PEM\n"
    assert pca.certificate(PRIVATE_CA) == "PEM\n"


def test_the_root_is_installed_without_a_chain(aws: LoopbackAws, pca: AcmPca) -> None:
    aws.script(Answer({}))
    pca.install(PRIVATE_CA, "PEM")
    assert aws.asked == [
        (
            "ImportCertificateAuthorityCertificate",
            {
                "CertificateAuthorityArn": PRIVATE_CA,
                "Certificate": base64.b64encode(b"PEM").decode(),
            },
        )
    ]


def test_all_pages_of_cas_and_tags_are_read(aws: LoopbackAws, pca: AcmPca) -> None:
    one, two = {"Arn": "a", "Status": "ACTIVE"}, {"Arn": "b", "Status": "DELETED"}
    aws.script(
        Answer({"CertificateAuthorities": [one], "NextToken": "next"}),
        Answer({"CertificateAuthorities": [two]}),
    )
    assert [(ca.arn, ca.status) for ca in pca.authorities()] == [("a", "ACTIVE"), ("b", "DELETED")]
    aws.script(
        Answer({"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "next"}),
        Answer({"Tags": [{"Key": "b"}]}),
    )
    assert pca.tags(PRIVATE_CA) == {"a": "1", "b": ""}


def test_refusals_come_with_advice(aws: LoopbackAws, pca: AcmPca) -> None:
    for call in (
        lambda: pca.authority(PRIVATE_CA),
        lambda: pca.certificate(PRIVATE_CA),
        lambda: pca.csr(PRIVATE_CA),
        lambda: pca.issue(PRIVATE_CA, "CSR", LEAF_TEMPLATE, (STARTS, ENDS), "t"),
        lambda: pca.issued(PRIVATE_CA, CERTIFICATE),
        lambda: pca.install(PRIVATE_CA, "PEM"),
    ):
        aws.script(refusal("InvalidStateException", f"{PRIVATE_CA} is DISABLED."))
        with pytest.raises(AwsError, match="aws acm-pca describe-certificate-authority"):
            call()
        aws.script(refusal("InternalFailure", "busy", 500))
        with pytest.raises(TransientError):
            call()
