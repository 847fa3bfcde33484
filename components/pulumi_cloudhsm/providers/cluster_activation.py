"""The activation of a cluster, which no call to AWS can do: somebody sets the first password.

It happens on the data plane, by `cloudhsm-cli cluster activate` on a host that reaches the HSM; the
control plane shows ACTIVE some 80 s later. This resource has it done on a client instance, or says
what to do, then waits for it and keeps that it was done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
)

from ..aws.cloudhsmv2 import (
    ACTIVE_OR_LATER,
    GOING_OR_GONE,
    INITIALIZED_OR_LATER,
    CloudHsm,
    Cluster,
)
from ..aws.ssm import Ssm
from ..certificates import iso
from ..errors import StateError
from ..waiter import Goal, Observation, Pace
from .base import CloudHsmProvider, Props, differs, one_line, pace, say
from .existing_cluster import existing, read_active
from .host_run import run_on_host

LAG_USUAL_SECONDS = 80
"""From `cluster activate` to ACTIVE. Measured: RadiumGu/pix-proxy-samples."""
_SETTING = "activation_deadline_seconds (cloudhsm:activationDeadlineSeconds)"


class ClusterActivationProvider(CloudHsmProvider):
    """Has the cluster activated, or waits until somebody has, or adopts that it is."""

    def ssm(self, props: Props) -> Ssm:
        """Systems Manager in the region that the resource names."""
        return Ssm(self.access(props))

    def now(self) -> datetime:
        """The moment written into the outputs."""
        return datetime.now(UTC)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Says in the preview that a switched-off client host is needed."""
        off = news.get("runs_on") == "instance" and news.get("instance_id") is None
        failures = [
            CheckFailure(
                "instance_id",
                "switch the client host on (cloudhsm:clientHost true): the cluster has to be "
                "activated",
            )
        ]
        return CheckResult(dict(news), failures if off and not olds else [])

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Does it or says what to do, unless it is done, and waits for ACTIVE.

        Raises:
            StateError: the cluster is not initialized, or broken.
            DeadlineError: nobody has done it yet; a later `up` goes on waiting.
        """
        api, cluster_id = self.cloudhsm(props), props["cluster_id"]
        cluster = _initialized(api, cluster_id)
        adopted = cluster.state in ACTIVE_OR_LATER
        if adopted:
            say(f"{cluster_id} is {cluster.state} already: it was activated before")
        elif cluster.state != "DEGRADED" and props.get("instance_id"):
            self._activate(props)
        elif cluster.state != "DEGRADED" and props.get("instructions"):
            say(f"{cluster_id} waits for its first administrator. {props['instructions']}")
        goal = Goal(
            f"activation of {cluster_id}",
            "ACTIVE",
            ACTIVE_OR_LATER,
            ("DEGRADED", *GOING_OR_GONE),
            _SETTING,
        )
        tempo = pace(props)
        if not props.get("instructions"):
            tempo = Pace(min(tempo.usual, LAG_USUAL_SECONDS), tempo.deadline)
        waited = self.waiter().wait(goal, tempo, lambda: _observe(api, cluster_id))
        outs = {
            **{key: value for key, value in props.items() if key != "__provider"},
            "state": "ACTIVE",
            "adopted": adopted,
            "activated_at": iso(self.now()),
            "waited_seconds": round(waited.seconds, 1),
        }
        return CreateResult(id_=f"{cluster_id}/activation", outs=outs)

    def _activate(self, props: Props) -> None:
        given = {
            "step": "activate",
            "region": props["region"],
            "hsm_ips": props["hsm_ips"],
            "trust_anchor": props["trust_anchor"],
            "package": props["package"],
            "admin_secret": props["admin_secret"],
        }
        run_on_host(
            self.ssm(props), self.waiter(), props["instance_id"], given, pace(props), _SETTING
        )

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: an activation is for good."""
        replaces = differs(olds, news, "cluster_id")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell; what is done with an active one is no drift."""
        return read_active(self.cloudhsm(props), id_, props)

    def delete(self, _id: str, _props: Props) -> None:
        """Touches nothing at AWS: an activation lasts as long as its cluster."""


def _observe(api: CloudHsm, cluster_id: str) -> Observation[None]:
    cluster = _initialized(api, cluster_id)
    return Observation(cluster.state, None, cluster.message)


def _initialized(api: CloudHsm, cluster_id: str) -> Cluster:
    cluster = existing(api, cluster_id)
    if cluster.state not in INITIALIZED_OR_LATER | {"DEGRADED"}:
        raise StateError(
            f"{cluster_id} is {cluster.state}, and only an initialized cluster can be activated: "
            "run `pulumi up --refresh`"
        )
    return cluster


class ClusterActivation(Resource, module="cloudhsm", name="ClusterActivation"):
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
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the activation.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `usual_seconds`, `deadline_seconds`; either
                `instructions` (what a person has to do, one line; none: somebody is at it), or
                `runs_on` "instance" and the `instance_id` of a client host (None while it is off)
                with `hsm_ips`, `trust_anchor` (PEM, secret only to keep it out of diffs),
                `package`, `admin_secret` (ARN).
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(("state", "adopted", "activated_at", "waited_seconds"))
        super().__init__(ClusterActivationProvider(), name, {**kept, **props}, opts)
