"""KMS keys that sign: what KMS shows of them, and a signature. The key never leaves KMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StateError
from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

SPECS = ("RSA_2048", "RSA_4096")
"""Keys of a CA that CloudHSM takes (user guide, "Initialize the cluster")."""
BEING_MADE = ("Creating", "Updating")
"""States that a key leaves by itself. Source: KMS developer guide, key states of KMS keys."""
_ENABLE = "enable it (aws kms enable-key), then run `pulumi up` again"
_KEEP = (
    "keep it (aws kms cancel-key-deletion, aws kms enable-key), then run `pulumi up` again; or "
    "give another one"
)


@dataclass(frozen=True)
class SigningKey:
    """A KMS key as DescribeKey shows it."""

    arn: str
    spec: str
    usage: str
    state: str

    def problem(self) -> str | None:
        """Why it cannot sign as an issuing CA, and what to do; None if it can."""
        if self.usage != "SIGN_VERIFY" or self.spec not in SPECS:
            return (
                f"{self.arn} is a key {self.spec} for {self.usage}: give one that is RSA_4096 or "
                "RSA_2048 for SIGN_VERIFY (trust.kms_key), or leave it out and one is made"
            )
        if self.state != "Enabled":
            remedy = _KEEP if "Deletion" in self.state else _ENABLE
            return f"{self.arn} is {self.state}: {remedy}"
        return None


class KmsSigning:
    """The calls about keys that sign, with refusals turned into advice.

    Every method raises TransientError when another try is worth it, and AwsError when not.
    """

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def key(self, key_id: str) -> SigningKey:
        """One key, by its id or ARN."""
        try:
            found = self._client().describe_key(KeyId=key_id)["KeyMetadata"]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"describing the key {key_id}", error) from error
        return SigningKey(
            arn=found.get("Arn", key_id),
            spec=found.get("KeySpec", ""),
            usage=found.get("KeyUsage", ""),
            state=found.get("KeyState", ""),
        )

    def public_key(self, key_id: str) -> bytes:
        """The public half: SubjectPublicKeyInfo, DER."""
        try:
            return self._client().get_public_key(KeyId=key_id)["PublicKey"]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"reading the public key of {key_id}", error) from error

    def sign(self, key_id: str, digest: bytes) -> bytes:
        """The RSASSA-PKCS1-v1_5 signature over a SHA-256 digest.

        The digest is sent, not the message: KMS takes at most 4,096 bytes of a message (API
        reference, Sign), and a certificate may be longer.
        """
        if len(digest) != 32:
            raise StateError("KMS would sign something that is no SHA-256 digest")
        try:
            return self._client().sign(
                KeyId=key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
            )["Signature"]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"signing with {key_id}", error) from error

    def _client(self) -> KMSClient:
        return client(self._access, "kms")
