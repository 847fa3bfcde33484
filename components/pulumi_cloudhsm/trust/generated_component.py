"""A CA whose private key is in the stack's encrypted state: made once, and kept.

With the tls provider every changed input replaces key and certificate and drops the old key from
the state. After InitializeCluster that key is the only proof of who owns the cluster. So all inputs
are ignored once the resources exist, and both are protected.
"""

from __future__ import annotations

import pulumi
import pulumi_tls as tls

from ..recovery.stack_state import state_of_this_run
from .args import SUBJECT_PARTS, TrustMode
from .authority import Issuer

_KEY = "tls:index/privateKey:PrivateKey"
_CERTIFICATE = "tls:index/selfSignedCert:SelfSignedCert"


class GeneratedCa(Issuer):
    """A self-signed CA whose key is in Pulumi's encrypted state."""

    private_key_pem: pulumi.Output[str]
    """The CA's private key; secret. Not registered: the state holds it once, with the key."""

    _component_type = "cloudhsm:index:GeneratedCa"
    _mode = TrustMode.GENERATED

    def _declare(self, name: str) -> None:
        self._refuse_lost_key(name)
        key = self._create_key(name)
        self.private_key_pem = key.private_key_pem
        self.arn = pulumi.Output.from_input("")
        self._publish(self._create_certificate(name, key).cert_pem)
        if self._common.protect:
            pulumi.log.warn(
                f"{name}: the CA's private key is in this stack's encrypted state, which suits "
                "development; anyone who can decrypt the state owns the cluster",
                self,
            )

    def sign(self, name: str, csr: pulumi.Input[str]) -> pulumi.Output[str]:
        """Signs an HSM's CSR with the key in the state."""
        return tls.LocallySignedCert(
            name,
            cert_request_pem=csr,
            ca_private_key_pem=self.private_key_pem,
            ca_cert_pem=self.ca_certificate,
            allowed_uses=["client_auth", "digital_signature", "server_auth"],
            validity_period_hours=self._args.certificate_hours,
            opts=pulumi.ResourceOptions(
                parent=self._parent or self,
                additional_secret_outputs=["cert_pem", "cert_request_pem"],
                ignore_changes=[
                    "ca_private_key_pem",
                    "ca_cert_pem",
                    "allowed_uses",
                    "validity_period_hours",
                ],
            ),
        ).cert_pem

    def _refuse_lost_key(self, name: str) -> None:
        state, types = state_of_this_run(), [one.pulumi_resource_type for one in self.lineage]
        made = state.outputs([*types, _CERTIFICATE], f"{name}-certificate")
        if made is not None and state.lacks([*types, _KEY], f"{name}-key"):
            raise pulumi.RunError(
                f"the state holds {name}-certificate, but not its key {name}-key, and a new key is "
                "not the one of this CA: bring it into this stack (`pulumi state move`), or "
                "restore the state (`pulumi stack import` of a backup)"
            )

    def _create_key(self, name: str) -> tls.PrivateKey:
        frozen = pulumi.ResourceOptions(ignore_changes=["algorithm", "rsa_bits"])
        return tls.PrivateKey(
            f"{name}-key",
            algorithm="RSA",
            rsa_bits=self._args.key_bits,
            opts=pulumi.ResourceOptions.merge(self._kept, frozen),
        )

    def _create_certificate(self, name: str, key: tls.PrivateKey) -> tls.SelfSignedCert:
        frozen = pulumi.ResourceOptions(
            additional_secret_outputs=["cert_pem"],
            ignore_changes=[
                "private_key_pem",
                "is_ca_certificate",
                "allowed_uses",
                "validity_period_hours",
                "subject",
            ],
        )
        subject = {part: getattr(self._subject, part) for part in SUBJECT_PARTS}
        return tls.SelfSignedCert(
            f"{name}-certificate",
            private_key_pem=key.private_key_pem,
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing", "digital_signature"],
            validity_period_hours=self._args.validity_hours,
            subject=tls.SelfSignedCertSubjectArgs(**subject),
            opts=pulumi.ResourceOptions.merge(self._kept, frozen),
        )
