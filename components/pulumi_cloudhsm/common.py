"""What the parts of a deployment share: where they are, how they are kept, how long they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Self, cast

import pulumi

from .account.place import place_of
from .aws.access import AwsAccess, AwsAccessArgs
from .dynamic_provider import resolved
from .recovery.orphans import Recovery
from .recovery.part import Part
from .validation import InputError, check_plain, check_region, check_tags
from .waiting import durations
from .waiting.waiter import Timing
from .x509.reading import pem_label


@dataclass(frozen=True)
class WaitsArgs:
    """How long each step is expected to take, and when to give up; all in seconds.

    A step that reaches its deadline fails, and a later `pulumi up` goes on waiting. The expected
    duration shapes progress lines. Both can be changed at any time and change no resource.
    """

    hsm: Timing = Timing(durations.FIRST_HSM, 3600)
    """The first HSM; a further HSM takes half of it, the cluster itself a third. Can be changed."""
    initialization: Timing = Timing(durations.INITIALIZATION, 1800)
    """InitializeCluster. Can be changed."""
    activation: Timing = Timing(900, 3600)
    """The activation, by a person or a program, and the user for KMS. Can be changed."""
    signing: Timing = Timing(5, 600)
    """A signature by KMS or AWS Private CA. Can be changed."""
    key_store: Timing = Timing(durations.KEY_STORE, 3600)
    """The connection of the KMS custom key store. Can be changed."""
    backup_copy: Timing = Timing(600, 7200)
    """A copy of a backup in another Region. Can be changed."""
    file_system: Timing = Timing(durations.FILE_SYSTEM, 7200)
    """An FSx file system; the aws provider's own hour is known to be too short. Can be changed."""


@dataclass(frozen=True, kw_only=True)
class CommonArgs:
    """What every part of a deployment is given."""

    region: pulumi.Input[str] | None = None
    """Region, for example `eu-central-1`; the aws provider's when left out. Cannot be changed."""
    account_id: str | None = None
    """Account, 12 digits; the aws provider's when left out. Cannot be changed."""
    aws_access: AwsAccessArgs | None = None
    """How this package's own calls reach AWS; as the stack's `aws:` config says when left out. Give
    it beside an explicit aws provider. Can be changed."""
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Tags of everything that can carry tags; at most 47. Can be changed."""
    protect: bool = True
    """Refuse to destroy what holds data or keys. False only for what is disposable."""
    waits: WaitsArgs = WaitsArgs()
    """Expected durations and deadlines."""

    @property
    def access(self) -> AwsAccess:
        """Account, Region and credentials, for the inputs of a dynamic resource."""
        return AwsAccess(resolved(self.region), self.account_id, self.aws_access or AwsAccessArgs())

    def within(self, component: Part) -> Self:
        """The same with account, Region and credentials as plain values, compared with AWS.

        AWS is looked at before an Output is known, and the resources of the aws provider are in its
        account and Region anyway.

        Args:
            component: its aws provider decides.

        Returns:
            Itself in a unit test with mocks.

        Raises:
            InputError: provider, given values and our own credentials do not agree.
        """
        place = place_of(component, self.region, self.aws_access)
        if place is None:
            return self
        if self.account_id is not None and place.account_id not in (None, self.account_id):
            raise InputError(
                "account_id",
                self.account_id,
                f"the component's aws provider acts in account {place.account_id}: give it the "
                "credentials of the right one",
            )
        account = self.account_id or place.account_id
        return replace(self, region=place.region, account_id=account, aws_access=place.by)

    def check(self) -> None:
        """Refuses tags that AWS would refuse later, and an Output where a plain value is needed.

        Raises:
            InputError: names the input, the value and the fix.
        """
        check_plain(self)
        check_region("region", self.region)
        check_tags(self.tags, own=3)


def recovery_of(component: Part, common: CommonArgs, region: str | None = None) -> Recovery:
    """Tags and adoption for the resources of a component.

    Args:
        component: the component.
        common: where it is.
        region: of these resources, where it is another one.

    Raises:
        RunError: the stack's state cannot be read, in an update.
    """

    def access() -> AwsAccess:
        found = common.within(component).access
        return replace(found, region=region) if region else found

    return Recovery(component, access, region)


SECRET_FIELDS = (
    "access_key",
    "ca_key_passphrase",
    "private_key",
    "secret_key",
    "token",
    "web_identity_token",
)
"""Fields of Args that no component keeps, not even encrypted."""


def visible_inputs(args: object) -> dict[str, Any]:
    """The fields of an Args record as a component's inputs, for the state and the preview's diff.

    What is not given is left out, passphrases and private keys always. Of a PEM text only its
    fingerprint shows. An Output stays as it is, so a secret stays secret.

    Args:
        args: a dataclass.
    """
    shown: dict[str, Any] = _visible(args)
    return shown


def typed_outputs(component: pulumi.ComponentResource) -> dict[str, pulumi.Output[Any]]:
    """A component's public Outputs by their name, to be registered."""
    return {
        name: value
        for name, value in vars(component).items()
        if isinstance(value, pulumi.Output) and name != "urn" and not name.startswith("_")
    }


def _visible(value: Any) -> Any:  # noqa: ANN401
    if is_dataclass(value) and not isinstance(value, type):
        shown = (one.name for one in fields(value) if one.name not in SECRET_FIELDS)
        found = {name: _visible(getattr(value, name)) for name in shown}
        return {name: one for name, one in found.items() if one is not None}
    if isinstance(value, Mapping):
        return {key: _visible(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_visible(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, str) and value.lstrip().startswith("-----BEGIN"):
        return pem_label(value)
    return value
