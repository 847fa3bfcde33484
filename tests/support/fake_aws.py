"""CloudHSM as the providers see it: one cluster, a timeline of changes, and a count of calls.

Stands in for `pulumi_cloudhsm.aws.cloudhsmv2.CloudHsm`, whose own calls are tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, cast

from pulumi_cloudhsm.aws.cloudhsmv2 import Backup, CloudHsm, Cluster, Hsm, NewCluster
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.dynamic_provider import AwsInputs, CloudHsmProvider, log_line
from pulumi_cloudhsm.errors import TransientError
from pulumi_cloudhsm.identity.chains import HsmIdentity
from pulumi_cloudhsm.waiting.waiter import Waiter
from tests.support import pki
from tests.support.fake_clock import FakeTime

P = TypeVar("P", bound=CloudHsmProvider)
CLUSTER = "cluster-abcdefghijk"
REGION = "eu-central-1"
HSM = "hsm-aaaaaaaaaaa"
INITIALIZING_TAKES = 240.0
MAKING_TAKES = 180.0


def hsm(state: str = "ACTIVE", hsm_id: str = HSM, message: str = "") -> Hsm:
    return Hsm(hsm_id=hsm_id, state=state, message=message, zone="eu-central-1a")


def shown(identity: HsmIdentity) -> dict[str, str]:
    """An identity as the fields of a cluster."""
    return vars(identity)


NO_IDENTITY = dict.fromkeys(shown(HsmIdentity("", "", "", "")), "")


class FakeAws:
    """One cluster over a fake time; every failure is one that a test has asked for."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.describes = 0
        self.initialized_with: list[tuple[str, str, str]] = []
        self.created: list[NewCluster] = []
        self.deletes = 0
        self.tagged: list[tuple[dict[str, str], list[str]]] = []
        self.on_create: Callable[[FakeAws], None] = FakeAws.makes_it
        self.kept_days: list[int] = []
        self.listed: list[Backup] = []
        self.lost: set[str] = set()
        """Ids of clusters that there were."""
        self.on_initialize: Callable[[FakeAws], None] = FakeAws.takes_it
        self._later: list[tuple[float, dict[str, Any] | None]] = []
        self._troubles: list[Exception] = []
        self.state: Cluster | None = Cluster(
            cluster_id=CLUSTER,
            state="UNINITIALIZED",
            message="",
            hsms=(hsm(),),
            cluster_certificate="",
            tags={},
            **shown(pki.good_identity()),
        )
        self._empty = replace(self.state, hsms=(), **NO_IDENTITY)

    @property
    def api(self) -> CloudHsm:
        return cast(CloudHsm, self)

    def show(self, **changes: Any) -> None:
        """Changes what AWS shows from now on."""
        assert self.state is not None
        self.state = replace(self.state, **changes)

    def later(self, seconds: float, **changes: Any) -> None:
        """Changes what AWS shows from a moment on."""
        self._later.append((self.time.now() + seconds, changes))

    def stumble(self, *troubles: Exception) -> None:
        """Lets the next looks fail."""
        self._troubles.extend(troubles)

    def cluster(self, cluster_id: str) -> Cluster | None:
        """DescribeClusters."""
        if cluster_id in self.lost:
            return None
        assert cluster_id == CLUSTER
        self.describes += 1
        self._stumble_once()
        due = [entry for entry in self._later if entry[0] <= self.time.now()]
        for entry in due:
            self._later.remove(entry)
            self.show(**(entry[1] or {}))
        return self.state

    def _stumble_once(self) -> None:
        if self._troubles:
            raise self._troubles.pop(0)

    def initialize(self, cluster_id: str, signed_certificate: str, trust_anchor: str) -> None:
        """InitializeCluster."""
        self.initialized_with.append((cluster_id, signed_certificate, trust_anchor))
        self.on_initialize(self)

    def clusters(self) -> list[Cluster]:
        """DescribeClusters of all."""
        found = self.cluster(CLUSTER)
        return [found] if found else []

    def create(self, wanted: NewCluster) -> str:
        """CreateCluster."""
        self.created.append(wanted)
        self.on_create(self)
        return CLUSTER

    def makes_it(self) -> None:
        """The cluster is made."""
        wanted = self.created[-1]
        self.state = replace(
            self._empty,
            state="CREATE_IN_PROGRESS",
            tags=dict(wanted.tags),
            network_type=wanted.network_type,
            subnet_ids=wanted.subnet_ids,
            security_group="sg-0123456789abcdef0",
            vpc_id="vpc-0123456789abcdef0",
        )
        ready = "ACTIVE" if wanted.source_backup_id else "UNINITIALIZED"
        self.later(MAKING_TAKES, state=ready)

    def makes_it_but_the_answer_is_lost(self) -> None:
        self.makes_it()
        raise TransientError("creating the cluster: connection lost")

    def delete(self, cluster_id: str) -> None:
        """DeleteCluster."""
        assert cluster_id == CLUSTER
        self.deletes += 1
        self.show(state="DELETE_IN_PROGRESS")
        self.later(60, state="DELETED")

    def set_tags(self, cluster_id: str, tags: dict[str, str], removed: list[str]) -> None:
        """TagResource and UntagResource."""
        assert cluster_id == CLUSTER
        self.tagged.append((tags, removed))

    def keep_backups(self, cluster_id: str, days: int) -> None:
        """ModifyCluster with a retention policy."""
        assert cluster_id == CLUSTER
        self._stumble_once()
        self.kept_days.append(days)
        self.show(retention_days=days)

    def backups(self, cluster_id: str) -> list[Backup]:
        """DescribeBackups."""
        assert cluster_id == CLUSTER
        self._stumble_once()
        return self.listed

    def backup(self, backup_id: str) -> Backup | None:
        """DescribeBackups of one."""
        return next((one for one in self.listed if one.backup_id == backup_id), None)

    def takes_it(self) -> None:
        """The call goes well."""
        self.show(state="INITIALIZE_IN_PROGRESS", **NO_IDENTITY)
        self.later(INITIALIZING_TAKES, state="INITIALIZED")

    def takes_it_but_the_answer_is_lost(self) -> None:
        self.takes_it()
        raise TransientError("initializing: connection lost")

    def loses_the_call(self) -> None:
        raise TransientError("initializing: AWS said: Internal failure")


def on_fake_aws(provider: type[P], aws: FakeAws) -> P:
    """A real provider, but for AWS and the clock.

    Args:
        provider: its class.
        aws: the cluster that it sees, and the time that passes.
    """

    class OnFakeAws(provider):  # pyright: ignore[reportGeneralTypeIssues, reportUntypedBaseClass]
        def cloudhsm(self, access: AwsAccess) -> CloudHsm:
            assert access.region == REGION, "every call goes to the inputs' Region"
            return aws.api

        def waiter(self) -> Waiter:
            return aws.time.waiter(log_line)

        def now(self) -> datetime:
            return pki.NOW

    return OnFakeAws()


def made(provider: CloudHsmProvider, inputs: AwsInputs) -> dict[str, Any]:
    """The state after an `up` that creates the resource."""
    outs = provider.create({"__provider": "pickle", **inputs.props()}).outs
    assert outs is not None
    assert "__provider" not in outs
    return outs
