"""KMS keys that sign, as the providers see them; every failure is one that a test has asked for."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from pulumi_cloudhsm.aws.kms_signing import SigningKey
from tests.support import pki

KEY = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"


class FakeKms:
    """Stands in for `pulumi_cloudhsm.aws.kms_signing.KmsSigning`."""

    def __init__(self, bits: int = 2048) -> None:
        self.holds: rsa.RSAPrivateKey = pki.rsa_key("KMS", bits)
        self.shown = SigningKey(KEY, f"RSA_{bits}", "SIGN_VERIFY", "Enabled")
        self.calls: list[str] = []
        self.troubles: dict[str, list[Exception]] = {}

    def show(self, **changes: str) -> None:
        self.shown = replace(self.shown, **changes)

    def stumble(self, operation: str, *troubles: Exception) -> None:
        """Lets the next calls of an operation fail."""
        self.troubles[operation] = list(troubles)

    def key(self, key_id: str) -> SigningKey:
        self._called("key")
        return self.shown

    def public_key(self, key_id: str) -> bytes:
        self._called("public_key")
        return self.holds.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, key_id: str, digest: bytes) -> bytes:
        self._called("sign")
        return self.holds.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        waiting = self.troubles.get(operation)
        if waiting:
            raise waiting.pop(0)
