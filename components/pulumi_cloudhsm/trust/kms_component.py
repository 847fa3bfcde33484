"""A CA whose key is in KMS: it never leaves AWS and never enters the state."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from ..aws.kms import ISSUING_CA
from ..common import recovery_of
from ..dynamic_provider import resolved
from ..recovery.create_hooks import creation_hooks
from ..recovery.kinds import KEY
from .args import TrustMode
from .authority import Issuer
from .kms_ca_provider import KmsSignedCa, KmsSignedCaInputs
from .kms_certificate_provider import KmsSignedCertificate, KmsSignedCertificateInputs

_MAX_DELETION_DAYS = 30


class KmsCa(Issuer):
    """A self-signed CA that signs through a KMS key."""

    _component_type = "cloudhsm:index:KmsCa"
    _mode = TrustMode.KMS

    def _declare(self, name: str) -> None:
        given = self._args.kms_key is not None
        self._key_id = resolved(self._args.kms_key if given else self._create_key(name).arn)
        certificate = self._create_certificate(name)
        self.arn = certificate.key_arn
        # An existing key has the size that it has.
        self._publish(certificate.certificate, given=["key_bits"] if given else [])

    def sign(self, name: str, csr: pulumi.Input[str]) -> pulumi.Output[str]:
        """Signs an HSM's CSR with the key in KMS."""
        inputs = KmsSignedCertificateInputs(
            access=self._common.access,
            timing=self._common.waits.signing,
            key_id=self._key_id,
            ca_certificate=resolved(self.ca_certificate),
            csr=resolved(pulumi.Output.secret(csr)),
            validity_hours=self._args.certificate_hours,
        )
        return KmsSignedCertificate(name, inputs, self._signed).certificate

    def _create_key(self, name: str) -> aws.kms.Key:
        key_name = f"{name}-key"
        recovery = recovery_of(self, self._common)
        options = pulumi.ResourceOptions(
            hooks=creation_hooks(self, key_name),
            # The first two would replace the key, the subject names the description, and a key that
            # an operator has disabled stays disabled.
            ignore_changes=["customer_master_key_spec", "key_usage", "description", "is_enabled"],
        )
        return aws.kms.Key(
            key_name,
            description=f"{ISSUING_CA}{self._subject.common_name} of a CloudHSM cluster",
            customer_master_key_spec=f"RSA_{self._args.key_bits}",
            key_usage="SIGN_VERIFY",
            deletion_window_in_days=_MAX_DELETION_DAYS,
            policy=self._args.key_policy,
            tags=recovery.tags(key_name, {**self._common.tags, "Name": name}),
            opts=recovery.adopt(KEY, key_name, pulumi.ResourceOptions.merge(self._kept, options)),
        )

    def _create_certificate(self, name: str) -> KmsSignedCa:
        inputs = KmsSignedCaInputs(
            access=self._common.access,
            timing=self._common.waits.signing,
            key_id=self._key_id,
            subject=self._subject.parts,
            made=self._args.kms_key is None,
            validity_hours=self._args.validity_hours,
        )
        return KmsSignedCa(f"{name}-certificate", inputs, self._kept)
