"""The certificates of an HSM as the service shows them, and the forged ones of a bad day.

The chain is AWS's (user guide, "Verify the identity and authenticity of your cluster's HSM"):

    AWS root          -> AwsHardwareCertificate          \\
                                                           one hardware key -> HsmCertificate
    manufacturer root -> ManufacturerHardwareCertificate /

Both hardware certificates certify the same key, so the one HSM certificate verifies under
either. The CSR is made by the same key that the HSM certificate certifies. All keys are
RSA-2048, as at AWS. The roots are the emulator's own: nothing here passes for AWS's.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

Chain = Literal["aws", "manufacturer", "both"]


@dataclass(frozen=True)
class Authority:
    """A key and the certificate that names it."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return _pem(self.certificate)

    @property
    def sha256(self) -> str:
        """The SHA-256 fingerprint of the certificate's DER form, as lower-case hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@dataclass(frozen=True)
class HsmKeys:
    """The two keys of one HSM: of its hardware, and of the cluster it holds."""

    hardware: RSAPrivateKey
    cluster: RSAPrivateKey

    @staticmethod
    def generate() -> HsmKeys:
        """Make both keys; takes about 0.2 s, so not while others wait for an answer."""
        return HsmKeys(_rsa(), _rsa())


@dataclass(frozen=True)
class HsmIdentity:
    """The four PEM values that DescribeClusters shows while a cluster is UNINITIALIZED."""

    cluster_csr: str
    hsm_certificate: str
    aws_hardware_certificate: str
    manufacturer_hardware_certificate: str


class Pki:
    """The roots of one emulator and the identities issued under them."""

    def __init__(self) -> None:
        self.aws = _root("Rehearsal AWS CloudHSM Root", "Rehearsal of Amazon Web Services INC.")
        self.manufacturer = _root("Rehearsal mrvl-ls2-root", "Rehearsal of Marvell")

    def identity(
        self, keys: HsmKeys, hsm_id: str, forgery: str | None = None, chain: Chain = "both"
    ) -> HsmIdentity:
        """CSR and certificates of an HSM, genuine or forged.

        Args:
            keys: the HSM's keys.
            hsm_id: goes into the subject, as at AWS.
            forgery: one of `core.faults.FORGERIES`, or None.
            chain: which hardware certificate is forged, where the forgery concerns one.
        """
        serial = f"{secrets.randbits(36):09X}"
        hardware_name = _name(f"HSM:{serial}", "Marvell", "LiquidSecurity")
        if forgery == "weak_key":
            # Made here because only this fault needs it; it is quick.
            keys = replace(keys, cluster=_rsa(1024))
        hardware = {
            "aws": _issue(self.aws, hardware_name, keys.hardware, ca=True),
            "manufacturer": _issue(self.manufacturer, hardware_name, keys.hardware, ca=True),
        }
        for name, root in (("aws", self.aws), ("manufacturer", self.manufacturer)):
            if chain in (name, "both"):
                hardware[name] = (
                    _forged_hardware(forgery, root, hardware_name, keys.hardware)
                    or (hardware[name])
                )
        subject = _hsm_name(f"HSM:{hsm_id}:PARTN:{serial}, for FIPS mode")
        issuer = Authority(keys.hardware, hardware["aws"])
        certificate = _issue(issuer, subject, keys.cluster)
        csr_key = _rsa() if forgery == "csr_other_key" else keys.cluster
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject)
        der = csr.sign(csr_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        if forgery == "csr_bad_signature":
            # The signature is the last field of the request, so this changes nothing else.
            der = der[:-1] + bytes([der[-1] ^ 1])
        request = x509.load_der_x509_csr(der)
        return HsmIdentity(
            cluster_csr=request.public_bytes(serialization.Encoding.PEM).decode(),
            hsm_certificate=_pem(certificate),
            aws_hardware_certificate=_pem(hardware["aws"]),
            manufacturer_hardware_certificate=_pem(hardware["manufacturer"]),
        )


def _forged_hardware(
    forgery: str | None, root: Authority, name: x509.Name, key: RSAPrivateKey
) -> x509.Certificate | None:
    if forgery == "self_signed_hardware":
        return _self_signed(name, key)
    if forgery == "other_root":
        # Same name, other key: only checking the signature tells them apart.
        impostor_key = _rsa()
        impostor = Authority(impostor_key, _self_signed(root.certificate.subject, impostor_key))
        return _issue(impostor, name, key, ca=True)
    if forgery == "other_hardware":
        return _issue(root, name, _rsa(), ca=True)
    return None


def _root(common_name: str, organization: str) -> Authority:
    key = _rsa()
    return Authority(key, _self_signed(_name(common_name, organization, "CloudHSM"), key))


def _rsa(bits: int = 2048) -> RSAPrivateKey:
    return generate_private_key(65537, bits)


def _self_signed(name: x509.Name, key: RSAPrivateKey) -> x509.Certificate:
    return _certificate(name, key, name, key, ca=True)


def _issue(
    issuer: Authority, subject: x509.Name, key: RSAPrivateKey, *, ca: bool = False
) -> x509.Certificate:
    return _certificate(subject, key, issuer.certificate.subject, issuer.key, ca=ca)


def _certificate(
    subject: x509.Name,
    key: RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: RSAPrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour back, so that a client whose clock is behind does not stumble.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=3652))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _name(common_name: str, organization: str, unit: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "US"), (NameOID.STATE_OR_PROVINCE_NAME, "CA")]
    parts += [(NameOID.ORGANIZATION_NAME, organization), (NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    parts.append((NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _hsm_name(common_name: str) -> x509.Name:
    """The subject of an HSM's CSR: one relative name with five values, and a common name.

    The values are those documented for hsm1 (user guide, "Initialize the cluster"). Public CSRs of
    hsm1 HSMs have the first five in one multi-valued relative name. That of hsm2m is not public.
    """
    place = {
        NameOID.COUNTRY_NAME: "US",
        NameOID.STATE_OR_PROVINCE_NAME: "CA",
        NameOID.ORGANIZATION_NAME: "Cavium",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "N3FIPS",
        NameOID.LOCALITY_NAME: "SanJose",
    }
    return x509.Name(
        [
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(oid, value) for oid, value in place.items()]
            ),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]),
        ]
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
