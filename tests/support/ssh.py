"""A host of somebody's that is reached by SSH."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID2DBBPa1cIQJjh0ghn5FXQGDJpMfQ9i+UBW7sQVV5vD"
"""Its public key."""


def private_key(passphrase: bytes = b"") -> str:
    """A user's private key, with a passphrase or without."""
    key, pem = ed25519.Ed25519PrivateKey.generate(), serialization.Encoding.PEM
    if passphrase:
        locked = serialization.BestAvailableEncryption(passphrase)
        return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, locked).decode()
    plain = serialization.NoEncryption()
    return key.private_bytes(pem, serialization.PrivateFormat.OpenSSH, plain).decode()
