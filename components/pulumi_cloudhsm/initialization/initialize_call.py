"""The call InitializeCluster: sent once, and never repeated to find out whether AWS took it."""

from __future__ import annotations

from ..aws.cloudhsmv2 import CloudHsm, Cluster
from ..dynamic_provider import existing, log_line
from ..errors import AwsError, DeadlineError, StateError, ThrottledError, TransientError
from ..waiting.waiter import Goal, Observation, Timing, Waiter

SETTING = "waits.initialization.deadline_seconds"


def observe(api: CloudHsm, cluster_id: str) -> Observation[Cluster]:
    """The cluster's state now; INITIALIZED whatever else AWS does with an initialized one.

    Raises:
        StateError: it is gone.
    """
    cluster = existing(api, cluster_id)
    state = "INITIALIZED" if cluster.was_initialized else cluster.state
    return Observation(state, cluster, cluster.message)


def send(
    api: CloudHsm,
    waiter: Waiter,
    cluster_id: str,
    pair: tuple[str, str],
    timing: Timing,
) -> None:
    """Sends the call once; a refusal for its rate alone is tried again.

    Args:
        api: CloudHSM v2.
        waiter: waits and reports.
        cluster_id: an UNINITIALIZED cluster.
        pair: cluster certificate and CA certificate, PEM.
        timing: expected duration and deadline of the initialization.

    Raises:
        AwsError: AWS refused it.
        DeadlineError: AWS refused it for its rate for too long.
        StateError: the answer was lost, and AWS shows no effect.
    """

    def call() -> Observation[str]:
        try:
            api.initialize(cluster_id, *pair)
        except ThrottledError:
            raise
        except TransientError as trouble:
            return Observation("unknown", str(trouble))
        except AwsError as refused:
            if not _initialized_by_concurrent_run(api, cluster_id):
                raise
            log_line(f"{cluster_id}: another run has initialized it meanwhile ({refused.code})")
        return Observation("accepted", "")

    subject = f"InitializeCluster of {cluster_id}"
    goal = Goal(subject, "an answer", ("accepted", "unknown"), (), SETTING)
    # AWS limits calls by the second, so a throttled one is repeated unhurriedly.
    deadline = timing.deadline_seconds / 10
    sent = waiter.wait(goal, Timing(min(10, deadline), deadline), call)
    if sent.observation.state == "unknown":
        _await_effect(api, waiter, cluster_id, sent.observation.value, timing)


def _await_effect(
    api: CloudHsm, waiter: Waiter, cluster_id: str, trouble: str, timing: Timing
) -> None:
    """After a lost answer: has AWS taken the call? Never answers that by calling again."""
    log_line(f"{trouble}; looking whether AWS carried it out")

    def look() -> Observation[Cluster]:
        seen = observe(api, cluster_id)
        return Observation("taken", seen.value) if seen.value.is_past_its_csr else seen

    goal = Goal(f"cluster {cluster_id}", "INITIALIZE_IN_PROGRESS", ("taken",), (), SETTING)
    patience = Timing(timing.expected_seconds / 10, timing.expected_seconds)
    try:
        waiter.wait(goal, patience, look)
    except DeadlineError as error:
        raise StateError(
            f"{trouble}; {cluster_id} still is UNINITIALIZED, so AWS seems not to have carried "
            "it out: run `pulumi up` again"
        ) from error


def _initialized_by_concurrent_run(api: CloudHsm, cluster_id: str) -> bool:
    """Whether a refusal only means that the twin of an interrupted run was faster."""
    try:
        return existing(api, cluster_id).is_past_its_csr
    except TransientError:
        # Not known, so the refusal stands: passed on, this would make the waiter call again.
        return False
