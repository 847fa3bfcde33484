"""Keys that sign: digests are signed as digests, and a key in another state refuses."""

from __future__ import annotations

import hashlib

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rehearsal.emulator.process import RunningEmulator

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"
MESSAGE = b"a certificate to be signed"


def key(emulator: RunningEmulator, spec: str = "RSA_2048", usage: str = "SIGN_VERIFY") -> str:
    made = emulator.client("kms").create_key(KeySpec=spec, KeyUsage=usage)
    return made["KeyMetadata"]["KeyId"]


@pytest.mark.parametrize("kind", ["RAW", "DIGEST"])
def test_a_message_and_its_digest_have_the_same_signature(
    emulator: RunningEmulator, kind: str
) -> None:
    kms, key_id = emulator.client("kms"), key(emulator)
    sent = MESSAGE if kind == "RAW" else hashlib.sha256(MESSAGE).digest()
    signed = kms.sign(KeyId=key_id, Message=sent, MessageType=kind, SigningAlgorithm=ALGORITHM)
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signed["Signature"], MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert signed["SigningAlgorithm"] == ALGORITHM


def refused(emulator: RunningEmulator, key_id: str, **changes: object) -> str:
    asked = {"Message": b"x", "MessageType": "RAW", "SigningAlgorithm": ALGORITHM, **changes}
    with pytest.raises(ClientError) as error:
        emulator.client("kms").sign(KeyId=key_id, **asked)
    return error.value.response["Error"]["Code"]


def test_a_key_in_another_state_neither_signs_nor_shows_itself(emulator: RunningEmulator) -> None:
    kms, key_id = emulator.client("kms"), key(emulator)
    kms.disable_key(KeyId=key_id)
    assert refused(emulator, key_id) == "DisabledException"
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    assert refused(emulator, key_id) == "KMSInvalidStateException"
    with pytest.raises(ClientError, match="KMSInvalidStateException"):
        kms.get_public_key(KeyId=key_id)


def test_what_is_no_key_that_signs_refuses(emulator: RunningEmulator) -> None:
    encrypts = key(emulator, usage="ENCRYPT_DECRYPT")
    assert refused(emulator, encrypts) == "InvalidKeyUsageException"
    symmetric = key(emulator, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        emulator.client("kms").get_public_key(KeyId=symmetric)
    assert refused(emulator, "11112222-3333-4444-5555-666677778888") == "NotFoundException"


def test_a_digest_of_another_length_refuses(emulator: RunningEmulator) -> None:
    assert refused(emulator, key(emulator), MessageType="DIGEST") == "ValidationException"
