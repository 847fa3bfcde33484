"""Real boto3 against a server on loopback: how a KMS key is asked to sign."""

from __future__ import annotations

import base64
import hashlib

import pytest

from pulumi_cloudhsm.aws.kms_signing import KmsSigning, SigningKey
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import AwsError, StateError, TransientError
from tests.support.loopback_aws import Answer, LoopbackAws, refusal

KEY = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"
DIGEST = hashlib.sha256(b"certificate").digest()


@pytest.fixture
def kms() -> KmsSigning:
    return KmsSigning(AwsAccess(region="eu-central-1"))


def test_a_key_is_described_by_what_decides_over_it(aws: LoopbackAws, kms: KmsSigning) -> None:
    about = {"KeyId": "1111", "Arn": KEY, "KeySpec": "RSA_4096", "KeyUsage": "SIGN_VERIFY"}
    aws.script(Answer({"KeyMetadata": {**about, "KeyState": "Enabled"}}))
    assert kms.key(KEY) == SigningKey(KEY, "RSA_4096", "SIGN_VERIFY", "Enabled")
    assert aws.asked == [("DescribeKey", {"KeyId": KEY})]


def test_the_public_key_comes_as_der(aws: LoopbackAws, kms: KmsSigning) -> None:
    aws.script(Answer({"PublicKey": base64.b64encode(b"der").decode()}))
    assert kms.public_key(KEY) == b"der"


def test_a_digest_is_signed_as_a_digest(aws: LoopbackAws, kms: KmsSigning) -> None:
    aws.script(Answer({"Signature": base64.b64encode(b"signature").decode()}))
    assert kms.sign(KEY, DIGEST) == b"signature"
    assert aws.asked == [
        (
            "Sign",
            {
                "KeyId": KEY,
                "Message": base64.b64encode(DIGEST).decode(),
                "MessageType": "DIGEST",
                "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
            },
        )
    ]


def test_what_is_no_digest_is_not_sent(aws: LoopbackAws, kms: KmsSigning) -> None:
    with pytest.raises(StateError, match="no SHA-256 digest"):
        kms.sign(KEY, b"certificate")
    assert aws.asked == []


def test_refusals_come_with_advice(aws: LoopbackAws, kms: KmsSigning) -> None:
    calls = (lambda: kms.key(KEY), lambda: kms.public_key(KEY), lambda: kms.sign(KEY, DIGEST))
    for call in calls:
        aws.script(refusal("KMSInvalidStateException", f"{KEY} is pending deletion."))
        with pytest.raises(AwsError, match="aws kms cancel-key-deletion"):
            call()
        aws.script(refusal("KMSInternalException", "busy", 500))
        with pytest.raises(TransientError):
            call()
