"""`tls.PrivateKey`, and reading and writing private keys as the published plugin does."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rehearsal.plugins.core.failures import CheckFailure, ProviderError, one_line
from rehearsal.plugins.core.input_checks import examine, snake_case
from rehearsal.plugins.core.resource_type import Call, Made, ResourceType
from rehearsal.plugins.core.values import UNKNOWN, Properties

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

ALGORITHMS = ("RSA", "ECDSA", "ED25519")
CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}
RSA_PUBLIC_EXPONENT = 65537
# Go's crypto/rsa refuses smaller keys since 1.24, which the published plugin is built with.
SMALLEST_RSA_BITS = 1024


class PrivateKey(ResourceType):
    """A private key kept in the state."""

    token = "tls:index/privateKey:PrivateKey"  # noqa: S105 - a type token
    defaults: ClassVar = {"rsaBits": 2048, "ecdsaCurve": "P224"}
    secret_outputs: ClassVar = frozenset(
        {"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"}
    )

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse algorithms and curves there are not."""
        allowed = {"algorithm": ALGORITHMS, "ecdsaCurve": tuple(CURVES)}
        return [
            not_one_of(name, inputs[name], values, resource, name)
            for name, values in allowed.items()
            if inputs.get(name, UNKNOWN) is not UNKNOWN and inputs[name] not in values
        ]

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make the key pair."""
        del call
        settings = self.echoed(inputs)
        key = _new_key(settings["algorithm"], settings["rsaBits"], settings["ecdsaCurve"])
        public = key.public_key()
        der = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # The published plugin trims white space off these bytes before it hashes them.
        identifier = hashlib.sha1(der.strip(), usedforsecurity=False).hexdigest()
        return Made(identifier, {**settings, **_private_outputs(key), **_public_outputs(key)})


def not_one_of(
    name: str, value: object, allowed: tuple[str, ...], resource: str, path: str
) -> CheckFailure:
    """The failure of a value that is not in a fixed list."""
    attribute = snake_case(name)
    choices = " ".join(f'"{choice}"' for choice in allowed)
    return examine(
        f"Invalid Attribute Value Match. Attribute {attribute} value must be one of: [{choices}], "
        f'got: "{value}"',
        resource,
        path,
    )


def parse_private_key(pem: str, described: str) -> Key:
    """The key in ``pem``, PKCS#1, SEC 1 or PKCS#8.

    Raises:
        ProviderError: it is none; the text names ``described`` and never shows the PEM.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProviderError(f"Failed to parse {described} PEM: {one_line(error)}") from error
    if not isinstance(key, Key):
        raise ProviderError(
            f"Failed to parse {described} PEM: {type(key).__name__} is not supported"
        )
    return key


def algorithm_of(key: Key) -> str:
    """RSA, ECDSA or ED25519."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def _new_key(algorithm: str, rsa_bits: int, curve: str) -> Key:
    if algorithm == "ED25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "ECDSA":
        return ec.generate_private_key(CURVES[curve]())
    if rsa_bits < SMALLEST_RSA_BITS:
        raise ProviderError(
            "Unable to generate Key from configuration: crypto/rsa: "
            f"{rsa_bits}-bit keys are insecure, give rsaBits {SMALLEST_RSA_BITS} or more"
        )
    return rsa.generate_private_key(RSA_PUBLIC_EXPONENT, rsa_bits)


def _private_outputs(key: Key) -> Properties:
    def pem(form: serialization.PrivateFormat) -> str:
        encoding = serialization.Encoding.PEM
        return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()

    pkcs8 = pem(serialization.PrivateFormat.PKCS8)
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    return {
        "privateKeyPem": pkcs8 if algorithm_of(key) == "ED25519" else pem(traditional),
        "privateKeyPemPkcs8": pkcs8,
        "privateKeyOpenssh": pem(serialization.PrivateFormat.OpenSSH) if _speaks_ssh(key) else "",
    }


def _public_outputs(key: Key) -> Properties:
    public = key.public_key()
    form = serialization.PublicFormat
    outputs = {
        "publicKeyPem": public.public_bytes(
            serialization.Encoding.PEM, form.SubjectPublicKeyInfo
        ).decode(),
        "publicKeyOpenssh": "",
        "publicKeyFingerprintMd5": "",
        "publicKeyFingerprintSha256": "",
    }
    if _speaks_ssh(key):
        line = public.public_bytes(serialization.Encoding.OpenSSH, form.OpenSSH).decode()
        outputs["publicKeyOpenssh"] = f"{line}\n"
        blob = base64.b64decode(line.split()[1])
        md5 = hashlib.md5(blob, usedforsecurity=False).hexdigest()
        outputs["publicKeyFingerprintMd5"] = ":".join(textwrap.wrap(md5, 2))
        sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        outputs["publicKeyFingerprintSha256"] = f"SHA256:{sha256}"
    return outputs


def _speaks_ssh(key: Key) -> bool:
    """Everything but P-224, for which SSH has no format."""
    return not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP224R1))
