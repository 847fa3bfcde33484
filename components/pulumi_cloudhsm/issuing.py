"""What every issuing CA has in common, wherever its key lives: subject, outputs, told drift.

The cluster takes any of them and cannot tell them apart. A CA is made once and frozen: after
InitializeCluster its certificate is the trust anchor for good, so a config that says something else
than the certificate is told in one line and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

import pulumi
from cryptography.x509.oid import NameOID

from . import checks
from .certificates import fingerprint, iso, load_certificate, rsa_bits

SUBJECT_PARTS = {
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

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are given, by their name."""
        given = {part: getattr(self, part) for part in SUBJECT_PARTS}
        return {part: value for part, value in given.items() if value is not None}

    def check(self) -> None:
        """Refuses a missing or too long part.

        Raises:
            InputError: names the input, the value and the fix.
        """
        for part in SUBJECT_PARTS:
            value = getattr(self, part)
            if value is not None or part in ("common_name", "organization"):
                checks.subject_part(f"ca_{part}", value or "")
        checks.country(self.country)


class IssuerArgs(Protocol):
    """What an issuing CA is made of."""

    @property
    def lifetime_hours(self) -> int | None:
        """Validity of its certificate in hours; None for a CA that is there already."""
        ...

    def check(self) -> None:
        """Refuses what AWS or X.509 would refuse later."""
        ...

    def issuer(self, name: str, opts: pulumi.ResourceOptions) -> Issuer:
        """Declares the CA."""
        ...


class Issuer(pulumi.ComponentResource):
    """A self-signed CA that signs a cluster's CSR directly."""

    certificate_pem: pulumi.Output[str]
    """The CA certificate, the trust anchor to be; secret only to keep it out of diffs."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate."""
    expires: pulumi.Output[str]
    """End of the CA's validity; ISO 8601, UTC."""
    arn: pulumi.Output[str]
    """What at AWS holds its key; empty where the key is in the state."""

    def sign(
        self, name: str, csr_pem: pulumi.Input[str], validity_hours: int
    ) -> pulumi.Output[str]:
        """Signs an HSM's CSR.

        Only a changed CSR makes another certificate, and a captured CSR changes only when AWS
        replaces the HSM before the initialization. So the certificate needs no protection, and that
        one case heals by itself.

        Args:
            name: logical name of the certificate.
            csr_pem: the captured CSR.
            validity_hours: of the certificate, which has to end before its CA; 0, where the CA was
                there already: 30 days less than the CA has left.

        Returns:
            The certificate's PEM, secret only to keep it out of diffs.
        """
        raise NotImplementedError

    def _publish(
        self, name: str, certificate_pem: pulumi.Output[str], wanted: Described | None
    ) -> None:
        """Sets the outputs that follow from the certificate, and tells a drifted config."""
        plain = pulumi.Output.unsecret(certificate_pem)
        self.certificate_pem = certificate_pem
        self.certificate_sha256, self.expires = facts(certificate_pem, "the CA certificate")
        if wanted is not None:
            plain.apply(lambda pem: self._tell_drift(name, pem, wanted))
        self.register_outputs(
            {"certificate_sha256": self.certificate_sha256, "expires": self.expires}
        )

    def _tell_drift(self, name: str, pem: str, wanted: Described) -> None:
        differences = config_drift(pem, wanted)
        if differences:
            pulumi.log.warn(
                f"{name}: the config no longer matches the CA certificate, which stays as it is "
                f"({'; '.join(differences)}); set the config back, or see `Starting over` in the "
                "README: it needs a new cluster",
                self,
            )


def facts(pem: pulumi.Output[str], what: str) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Fingerprint and end of validity (ISO 8601, UTC) of a certificate, in clear.

    Args:
        pem: the certificate; secret only to keep it out of diffs.
        what: how to call it in an error.
    """
    plain = pulumi.Output.unsecret(pem)
    return (
        plain.apply(lambda known: fingerprint(load_certificate(known, what))),
        plain.apply(lambda known: iso(load_certificate(known, what).not_valid_after_utc)),
    )


class Described(Protocol):
    """What a config says about a CA certificate."""

    @property
    def subject(self) -> Subject:
        """Its subject."""
        ...

    @property
    def key_bits(self) -> int:
        """Its RSA key size; only said where the key was made here."""
        ...

    @property
    def validity_hours(self) -> int:
        """Its validity."""
        ...

    @property
    def undecided(self) -> Collection[str]:
        """Fields that the config does not decide, `key_bits` for example."""
        ...


def config_drift(pem: str, args: Described) -> list[str]:
    """What the config says otherwise than the CA certificate, each with both values."""
    certificate = load_certificate(pem, "the CA certificate")
    made = replace(
        args.subject,
        **{
            part: next(
                (str(a.value) for a in certificate.subject.get_attributes_for_oid(oid)), None
            )
            for part, oid in SUBJECT_PARTS.items()
        },
    )
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    hours = round(lifetime.total_seconds() / 3600)
    pairs = [(part, getattr(made, part), getattr(args.subject, part)) for part in SUBJECT_PARTS]
    pairs.append(("key_bits", rsa_bits(certificate), args.key_bits))
    pairs.append(("validity_hours", hours, args.validity_hours))
    return [
        f"cloudhsm:{checks.config_key(f'ca_{field}')} is {wanted!r}, the certificate has {actual!r}"
        for field, actual, wanted in pairs
        if actual != wanted and field not in args.undecided
    ]
