"""The issuing CA of a cluster: made once, frozen, never lost by a config change.

With the tls provider every changed input replaces key and certificate and drops the old key from
the state. After InitializeCluster that key is the only proof of who owns the cluster, so all inputs
are ignored once the resources exist, both are protected, and a config that says something else
than the certificate is told in one line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
import pulumi_tls as tls
from cryptography.x509.oid import NameOID

from . import checks
from .certificates import fingerprint, iso, load_certificate, rsa_bits

_SUBJECT_PARTS = {
    "common_name": NameOID.COMMON_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "country": NameOID.COUNTRY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
}


@dataclass(frozen=True)
class Subject:
    """The CA's X.509 subject; each part has at most 64 characters."""

    common_name: str
    """For example `Example Corp CloudHSM CA`."""
    organization: str
    """For example `Example Corp`."""
    organizational_unit: str | None = None
    """Optional."""
    country: str | None = None
    """Optional; two capital letters."""
    province: str | None = None
    """Optional; state or province."""
    locality: str | None = None
    """Optional; town."""

    def check(self) -> None:
        """Refuses a missing or too long part.

        Raises:
            InputError: names the input, the value and the fix.
        """
        for part in _SUBJECT_PARTS:
            value = getattr(self, part)
            if value is not None or part in ("common_name", "organization"):
                checks.subject_part(f"ca_{part}", value or "")
        checks.country(self.country)


@dataclass(frozen=True)
class IssuingCaArgs:
    """What an IssuingCa is made of."""

    subject: Subject
    """Stands in the certificate for good."""
    key_bits: int = 4096
    """RSA key size: 4096 or 2048; AWS takes no other."""
    validity_hours: int = 87_660
    """Ten years, as a cluster's trust anchor can never be renewed."""
    protect: bool = True
    """Refuse to delete key and certificate."""

    def check(self) -> None:
        """Refuses what AWS or X.509 would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        self.subject.check()
        checks.ca_key_bits(self.key_bits)


class IssuingCa(pulumi.ComponentResource):
    """A self-signed CA whose key lives in Pulumi's encrypted state."""

    certificate_pem: pulumi.Output[str]
    """The CA certificate, the trust anchor to be; secret only to keep it out of diffs."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate."""
    expires: pulumi.Output[str]
    """End of the CA's validity; ISO 8601, UTC."""
    private_key_pem: pulumi.Output[str]
    """The CA's private key; secret."""

    def __init__(
        self, name: str, args: IssuingCaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        super().__init__("cloudhsm:index:IssuingCa", name, {}, opts)
        self._args = args
        key = self._create_key(name)
        certificate = self._create_certificate(name, key)
        plain = pulumi.Output.unsecret(certificate.cert_pem)
        self.private_key_pem = key.private_key_pem
        self.certificate_pem = certificate.cert_pem
        self.certificate_sha256 = plain.apply(
            lambda pem: fingerprint(load_certificate(pem, "the CA certificate"))
        )
        self.expires = plain.apply(
            lambda pem: iso(load_certificate(pem, "the CA certificate").not_valid_after_utc)
        )
        plain.apply(lambda pem: self._tell_drift(name, pem))
        if args.protect:
            pulumi.log.warn(
                f"{name}: the CA's private key lives in this stack's encrypted state, which suits "
                "development; whoever can decrypt the state owns the cluster",
                self,
            )
        self.register_outputs(
            {"certificate_sha256": self.certificate_sha256, "expires": self.expires}
        )

    def sign(
        self, name: str, csr_pem: pulumi.Input[str], validity_hours: int
    ) -> tls.LocallySignedCert:
        """Signs an HSM's CSR.

        Only a changed CSR makes another certificate, and a captured CSR changes only when AWS
        replaces the HSM before initialization. So the certificate needs no protection, and that one
        case heals by itself.

        Args:
            name: logical name.
            csr_pem: the captured CSR.
            validity_hours: shorter than the CA's, as it starts later.
        """
        return tls.LocallySignedCert(
            name,
            cert_request_pem=csr_pem,
            ca_private_key_pem=self.private_key_pem,
            ca_cert_pem=self.certificate_pem,
            allowed_uses=["client_auth", "digital_signature", "server_auth"],
            validity_period_hours=validity_hours,
            opts=pulumi.ResourceOptions(
                parent=self,
                additional_secret_outputs=["cert_pem", "cert_request_pem"],
                ignore_changes=[
                    "ca_private_key_pem",
                    "ca_cert_pem",
                    "allowed_uses",
                    "validity_period_hours",
                ],
            ),
        )

    def _create_key(self, name: str) -> tls.PrivateKey:
        return tls.PrivateKey(
            f"{name}-key",
            algorithm="RSA",
            rsa_bits=self._args.key_bits,
            opts=pulumi.ResourceOptions(
                parent=self, protect=self._args.protect, ignore_changes=["algorithm", "rsa_bits"]
            ),
        )

    def _create_certificate(self, name: str, key: tls.PrivateKey) -> tls.SelfSignedCert:
        subject = self._args.subject
        return tls.SelfSignedCert(
            f"{name}-certificate",
            private_key_pem=key.private_key_pem,
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing", "digital_signature"],
            validity_period_hours=self._args.validity_hours,
            subject=tls.SelfSignedCertSubjectArgs(
                **{part: getattr(subject, part) for part in _SUBJECT_PARTS}
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=self._args.protect,
                additional_secret_outputs=["cert_pem"],
                ignore_changes=[
                    "private_key_pem",
                    "is_ca_certificate",
                    "allowed_uses",
                    "validity_period_hours",
                    "subject",
                ],
            ),
        )

    def _tell_drift(self, name: str, pem: str) -> None:
        differences = config_drift(pem, self._args)
        if differences:
            pulumi.log.warn(
                f"{name}: the config no longer matches the CA certificate, which stays as it is "
                f"({'; '.join(differences)}); set the config back, or see `Starting over` in the "
                "README: it needs a new cluster",
                self,
            )


def config_drift(pem: str, args: IssuingCaArgs) -> list[str]:
    """What the config says otherwise than the CA certificate, each with both values."""
    certificate = load_certificate(pem, "the CA certificate")
    made = replace(
        args.subject,
        **{
            part: next(
                (str(a.value) for a in certificate.subject.get_attributes_for_oid(oid)), None
            )
            for part, oid in _SUBJECT_PARTS.items()
        },
    )
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    pairs = [
        (f"ca_{part}", getattr(made, part), getattr(args.subject, part)) for part in _SUBJECT_PARTS
    ]
    pairs.append(("ca_key_bits", rsa_bits(certificate), args.key_bits))
    pairs.append(("ca_validity_hours", round(lifetime.total_seconds() / 3600), args.validity_hours))
    return [
        f"cloudhsm:{checks.config_key(field)} is {wanted!r}, the certificate has {actual!r}"
        for field, actual, wanted in pairs
        if actual != wanted
    ]
