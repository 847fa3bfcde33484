"""An issuing CA whose key is in KMS: it never leaves AWS and never enters the state."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import checks
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .creation import creation_hooks
from .issuing import Issuer, Subject
from .key_adoption import NOT_READ_BACK, key_left_behind
from .providers.kms_signed_ca import KmsSignedCa
from .providers.kms_signed_certificate import KmsSignedCertificate
from .stack_state import owner_of

_KEY = re.compile(
    r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_LONGEST_WINDOW = 30


@dataclass(frozen=True)
class KmsIssuingCaArgs:
    """What a KmsIssuingCa is made of."""

    region: str
    """Region of the key, the same as the aws provider's; an ARN brings its own."""
    subject: Subject
    """Stands in the certificate for good."""
    kms_key: pulumi.Input[str] | None = None
    """ARN or id of a KMS key of yours, RSA_4096 or RSA_2048 for SIGN_VERIFY; one is made if left
    out."""
    key_policy: pulumi.Input[str] | None = None
    """Policy as JSON of the key that is made; KMS's default, which lets the account's IAM decide
    who may sign, when left out."""
    key_bits: int = 4096
    """RSA size of the key that is made: 4096 or 2048; AWS takes no other."""
    validity_hours: int = 87_660
    """Ten years, as a cluster's trust anchor can never be renewed."""
    signing_usual_seconds: float = 5
    """How long a signature usually takes."""
    signing_deadline_seconds: float = 600
    """When to give up on one; a later `up` goes on."""
    profile: str | None = None
    """Profile of the shared AWS configuration, to look for a key of an interrupted run."""
    protect: bool = True
    """Refuse to delete key and certificate."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of the key that is made."""

    @property
    def undecided(self) -> Collection[str]:
        """A key that is there has the size that it has."""
        return () if self.kms_key is None else ("key_bits",)

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
        if isinstance(self.kms_key, str) and not _KEY.fullmatch(self.kms_key):
            raise checks.InputError(
                "ca_kms_key",
                self.kms_key,
                "give the ARN or the id of a KMS key; an alias may move to another one",
            )
        checks.wait("signing", self.signing_usual_seconds, self.signing_deadline_seconds)

    def issuer(self, name: str, opts: pulumi.ResourceOptions) -> KmsIssuingCa:
        """Declares the CA."""
        return KmsIssuingCa(name, self, opts)


class KmsIssuingCa(Issuer):
    """A self-signed CA that signs through a KMS key."""

    def __init__(
        self, name: str, args: KmsIssuingCaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        super().__init__("cloudhsm:index:KmsIssuingCa", name, {}, opts)
        self._args = args
        self._key_id = args.kms_key if args.kms_key is not None else self._create_key(name).arn
        certificate = self._create_certificate(name)
        self.arn = certificate.key_arn
        self._publish(name, certificate.certificate_pem, args)

    def sign(
        self, name: str, csr_pem: pulumi.Input[str], validity_hours: int
    ) -> pulumi.Output[str]:
        """Signs an HSM's CSR with the key in KMS."""
        return KmsSignedCertificate(
            name,
            {
                **self._signing(),
                "ca_certificate": self.certificate_pem,
                "csr": csr_pem,
                "validity_hours": validity_hours,
            },
            pulumi.ResourceOptions(parent=self),
        ).certificate_pem

    def _create_key(self, name: str) -> aws.kms.Key:
        args, key_name = self._args, f"{name}-key"
        left = key_left_behind(self, key_name, AwsAccess(args.region, args.profile))
        return aws.kms.Key(
            key_name,
            description=f"Issuing CA {args.subject.common_name} of a CloudHSM cluster",
            customer_master_key_spec=f"RSA_{args.key_bits}",
            key_usage="SIGN_VERIFY",
            deletion_window_in_days=_LONGEST_WINDOW,
            policy=args.key_policy,
            tags={**args.tags, "Name": name, TAG: owner_of(name)},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                import_=left,
                hooks=creation_hooks(self, key_name),
                # The first two would replace the key; a name stands in the certificate for good;
                # and a key that somebody has disabled stays so.
                ignore_changes=[
                    "customer_master_key_spec",
                    "key_usage",
                    "description",
                    "is_enabled",
                    *(NOT_READ_BACK if left else ()),
                ],
            ),
        )

    def _create_certificate(self, name: str) -> KmsSignedCa:
        return KmsSignedCa(
            f"{name}-certificate",
            {
                **self._signing(),
                "subject": self._args.subject.parts,
                "validity_hours": self._args.validity_hours,
            },
            pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )

    def _signing(self) -> dict[str, object]:
        return {
            "region": self._args.region,
            "key_id": self._key_id,
            "usual_seconds": self._args.signing_usual_seconds,
            "deadline_seconds": self._args.signing_deadline_seconds,
        }
