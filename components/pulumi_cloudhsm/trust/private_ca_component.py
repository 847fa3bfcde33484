"""A CA that is a root of AWS Private CA: AWS holds its key, and it never enters the state."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from ..common import recovery_of
from ..dynamic_provider import resolved
from ..recovery.create_hooks import creation_hooks
from ..recovery.kinds import PRIVATE_CA
from ..recovery.orphans import Recovery
from .args import TrustMode
from .authority import Issuer
from .private_ca_certificate_provider import PrivateCaCertificate, PrivateCaCertificateInputs
from .private_ca_provider import PrivateRootCa, PrivateRootCaInputs

_MAX_DELETION_DAYS = 30


class PrivateCa(Issuer):
    """A root CA of AWS Private CA that signs the CSR directly."""

    _component_type = "cloudhsm:index:PrivateCa"
    _mode = TrustMode.PRIVATE_CA

    def _declare(self, name: str) -> None:
        given = self._args.private_ca_arn
        arn = given if given is not None else self._create_authority(name).arn
        self.arn = pulumi.Output.from_input(arn)
        self._publish(self._create_certificate(name).certificate)

    def sign(self, name: str, csr: pulumi.Input[str]) -> pulumi.Output[str]:
        """Has an HSM's CSR signed by the private CA."""
        inputs = PrivateCaCertificateInputs(
            access=self._common.access,
            timing=self._common.waits.signing,
            ca_arn=resolved(self.arn),
            ca_certificate=resolved(self.ca_certificate),
            csr=resolved(pulumi.Output.secret(csr)),
            validity_hours=self._args.certificate_hours,
        )
        return PrivateCaCertificate(name, inputs, self._signed).certificate

    def _create_certificate(self, name: str) -> PrivateRootCa:
        makes_ca = self._args.makes_ca
        inputs = PrivateRootCaInputs(
            access=self._common.access,
            timing=self._common.waits.signing,
            ca_arn=resolved(self.arn),
            install=makes_ca,
            validity_hours=self._args.validity_hours if makes_ca else 0,
        )
        return PrivateRootCa(f"{name}-certificate", inputs, self._kept)

    def _create_authority(self, name: str) -> aws.acmpca.CertificateAuthority:
        resource_name, recovery = f"{name}-authority", recovery_of(self, self._common)
        return aws.acmpca.CertificateAuthority(
            resource_name,
            type="ROOT",
            usage_mode="GENERAL_PURPOSE",
            certificate_authority_configuration=self._configuration(),
            permanent_deletion_time_in_days=_MAX_DELETION_DAYS,
            tags=recovery.tags(resource_name, {**self._common.tags, "Name": name}),
            opts=self._authority_options(resource_name, recovery),
        )

    def _configuration(
        self,
    ) -> aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationArgs:
        subject = self._subject
        return aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationArgs(
            key_algorithm=f"RSA_{self._args.key_bits}",
            signing_algorithm="SHA256WITHRSA",
            subject=aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationSubjectArgs(
                common_name=subject.common_name,
                organization=subject.organization,
                organizational_unit=subject.organizational_unit,
                country=subject.country,
                state=subject.province,
                locality=subject.locality,
            ),
        )

    def _authority_options(self, name: str, recovery: Recovery) -> pulumi.ResourceOptions:
        options = pulumi.ResourceOptions(
            hooks=creation_hooks(self, name, before=[recovery.refuse_second(PRIVATE_CA)]),
            # Not confidential; marked secret to keep diffs short.
            additional_secret_outputs=["certificate", "certificate_signing_request"],
            # Another configuration would replace the CA. A CA that an operator has disabled, once
            # the cluster is initialized, stays disabled.
            ignore_changes=["certificate_authority_configuration", "enabled"],
        )
        kept = pulumi.ResourceOptions.merge(self._kept, options)
        return recovery.adopt(PRIVATE_CA, name, kept, timing=self._common.waits.signing)
