"""An issuing CA that is a root of AWS Private CA: its key is AWS's, and never enters the state."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import checks, private_ca_adoption
from .aws.acmpca import AcmPca
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .creation import creation_hooks
from .errors import CloudHsmError, StateError
from .issuing import Issuer, Subject
from .providers.private_ca_certificate import PrivateCaCertificate
from .providers.private_root_ca import PrivateRootCa
from .stack_state import StackState, owner_of
from .waiter import Pace, Waiter

_ARN = re.compile(
    r"arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority/"
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_AUTHORITY = "aws:acmpca/certificateAuthority:CertificateAuthority"
_LONGEST_WINDOW = 30


@dataclass(frozen=True)
class PrivateCaIssuingCaArgs:
    """What a PrivateCaIssuingCa is made of: a subject, or a root CA that is there."""

    region: str
    """Region of the CA, the same as the aws provider's; an ARN brings its own."""
    subject: Subject | None = None
    """Stands in the certificate for good."""
    private_ca: pulumi.Input[str] | None = None
    """ARN of a root CA of yours, ACTIVE, RSA_4096 or RSA_2048 with SHA256WITHRSA, instead of
    `subject`."""
    key_bits: int = 4096
    """RSA key size of the CA that is made: 4096 or 2048; CloudHSM takes no other."""
    validity_hours: int = 87_660
    """Of the CA that is made: ten years, as a cluster's trust anchor can never be renewed."""
    profile: str | None = None
    """Profile of the shared AWS configuration for looking whether a run left a CA behind."""
    signing_usual_seconds: float = 5
    """How long a certificate usually takes."""
    signing_deadline_seconds: float = 600
    """When to give up on one; a later `up` goes on."""
    protect: bool = True
    """Refuse to delete CA and certificate."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of the CA that is made."""

    @property
    def lifetime_hours(self) -> int | None:
        """How long the CA is valid, where it is made."""
        return self.validity_hours if self.private_ca is None else None

    def check(self) -> None:
        """Refuses what AWS or X.509 would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        checks.wait("signing", self.signing_usual_seconds, self.signing_deadline_seconds)
        if self.private_ca is None:
            (self.subject or Subject("", "")).check()
            checks.ca_key_bits(self.key_bits)
        elif isinstance(self.private_ca, str) and not _ARN.fullmatch(self.private_ca):
            raise checks.InputError(
                "private_ca_arn",
                self.private_ca,
                "give a root CA's ARN, arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID",
            )

    def issuer(self, name: str, opts: pulumi.ResourceOptions) -> PrivateCaIssuingCa:
        """Declares the CA."""
        return PrivateCaIssuingCa(name, self, opts)


@dataclass(frozen=True)
class _Made:
    """What the config says about the certificate of a CA that is made."""

    subject: Subject
    key_bits: int
    validity_hours: int
    undecided: Collection[str] = ()


class PrivateCaIssuingCa(Issuer):
    """A root CA of AWS Private CA that signs the CSR directly."""

    def __init__(
        self, name: str, args: PrivateCaIssuingCaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        super().__init__("cloudhsm:index:PrivateCaIssuingCa", name, {}, opts)
        self._args = args
        made = None
        if args.private_ca is not None:
            self.arn = pulumi.Output.from_input(args.private_ca)
        else:
            subject = args.subject or Subject("", "")
            made = _Made(subject, args.key_bits, args.validity_hours)
            self.arn = self._create_authority(name, subject).arn
        certificate = self._create_certificate(name)
        self._publish(name, certificate.certificate_pem, made)

    def sign(
        self, name: str, csr_pem: pulumi.Input[str], validity_hours: int
    ) -> pulumi.Output[str]:
        """Has an HSM's CSR signed by the private CA."""
        return PrivateCaCertificate(
            name,
            {
                **self._signing(),
                "ca_certificate": self.certificate_pem,
                "csr": csr_pem,
                "validity_hours": validity_hours,
            },
            pulumi.ResourceOptions(parent=self),
        ).certificate_pem

    def _create_authority(self, name: str, subject: Subject) -> aws.acmpca.CertificateAuthority:
        args, authority_name = self._args, f"{name}-authority"
        api = AcmPca(AwsAccess(args.region, args.profile))
        owner = owner_of(name)
        return aws.acmpca.CertificateAuthority(
            authority_name,
            type="ROOT",
            usage_mode="GENERAL_PURPOSE",
            certificate_authority_configuration=(
                aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationArgs(
                    key_algorithm=f"RSA_{args.key_bits}",
                    signing_algorithm="SHA256WITHRSA",
                    subject=(
                        aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationSubjectArgs(
                            common_name=subject.common_name,
                            organization=subject.organization,
                            organizational_unit=subject.organizational_unit,
                            country=subject.country,
                            state=subject.province,
                            locality=subject.locality,
                        )
                    ),
                )
            ),
            permanent_deletion_time_in_days=_LONGEST_WINDOW,
            tags={**args.tags, "Name": name, TAG: owner},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                import_=StackState(lambda line: pulumi.log.warn(line, self)).missed(
                    _AUTHORITY, authority_name, self._left_behind(api, owner)
                ),
                hooks=creation_hooks(
                    self,
                    authority_name,
                    before=[lambda _: private_ca_adoption.refuse_a_second(api, owner)],
                ),
                # Nothing about them is secret, but walls of PEM do not belong in a diff.
                additional_secret_outputs=["certificate", "certificate_signing_request"],
                # Another configuration would replace the CA; one that somebody has disabled, once
                # the cluster is initialized, stays so.
                ignore_changes=["certificate_authority_configuration", "enabled"],
            ),
        )

    def _left_behind(self, api: AcmPca, owner: str) -> str | None:
        """A preview goes on when AWS cannot be asked, saying so; an update must not."""
        planning = pulumi.runtime.is_dry_run()
        waiter = None if planning else Waiter(report=lambda line: pulumi.log.info(line, self))
        tempo = Pace(self._args.signing_usual_seconds, self._args.signing_deadline_seconds)
        try:
            return private_ca_adoption.left_behind(api, owner, waiter, tempo)
        except CloudHsmError as error:
            if isinstance(error, StateError) or not planning:
                raise pulumi.RunError(str(error)) from None
            pulumi.log.warn(f"could not look for a private CA of an interrupted run: {error}", self)
            return None

    def _create_certificate(self, name: str) -> PrivateRootCa:
        return PrivateRootCa(
            f"{name}-certificate",
            {
                **self._signing(),
                "install": self._args.private_ca is None,
                "validity_hours": self._args.lifetime_hours or 0,
            },
            pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )

    def _signing(self) -> dict[str, object]:
        return {
            "region": self._args.region,
            "ca_arn": self.arn,
            "usual_seconds": self._args.signing_usual_seconds,
            "deadline_seconds": self._args.signing_deadline_seconds,
        }
