"""The activation of a cluster, which no call to AWS can do: the first password is set.

It happens on the data plane, by `cloudhsm-cli cluster activate` on a host that reaches the HSM. The
control plane shows ACTIVE some 80 s later. This resource has it done on a client instance, or says
what to do, then waits for it and keeps that it was done.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult

from ..aws.cloudhsmv2 import (
    CHANGING,
    DELETING_OR_DELETED,
    CloudHsm,
    Cluster,
)
from ..aws.session import AwsAccess
from ..aws.ssm import Ssm
from ..client.runner import InstanceInputs
from ..client.ssm_runner import lacks_instance, run_on_instance
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    existing,
    log_line,
    read_active,
    state,
    wait_until_idle,
)
from ..errors import StateError, one_line
from ..waiting.waiter import Goal, Observation, Timing
from ..x509.reading import iso

LAG_EXPECTED_SECONDS = 80
"""From `cluster activate` to ACTIVE. Measured: RadiumGu/pix-proxy-samples."""
_SETTING = "waits.activation.deadline_seconds"


@dataclass(frozen=True, kw_only=True)
class ClusterActivationInputs(AwsInputs):
    """What a ClusterActivation is made of; only another cluster is a change."""

    cluster_id: str
    """`cluster-…`."""
    instructions: str | None = None
    """What a person has to do, one line; None where a program does it."""
    instance: InstanceInputs | None = None
    """The client instance on which this resource activates the cluster by itself; None where a
    person does, or another resource."""


@dataclass(frozen=True, kw_only=True)
class ClusterActivationOutputs(ResourceOutputs):
    """What a ClusterActivation tells."""

    state: str
    """ACTIVE; another one if a refresh found that the cluster fell."""
    adopted: bool
    """The cluster was active before."""
    activated_at: str
    """When ACTIVE was seen; ISO 8601, UTC."""
    waited_seconds: float
    """How long this run waited for it."""


class ClusterActivationProvider(CloudHsmProvider):
    """Has the cluster activated, or waits until it is, or adopts that it is."""

    def ssm(self, access: AwsAccess) -> Ssm:
        """Systems Manager in an account and Region."""
        return Ssm(access)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Says in the preview that a switched-off client host is needed."""
        failures = [
            CheckFailure(
                "instance",
                "switch the client host on (client.host True): the cluster has to be activated",
            )
        ]
        return CheckResult(dict(news), failures if lacks_instance(news) and not olds else [])

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Does it or says what to do, unless it is done, and waits for ACTIVE.

        Raises:
            StateError: the cluster is not initialized, or broken.
            DeadlineError: it is not done yet; a later `up` goes on waiting.
        """
        inputs = ClusterActivationInputs.read(props)
        api, cluster_id = self.cloudhsm(inputs.access), inputs.cluster_id
        cluster = _initialized(api, cluster_id)
        if cluster.state in CHANGING and not cluster.was_activated:
            cluster = wait_until_idle(api, self.waiter(), cluster_id, inputs.timing, _SETTING)
        adopted = cluster.was_activated
        if adopted:
            log_line(f"{cluster_id} is {cluster.state} already: it was activated before")
        elif cluster.state != "DEGRADED":
            self._begin(inputs)
        goal = Goal(
            f"activation of {cluster_id}",
            "ACTIVE",
            ("ACTIVE",),
            ("DEGRADED", *DELETING_OR_DELETED),
            _SETTING,
        )
        timing = inputs.timing
        if not inputs.instructions:
            timing = Timing(
                min(timing.expected_seconds, LAG_EXPECTED_SECONDS), timing.deadline_seconds
            )
        waited = self.waiter().wait(goal, timing, lambda: _observe(api, cluster_id))
        outputs = ClusterActivationOutputs(
            state="ACTIVE",
            adopted=adopted,
            activated_at=iso(self.now()),
            waited_seconds=round(waited.seconds, 1),
        )
        return CreateResult(id_=f"{cluster_id}/activation", outs=state(inputs, outputs))

    def _begin(self, inputs: ClusterActivationInputs) -> None:
        if inputs.instance is not None:
            run_on_instance(
                self.ssm(inputs.access),
                self.waiter(),
                inputs.instance,
                "activate",
                inputs.timing,
                _SETTING,
            )
        elif inputs.instructions:
            log_line(
                f"{inputs.cluster_id} waits for its first administrator. {inputs.instructions}"
            )

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: an activation is irreversible."""
        replaces = differs(olds, news, "cluster_id")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell; what is done with an active one is no drift."""
        return read_active(self.cloudhsm(ClusterActivationInputs.read(props).access), id_, props)

    def delete(self, _id: str, _props: Props) -> None:
        """Touches nothing at AWS: an activation lasts as long as its cluster."""


def _observe(api: CloudHsm, cluster_id: str) -> Observation[None]:
    cluster = _initialized(api, cluster_id)
    state = "ACTIVE" if cluster.was_activated else cluster.state
    return Observation(state, None, cluster.message)


def _initialized(api: CloudHsm, cluster_id: str) -> Cluster:
    cluster = existing(api, cluster_id)
    if not (cluster.was_initialized or cluster.state in CHANGING | {"DEGRADED"}):
        raise StateError(
            f"{cluster_id} is {cluster.state}, and only an initialized cluster can be activated: "
            "run `pulumi up --refresh`"
        )
    return cluster


class ClusterActivation(DynamicResource, module="cloudhsm", name="ClusterActivation"):
    """That a cluster has its first administrator and is ACTIVE."""

    state: pulumi.Output[str]
    """ACTIVE; another one if a refresh found that the cluster fell."""
    adopted: pulumi.Output[bool]
    """The cluster was active before."""
    activated_at: pulumi.Output[str]
    """When ACTIVE was seen; ISO 8601, UTC."""
    waited_seconds: pulumi.Output[float]
    """How long this run waited for it."""

    def __init__(
        self, name: str, inputs: ClusterActivationInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(ClusterActivationProvider(), name, inputs, ClusterActivationOutputs, opts)
