"""What the parts of a deployment share: where they are, how they are kept, how long they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from .aws.session import AwsAccess
from .dynamic_provider import resolved
from .recovery.orphans import Recovery
from .recovery.part import Part
from .recovery.stack_state import looks_allowed
from .validation import InputError, check_plain, check_tags
from .waiter import Timing
from .x509.reading import pem_label


@dataclass(frozen=True)
class WaitsArgs:
    """How long each step is expected to take, and when to give up; all in seconds.

    A step that reaches its deadline fails, and a later `pulumi up` goes on waiting. The expected
    duration shapes progress lines. Both can be changed at any time and change no resource.
    """

    hsm: Timing = Timing(600, 3600)
    """The first HSM; a further HSM takes half of it, the cluster itself a third. Can be changed."""
    initialization: Timing = Timing(210, 1800)
    """InitializeCluster. Can be changed."""
    activation: Timing = Timing(900, 3600)
    """The activation, by a person or a program, and the user for KMS. Can be changed."""
    signing: Timing = Timing(5, 600)
    """A signature by KMS or AWS Private CA. Can be changed."""
    key_store: Timing = Timing(1200, 3600)
    """The connection of the KMS custom key store. Can be changed."""
    file_system: Timing = Timing(1800, 7200)
    """An FSx file system; the aws provider's own hour is known to be too short. Can be changed."""


@dataclass(frozen=True, kw_only=True)
class CommonArgs:
    """What every part of a deployment is given."""

    region: pulumi.Input[str] | None = None
    """Region, for example `eu-central-1`; the aws provider's when left out. Cannot be changed."""
    profile: str | None = None
    """Profile of the shared AWS configuration for the calls that no resource of the aws provider
    makes; the shell's when left out."""
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Tags of everything that can carry tags; at most 47. Can be changed."""
    protect: bool = True
    """Refuse to destroy what holds data or keys. False only for what is disposable."""
    waits: WaitsArgs = WaitsArgs()
    """Expected durations and deadlines."""

    @property
    def access(self) -> AwsAccess:
        """Account and Region, for the inputs of a dynamic resource."""
        return AwsAccess(region=resolved(self.region), profile=self.profile)

    def within(self, component: pulumi.Resource) -> CommonArgs:
        """The same with the Region as a plain value; unchanged in a unit test with mocks.

        AWS is looked at before an Output is known, and the resources of the aws provider are in its
        Region anyway.

        Args:
            component: its aws provider tells the Region.
        """
        region = plain_region(self, component)
        if region is None:
            return self
        if isinstance(self.region, pulumi.Output):
            self.region.apply(lambda known: _refuse_another_region(cast("object", known), region))
        return replace(self, region=region)

    def check(self) -> None:
        """Refuses tags that AWS would refuse later, and an Output where a plain value is needed.

        Raises:
            InputError: names the input, the value and the fix.
        """
        check_plain(self)
        check_tags(self.tags, own=3)


def _refuse_another_region(given: object, region: str) -> None:
    if given is not None and given != region:
        raise InputError(
            "region",
            given,
            f"the component's aws provider is in {region}: give one of that Region in `opts`",
        )


def camel_case(name: str) -> str:
    """`key_store` is `keyStore`: the name of a field in a config key or a stack output."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def plain_region(common: CommonArgs, component: pulumi.Resource) -> str | None:
    """The Region for a look at AWS while the program runs.

    Args:
        common: its Region, where it is plain.
        component: its aws provider is asked otherwise.

    Returns:
        None in a unit test with Pulumi's mocks that is given no plain Region.
    """
    if isinstance(common.region, str):
        return common.region
    if not looks_allowed():
        return None
    return aws.get_region(opts=pulumi.InvokeOptions(parent=component)).region


def recovery_of(component: Part, common: CommonArgs) -> Recovery:
    """Tags and adoption for the resources of a component.

    Args:
        component: the component.
        common: its Region and profile.

    Raises:
        RunError: the stack's state cannot be read, in an update.
    """
    return Recovery(component, lambda: AwsAccess(plain_region(common, component), common.profile))


_SECRET_FIELDS = ("ca_key_passphrase", "private_key")
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
        shown = (one.name for one in fields(value) if one.name not in _SECRET_FIELDS)
        found = {name: _visible(getattr(value, name)) for name in shown}
        return {name: one for name, one in found.items() if one is not None}
    if isinstance(value, Mapping):
        return {key: _visible(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_visible(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, str) and value.lstrip().startswith("-----BEGIN"):
        return pem_label(value)
    return value
