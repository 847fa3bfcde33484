"""Signatures of KMS keys, in front of moto's KMS, which signs a digest as if it were a message.

Source: KMS API reference, Sign and GetPublicKey (MessageType, sizes, errors); texts that are not
public are ours.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from rehearsal.emulator.core import validation
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.request import AwsRequest
from rehearsal.emulator.kms import keys

_LONGEST_MESSAGE = 4096
_ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    f"RSASSA_PKCS1_V1_5_{name}": algorithm
    for name, algorithm in (
        ("SHA_256", hashes.SHA256()),
        ("SHA_384", hashes.SHA384()),
        ("SHA_512", hashes.SHA512()),
    )
}


def answer(asked: AwsRequest) -> dict[str, Any] | None:
    """The answer to a call about a key that signs, None if it is moto's.

    Raises:
        ServiceError: KMS would refuse it.
    """
    if asked.operation not in ("Sign", "GetPublicKey"):
        return None
    given = asked.parameters
    validation.check_kms_request(asked.operation, given)
    key = keys.find(asked.place, given["KeyId"])
    if key is None:
        return None
    _require_usable(key)
    if asked.operation == "GetPublicKey":
        if key.key_spec == "SYMMETRIC_DEFAULT":
            raise ServiceError("UnsupportedOperationException", f"{key.arn} has no public key.")
        return None
    if key.key_usage != "SIGN_VERIFY":
        raise ServiceError("InvalidKeyUsageException", f"{key.arn} key usage is {key.key_usage}.")
    algorithm = _ALGORITHMS.get(given["SigningAlgorithm"])
    if algorithm is None or not key.key_spec.startswith("RSA_"):
        return None
    return {
        "KeyId": key.arn,
        "Signature": base64.b64encode(_signature(key, given, algorithm)).decode(),
        "SigningAlgorithm": given["SigningAlgorithm"],
    }


def _require_usable(key: Any) -> None:  # noqa: ANN401 - moto's key
    if key.key_state == "Disabled":
        raise ServiceError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state == "PendingDeletion":
        raise ServiceError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _signature(key: Any, given: dict[str, Any], algorithm: hashes.HashAlgorithm) -> bytes:  # noqa: ANN401
    message = base64.b64decode(given["Message"])
    private_key = key.private_key.private_key
    if given.get("MessageType", "RAW") == "RAW":
        if len(message) > _LONGEST_MESSAGE:  # the model says so, too
            raise ServiceError("ValidationException", "The message is longer than 4096 bytes.")
        return private_key.sign(message, padding.PKCS1v15(), algorithm)
    if len(message) != algorithm.digest_size:
        raise ServiceError(
            "ValidationException",
            f"Digest is invalid length for algorithm {given['SigningAlgorithm']}.",
        )
    return private_key.sign(message, padding.PKCS1v15(), Prehashed(algorithm))
