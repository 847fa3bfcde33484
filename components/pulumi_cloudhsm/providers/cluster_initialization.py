"""InitializeCluster: the one step that can never be taken back, as a resource of its own.

It fixes the trust anchor for the life of the cluster and of every backup of it. So it is called
once, after everything was checked; what is already there is adopted; nothing replaces it; deleting
the resource leaves AWS alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource
from pulumi.output import Unknown

from ..aws.cloudhsmv2 import GOING_OR_GONE, INITIALIZED_OR_LATER, CloudHsm, Cluster
from ..certificates import csr_fingerprint, fingerprint, iso, load_certificate, load_csr
from ..errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from ..trust_anchor import TrustAnchorPair, check_pair
from ..waiter import Goal, Observation, Pace
from .base import CloudHsmProvider, Props, differs, one_line, pace, say
from .existing_cluster import existing

_INITIALIZING_OR_LATER = INITIALIZED_OR_LATER | {"INITIALIZE_IN_PROGRESS"}
_SETTING = "initialization_deadline_seconds (cloudhsm:initializationDeadlineSeconds)"


class ClusterInitializationProvider(CloudHsmProvider):
    """Initializes a cluster once, or adopts it as it is."""

    def now(self) -> datetime:
        """The moment written into the outputs."""
        return datetime.now(UTC)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Initializes, or goes on where an interrupted run stopped, and waits for INITIALIZED.

        Raises:
            CertificateError: the certificate or the CSR is not what it has to be; nothing was done.
            StateError: the cluster cannot be initialized, or AWS failed at it.
            DeadlineError: it takes too long; a later `up` goes on waiting.
            AwsError: AWS refused the call.
        """
        api, cluster_id, tempo = self.cloudhsm(props), props["cluster_id"], pace(props)
        pair = check_pair(props["cluster_certificate"], props["trust_anchor"], props["csr"])
        cluster = existing(api, cluster_id)
        adopted = cluster.state in _INITIALIZING_OR_LATER
        if adopted:
            say(f"{cluster_id} is {cluster.state} already: adopted, InitializeCluster not called")
        elif cluster.state == "CREATE_IN_PROGRESS":
            raise StateError(f"{cluster_id} is still being created: run `pulumi up` again")
        elif cluster.state == "UNINITIALIZED":
            check_pair(props["cluster_certificate"], props["trust_anchor"], None, self.now())
            _check_csr_unchanged(cluster, props)
            self._initialize(api, props, tempo)
        waited = self.waiter().wait(
            Goal(
                f"cluster {cluster_id}",
                "INITIALIZED",
                INITIALIZED_OR_LATER,
                ("DEGRADED", *GOING_OR_GONE),
                _SETTING,
            ),
            tempo,
            lambda: _observe(api, cluster_id),
        )
        outs = {
            **{key: value for key, value in props.items() if key != "__provider"},
            **vars(pair),
            "state": waited.observation.state,
            "trust_anchor_confirmed": _confirmed(waited.observation.value, pair),
            "adopted": adopted,
            "initialized_at": iso(self.now()),
            "waited_seconds": round(waited.seconds, 1),
        }
        return CreateResult(id_=f"{cluster_id}/initialization", outs=outs)

    @one_line
    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: this one keeps its trust anchor whatever happens."""
        replaces = differs(olds, news, "cluster_id")
        told = None if replaces else _other_certificate(olds, news)
        if told is not None:
            say(
                f"warning: {told}, but {olds['cluster_id']} keeps what it was initialized with for "
                "ever; another one needs a new cluster"
            )
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell back, and the certificate's fingerprint where AWS shows it.

        What later steps make of an initialized cluster (ACTIVE, being modified) is no drift here.
        """
        cluster = self.cloudhsm(props).cluster(props["cluster_id"])
        if cluster is None or cluster.state in GOING_OR_GONE:
            return ReadResult("", {})
        kept = cluster.state in INITIALIZED_OR_LATER and props["state"] in INITIALIZED_OR_LATER
        outs = {**props, "state": props["state"] if kept else cluster.state}
        if cluster.cluster_certificate:
            live = fingerprint(load_certificate(cluster.cluster_certificate, "ClusterCertificate"))
            outs["trust_anchor_confirmed"] = live == props["cluster_certificate_sha256"]
        return ReadResult(id_, outs)

    def delete(self, _id: str, _props: Props) -> None:
        """Touches nothing at AWS: an initialization lasts as long as its cluster."""

    def _initialize(self, api: CloudHsm, props: Props, tempo: Pace) -> None:
        """Sends the call once; a refusal for its rate alone is tried again."""
        cluster_id = props["cluster_id"]

        def call() -> Observation[str]:
            try:
                api.initialize(cluster_id, props["cluster_certificate"], props["trust_anchor"])
            except ThrottledError:
                raise
            except TransientError as trouble:
                return Observation("unknown", str(trouble))
            except AwsError as refused:
                if not _done_by_a_twin(api, cluster_id):
                    raise
                say(f"{cluster_id}: another run has initialized it meanwhile ({refused.code})")
            return Observation("accepted", "")

        sent = self.waiter().wait(
            Goal(
                f"InitializeCluster of {cluster_id}",
                "an answer",
                ("accepted", "unknown"),
                (),
                _SETTING,
            ),
            # AWS limits calls by the second, so a throttled one is repeated unhurriedly.
            Pace(usual=min(10, tempo.deadline / 10), deadline=tempo.deadline / 10),
            call,
        )
        if sent.observation.state == "unknown":
            self._await_effect(api, cluster_id, sent.observation.value, tempo)

    def _await_effect(self, api: CloudHsm, cluster_id: str, trouble: str, tempo: Pace) -> None:
        """After a lost answer: has AWS taken the call? Never answers that by calling again."""
        say(f"{trouble}; looking whether AWS carried it out")

        def look() -> Observation[Cluster]:
            seen = _observe(api, cluster_id)
            return Observation("taken", seen.value) if seen.state != "UNINITIALIZED" else seen

        goal = Goal(f"cluster {cluster_id}", "INITIALIZE_IN_PROGRESS", ("taken",), (), _SETTING)
        patience = Pace(usual=tempo.usual / 10, deadline=tempo.usual)
        try:
            self.waiter().wait(goal, patience, look)
        except DeadlineError as error:
            raise StateError(
                f"{trouble}; {cluster_id} still is UNINITIALIZED, so AWS seems not to have carried "
                "it out: run `pulumi up` again"
            ) from error


def _done_by_a_twin(api: CloudHsm, cluster_id: str) -> bool:
    """Whether a refusal only means that the twin of an interrupted run was faster."""
    try:
        return existing(api, cluster_id).state != "UNINITIALIZED"
    except TransientError:
        # Not known, so the refusal stands: passed on, this would make the waiter call again.
        return False


def _observe(api: CloudHsm, cluster_id: str) -> Observation[Cluster]:
    cluster = existing(api, cluster_id)
    return Observation(cluster.state, cluster, cluster.message)


def _check_csr_unchanged(cluster: Cluster, props: Props) -> None:
    """Compares the live CSR with the captured one: AWS makes a new one with a replaced HSM.

    Source: aws-samples/aws-cloudhsm-cloudformation-template, issue 15.
    """
    hsms = ", ".join(hsm.hsm_id for hsm in cluster.live_hsms) or "none"
    if not cluster.csr:
        raise StateError(
            f"{cluster.cluster_id} shows no CSR (live HSMs: {hsms}): its first HSM is gone or "
            "being replaced; run `pulumi refresh` and `pulumi up` when it is ACTIVE"
        )
    live = csr_fingerprint(load_csr(cluster.csr, "the live CSR"))
    captured = csr_fingerprint(load_csr(props["csr"], "the captured CSR"))
    if live != captured:
        raise CertificateError(
            f"AWS replaced HSM {props['captured_hsm_id']} by {hsms}, and with it the CSR of "
            f"{cluster.cluster_id} (captured {captured}, live {live}): nothing was initialized; "
            "run `pulumi up --refresh` to capture, verify and sign the new one"
        )


def _confirmed(cluster: Cluster, pair: TrustAnchorPair) -> bool:
    """Whether AWS shows the very certificate we signed.

    AWS never shows the trust anchor, and the cluster certificate for certain only once the cluster
    is ACTIVE; until it does, there is nothing to compare and nothing that contradicts.
    """
    if not cluster.cluster_certificate:
        say(
            f"{cluster.cluster_id}: AWS shows no cluster certificate yet; `pulumi refresh` "
            "compares it once the cluster is ACTIVE"
        )
        return False
    live = fingerprint(load_certificate(cluster.cluster_certificate, "ClusterCertificate"))
    if live != pair.cluster_certificate_sha256:
        raise CertificateError(
            f"{cluster.cluster_id} was initialized by somebody else: its cluster certificate is "
            f"{live}, ours is {pair.cluster_certificate_sha256}; a trust anchor can never be "
            "changed, so this stack needs a new cluster"
        )
    return True


def _other_certificate(olds: Props, news: Props) -> str | None:
    """How the inputs differ from what the cluster was initialized with; the CA before its leaf."""
    anchor, leaf = news.get("trust_anchor"), news.get("cluster_certificate")
    if anchor and not isinstance(anchor, Unknown):
        wanted = fingerprint(load_certificate(anchor, "the trust anchor"))
        if wanted != olds["trust_anchor_sha256"]:
            return f"the CA certificate is now {wanted}, and was {olds['trust_anchor_sha256']}"
    if leaf and not isinstance(leaf, Unknown) and leaf != olds["cluster_certificate"]:
        return "the cluster certificate is another one now"
    return None


class ClusterInitialization(Resource, module="cloudhsm", name="ClusterInitialization"):
    """A cluster's initialization under a trust anchor that can never change."""

    state: pulumi.Output[str]
    """INITIALIZED (or later, if adopted); another one if a refresh found that the cluster fell."""
    trust_anchor: pulumi.Output[str]
    """The CA certificate that the cluster was initialized under, whatever the inputs say now."""
    cluster_certificate: pulumi.Output[str]
    """The cluster certificate that it was initialized with."""
    trust_anchor_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate that the cluster trusts."""
    trust_anchor_expires: pulumi.Output[str]
    """ISO 8601, UTC."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """ISO 8601, UTC."""
    trust_anchor_confirmed: pulumi.Output[bool]
    """AWS shows the certificate that was signed here (before ACTIVE it may show none)."""
    adopted: pulumi.Output[bool]
    """The call had been made before, by an interrupted run."""
    initialized_at: pulumi.Output[str]
    """When INITIALIZED was seen; ISO 8601, UTC."""
    waited_seconds: pulumi.Output[float]
    """How long this run waited for it."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the initialization.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `csr`, `captured_hsm_id`, `cluster_certificate`,
                `trust_anchor` (PEMs), `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(
            (
                "state",
                "trust_anchor_sha256",
                "trust_anchor_expires",
                "cluster_certificate_sha256",
                "cluster_certificate_expires",
                "trust_anchor_confirmed",
                "adopted",
                "initialized_at",
                "waited_seconds",
            )
        )
        super().__init__(ClusterInitializationProvider(), name, {**kept, **props}, opts)
