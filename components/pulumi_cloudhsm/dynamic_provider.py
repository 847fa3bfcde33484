"""What all dynamic resources share: typed inputs and outputs, and AWS access.

A dynamic resource is three classes beside each other: a dataclass of inputs (`ResourceInputs`), a
dataclass of outputs (`ResourceOutputs`), and a provider. The engine hands a provider plain dicts;
`read` turns them into the dataclasses, `props` and `state` turn them back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import pulumi
from pulumi.dynamic import ReadResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Unknown

from .account.guard import GUARDS, storing_access
from .aws.cloudhsmv2 import ACTIVE_OR_CHANGING, BUSY, DELETING_OR_DELETED, CloudHsm, Cluster
from .aws.session import AwsAccess
from .errors import StateError
from .records import Props, Record
from .serving import SERVING, log_line, pause
from .state_names import SERVED, load_provider, stored_name
from .waiting.waiter import Clock, Goal, Observation, Timing, Waiter

T = TypeVar("T")


def resolved(value: pulumi.Input[T] | None) -> T:
    """Types an Input as the value that the engine resolves it to before a provider sees it."""
    return cast("T", value)


@dataclass(frozen=True, kw_only=True)
class ResourceInputs(Record):
    """Base of a dynamic resource's inputs."""


@dataclass(frozen=True, kw_only=True)
class AwsInputs(ResourceInputs):
    """Base of the inputs of what calls AWS and waits for it."""

    access: AwsAccess
    """Account and Region; the same for refresh and destroy."""
    timing: Timing
    """Expected duration and deadline; a change of it alone is no change of the resource."""


@dataclass(frozen=True, kw_only=True)
class ResourceOutputs(Record):
    """Base of a dynamic resource's outputs, its inputs aside."""


def state(inputs: ResourceInputs, outputs: ResourceOutputs) -> dict[str, Any]:
    """What a create or an update returns as `outs`: the inputs, which `diff` needs, and outputs."""
    return {**inputs.props(), **outputs.props()}


class StoredProvider(ResourceProvider):
    """Base of all providers: the state holds a name instead of a class, see `state_names`."""

    serialize_as_secret_always = False

    def __reduce__(self) -> tuple[Callable[[str], ResourceProvider], tuple[str]]:
        return load_provider, (stored_name(type(self)),)

    def now(self) -> datetime:
        """The moment; UTC."""
        return datetime.now(UTC)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Changes nothing: for what `diff` never asks to be changed.

        Pulumi's own default would lose the outputs (pulumi/pulumi#7809).
        """
        return UpdateResult(outs=dict(_olds))


class CloudHsmProvider(StoredProvider):
    """Base of the providers that talk to AWS; its instances hold nothing when pickled.

    What a subclass does at AWS, it does in the account of the resource: see `account.guard`.
    """

    def __init_subclass__(cls) -> None:
        """Puts the account's check before what a subclass does, and the stored access behind."""
        super().__init_subclass__()
        for name, guard in GUARDS.items():
            if name in vars(cls):
                setattr(cls, name, guard(vars(cls)[name]))

    @storing_access
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Stores new credentials."""
        return super().update(_id, _olds, _news)

    def cloudhsm(self, access: AwsAccess) -> CloudHsm:
        """CloudHSM v2 in an account and Region."""
        return CloudHsm(access)

    def waiter(self) -> Waiter:
        """The waiter, reporting to the user."""
        return Waiter(Clock(sleep=pause), report=log_line)


class DynamicResource(Resource):
    """Base of all dynamic resources: declares the inputs, and the outputs as not known yet."""

    def __init__(
        self,
        provider: ResourceProvider,
        name: str,
        inputs: ResourceInputs,
        outputs: type[ResourceOutputs],
        opts: pulumi.ResourceOptions | None = None,
        *,
        secret_outputs: Sequence[str] = (),
    ) -> None:
        """Declares the resource.

        Args:
            provider: what creates it.
            name: logical name.
            inputs: its inputs; a field may hold an Output, see `resolved`.
            outputs: the class of its outputs.
            opts: Pulumi's options.
            secret_outputs: outputs that the state encrypts and no diff shows.
        """
        props = {**{one.name: None for one in fields(outputs)}, **inputs.props()}
        if isinstance(inputs, AwsInputs) and inputs.access.by.has_secrets:
            props["access"] = pulumi.Output.secret(props["access"])
            secret_outputs = [*secret_outputs, "access"]
        if secret_outputs:
            secret = pulumi.ResourceOptions(additional_secret_outputs=list(secret_outputs))
            opts = pulumi.ResourceOptions.merge(opts, secret)
        serving = SERVING.get()
        if serving is None:
            super().__init__(provider, name, props, opts)
            return
        served = pulumi.ResourceOptions(
            aliases=[pulumi.Alias(type_=f"pulumi-python:{self._resource_type_name}")],
            version=serving.version,
        )
        opts = pulumi.ResourceOptions.merge(opts, served)
        token = f"{SERVED}{stored_name(type(provider))}"
        # Not the dynamic resource's own: that one stores the provider in the state.
        pulumi.CustomResource.__init__(self, token, name, props, opts)


def differs(olds: Props, news: Props, *keys: str) -> list[str]:
    """The keys whose new value is another one, or not known yet."""
    return [
        key for key in keys if isinstance(news.get(key), Unknown) or olds.get(key) != news.get(key)
    ]


def existing(api: CloudHsm, cluster_id: str) -> Cluster:
    """The cluster as it is now.

    Raises:
        StateError: it is gone.
    """
    cluster = api.cluster(cluster_id)
    if cluster is None or cluster.state in DELETING_OR_DELETED:
        raise StateError(
            f"{cluster_id} does not exist (any more) in this account and region: run `pulumi "
            "refresh`, then `pulumi up`"
        )
    return cluster


def wait_until_idle(
    api: CloudHsm, waiter: Waiter, cluster_id: str, timing: Timing, setting: str
) -> Cluster:
    """Waits until AWS is not at work on a cluster: it takes one change of it at a time.

    Args:
        api: CloudHSM v2.
        waiter: waits and reports.
        cluster_id: the cluster.
        timing: expected duration and deadline.
        setting: the input that prolongs the deadline.

    Raises:
        StateError: the cluster is gone.
        DeadlineError: AWS stays at work for too long.
    """

    def look() -> Observation[Cluster]:
        cluster = existing(api, cluster_id)
        return Observation("busy" if cluster.state in BUSY else "idle", cluster)

    goal = Goal(f"AWS's work on {cluster_id}", "idle", ("idle",), (), setting)
    return waiter.wait(goal, timing, look).observation.value


def read_active(api: CloudHsm, id_: str, props: Props) -> ReadResult:
    """Reports an active cluster that fell; what is done with an active one is no drift."""
    cluster = api.cluster(props["cluster_id"])
    if cluster is None or cluster.state in DELETING_OR_DELETED:
        return ReadResult("", {})
    now = "ACTIVE" if cluster.state in ACTIVE_OR_CHANGING else cluster.state
    return ReadResult(id_, {**props, "state": now})
