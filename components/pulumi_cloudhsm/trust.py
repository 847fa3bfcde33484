"""An issuing CA of the stack's own: made once, frozen, never lost by a config change.

With the tls provider every changed input replaces key and certificate and drops the old key from
the state. After InitializeCluster that key is the only proof of who owns the cluster, so all inputs
are ignored once the resources exist, both are protected, and a config that says something else
than the certificate is told in one line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

from . import checks
from .issuing import SUBJECT_PARTS, Issuer, Subject


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

    @property
    def undecided(self) -> Collection[str]:
        """Everything about the certificate follows from these args."""
        return ()

    @property
    def lifetime_hours(self) -> int:
        """How long the CA is valid."""
        return self.validity_hours

    def check(self) -> None:
        """Refuses what AWS or X.509 would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        self.subject.check()
        checks.ca_key_bits(self.key_bits)

    def issuer(self, name: str, opts: pulumi.ResourceOptions) -> IssuingCa:
        """Declares the CA."""
        return IssuingCa(name, self, opts)


class IssuingCa(Issuer):
    """A self-signed CA whose key lives in Pulumi's encrypted state."""

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
        self.private_key_pem = key.private_key_pem
        self.arn = pulumi.Output.from_input("")
        self._publish(name, certificate.cert_pem, args)
        if args.protect:
            pulumi.log.warn(
                f"{name}: the CA's private key lives in this stack's encrypted state, which suits "
                "development; whoever can decrypt the state owns the cluster",
                self,
            )

    def sign(
        self, name: str, csr_pem: pulumi.Input[str], validity_hours: int
    ) -> pulumi.Output[str]:
        """Signs an HSM's CSR with the key in the state."""
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
        ).cert_pem

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
                **{part: getattr(subject, part) for part in SUBJECT_PARTS}
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
