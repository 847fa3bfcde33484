"""Which account and Region this package's own calls act in, and with which credentials. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class AssumedRole:
    """A role that is assumed, with the fields of the aws provider's `assumeRoles`."""

    SHORT: ClassVar[bool] = True

    role_arn: str
    """ARN of the role."""
    external_id: str | None = None
    """What the role's trust policy demands as `sts:ExternalId`."""
    session_name: str | None = None
    """Name of the session in CloudTrail; one is made when left out."""
    duration: str | None = None
    """How long credentials last, for example `1h`; AWS's hour when left out. They are renewed."""
    policy: str | None = None
    """IAM policy, JSON, that narrows the session further."""
    policy_arns: Sequence[str] = ()
    """ARNs of managed policies that narrow it further."""
    source_identity: str | None = None
    """Source identity of the session."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Session tags."""
    transitive_tag_keys: Sequence[str] = ()
    """Session tags that the next role of the chain gets, too."""


@dataclass(frozen=True, kw_only=True)
class WebIdentityRole:
    """A role that is assumed with a token of an identity provider, such as a CI system's."""

    SHORT: ClassVar[bool] = True

    role_arn: str
    """ARN of the role."""
    web_identity_token_file: str | None = None
    """Path of a file with the token; read again whenever credentials are renewed."""
    web_identity_token: str | None = None
    """The token itself. Secret; prefer the file, since a token ends soon."""
    session_name: str | None = None
    """Name of the session in CloudTrail."""
    duration: str | None = None
    """How long credentials last, for example `1h`."""
    policy: str | None = None
    """IAM policy, JSON, that narrows the session further."""
    policy_arns: Sequence[str] = ()
    """ARNs of managed policies that narrow it further."""


@dataclass(frozen=True, kw_only=True)
class AwsAccessArgs:
    """How this package's own calls reach AWS: the same as the aws provider has to be given.

    What is left out comes from AWS's usual chain: environment, shared files, container, instance.
    All of it can be changed at any time; the account and the Region that it leads to cannot.
    """

    SHORT: ClassVar[bool] = True

    profile: str | None = None
    """Profile of the shared AWS configuration."""
    shared_config_files: Sequence[str] = ()
    """Path of the shared configuration, instead of `~/.aws/config`; one at most."""
    shared_credentials_files: Sequence[str] = ()
    """Path of the shared credentials, instead of `~/.aws/credentials`; one at most."""
    access_key: str | None = None
    """Access key id. Plain in the program, encrypted in the state; needs `secret_key`."""
    secret_key: str | None = None
    """Secret access key. Plain in the program, encrypted in the state."""
    token: str | None = None
    """Session token of temporary keys. Plain in the program, encrypted in the state."""
    assume_roles: Sequence[AssumedRole] = ()
    """Roles to assume, one after the other."""
    assume_role_with_web_identity: WebIdentityRole | None = None
    """Role to assume with a token, before `assume_roles`."""
    allowed_account_ids: Sequence[str] = ()
    """Accounts that may be acted in; all when left out."""
    forbidden_account_ids: Sequence[str] = ()
    """Accounts that may not be acted in."""
    skip_requesting_account_id: bool = False
    """Never ask AWS which account this is; then accounts are not compared."""
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    """URL by service as the aws provider names it, for example `cloudhsmv2` or `acmpca`."""
    use_fips_endpoint: bool = False
    """Use endpoints with FIPS 140 validated cryptography."""
    use_dualstack_endpoint: bool = False
    """Use endpoints that IPv6 reaches."""
    sts_region: str | None = None
    """Region of STS; that of the deployment when left out."""
    http_proxy: str | None = None
    """Proxy for http."""
    https_proxy: str | None = None
    """Proxy for https."""
    custom_ca_bundle: str | None = None
    """Path of the CAs that AWS's endpoints are verified with."""
    insecure: bool = False
    """Do not verify AWS's endpoints."""

    @property
    def has_secrets(self) -> bool:
        """Whether the state must hold it encrypted."""
        web = self.assume_role_with_web_identity
        return bool(self.secret_key or self.token or (web and web.web_identity_token))


@dataclass(frozen=True)
class AwsAccess:
    """Where and how this package's own calls act; part of every dynamic resource's inputs.

    Attributes:
        region: for example `eu-central-1`; None takes the shell's.
        account_id: the account that calls have to act in; None compares no accounts.
        by: the credentials.
    """

    SHORT: ClassVar[bool] = True
    """What has its default is left out of the state; reading puts it back."""

    region: str | None = None
    account_id: str | None = None
    by: AwsAccessArgs = AwsAccessArgs()

    def __hash__(self) -> int:
        """Its fields may hold lists, which have no hash of their own."""
        return hash(repr(self))

    def at(self, arn: str) -> AwsAccess:
        """The same, but in the Region that an ARN names; unchanged for a bare id."""
        parts = arn.split(":")
        return replace(self, region=parts[3]) if len(parts) > 5 else self
