"""InitializeCluster: the one step that can never be taken back, as a resource of its own.

It fixes the trust anchor for the life of the cluster and of every backup of it. So it is called
once, after everything was checked; what is already there is adopted; nothing replaces it; deleting
the resource leaves AWS alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult
from pulumi.output import Unknown

from ..aws.cloudhsmv2 import (
    ACTIVE_OR_CHANGING,
    CHANGING,
    DELETING_OR_DELETED,
    CloudHsm,
    Cluster,
)
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    existing,
    log_line,
    state,
    wait_until_idle,
)
from ..errors import CertificateError, StateError, one_line
from ..trust.anchor import check_original, check_pair, ends_after_its_ca
from ..waiting.waiter import Goal
from ..x509.reading import (
    csr_fingerprint,
    fingerprint,
    iso,
    load_certificate,
    load_csr,
)
from .certificate_in_effect import certificate_in_effect, is_ours
from .initialize_call import SETTING, observe, send


@dataclass(frozen=True, kw_only=True)
class ClusterInitializationInputs(AwsInputs):
    """What the cluster is initialized with."""

    cluster_id: str
    """`cluster-…`; another one replaces the resource. No other change has an effect."""
    csr: str
    """PEM of the captured CSR."""
    captured_hsm_id: str
    """The HSM whose CSR it is."""
    cluster_certificate: str
    """PEM, signed for the CSR."""
    ca_certificate: str
    """PEM of the CA that signed it: the trust anchor."""
    signed_elsewhere: bool = False
    """An external CA signed it, so its dates are as they are."""


@dataclass(frozen=True, kw_only=True)
class ClusterInitializationOutputs(ResourceOutputs):
    """What came of it."""

    state: str
    cluster_certificate: str
    """PEM of the one in effect; an earlier run may have used another one of the same CA."""
    offered_certificate: str
    """PEM of the one in the inputs."""
    cluster_certificate_sha256: str
    ca_certificate_sha256: str
    cluster_certificate_expires: str
    ca_certificate_expires: str
    certificate_confirmed: bool
    adopted: bool
    initialized_at: str
    waited_seconds: float


class ClusterInitializationProvider(CloudHsmProvider):
    """Initializes a cluster once, or adopts it as it is."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses certificates that AWS would refuse, as soon as both are known.

        Only before the initialization: afterwards other certificates change nothing.
        """
        pair = (news.get("cluster_certificate"), news.get("ca_certificate"))
        failures: list[CheckFailure] = []
        if not olds and all(isinstance(pem, str) for pem in pair):
            try:
                check_pair(str(pair[0]), str(pair[1]), None)
                _check_ends(str(pair[0]), str(pair[1]), bool(news.get("signed_elsewhere")))
            except CertificateError as error:
                failures.append(CheckFailure("cluster_certificate", str(error)))
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Initializes, or goes on where an interrupted run stopped, and waits for INITIALIZED.

        Raises:
            CertificateError: the certificate or the CSR is not what it has to be; nothing was done.
            StateError: the cluster cannot be initialized, or AWS failed at it.
            DeadlineError: it takes too long; a later `up` goes on waiting.
            AwsError: AWS refused the call.
        """
        inputs = ClusterInitializationInputs.read(props)
        api, cluster_id = self.cloudhsm(inputs.access), inputs.cluster_id
        pair = check_pair(inputs.cluster_certificate, inputs.ca_certificate, inputs.csr)
        _check_ends(inputs.cluster_certificate, inputs.ca_certificate, inputs.signed_elsewhere)
        adopted = self._initialize_or_adopt(api, inputs)
        goal = Goal(
            f"cluster {cluster_id}",
            "INITIALIZED",
            ("INITIALIZED",),
            ("DEGRADED", *DELETING_OR_DELETED),
            SETTING,
        )
        waited = self.waiter().wait(goal, inputs.timing, lambda: observe(api, cluster_id))
        offered = inputs.cluster_certificate
        found = certificate_in_effect(
            waited.observation.value, offered, inputs.ca_certificate, pair
        )
        outputs = ClusterInitializationOutputs(
            **vars(found.pair),
            state=waited.observation.value.state,
            cluster_certificate=found.pem,
            offered_certificate=offered,
            certificate_confirmed=found.confirmed,
            adopted=adopted,
            initialized_at=iso(self.now()),
            waited_seconds=round(waited.seconds, 1),
        )
        return CreateResult(id_=f"{cluster_id}/initialization", outs=state(inputs, outputs))

    @one_line
    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: this one keeps its trust anchor whatever happens."""
        replaces = differs(olds, news, "cluster_id")
        told = None if replaces else _other_certificate(olds, news)
        if told is not None:
            log_line(
                f"warning: {told}, but {olds['cluster_id']} keeps what it was initialized with for "
                "ever; another one needs a new cluster"
            )
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell back, and the certificate's fingerprint where AWS shows it.

        What later steps make of an initialized cluster (ACTIVE, being modified) is no drift here.
        """
        inputs = ClusterInitializationInputs.read(props)
        cluster = self.cloudhsm(inputs.access).cluster(inputs.cluster_id)
        if cluster is None or cluster.state in DELETING_OR_DELETED:
            return ReadResult("", {})
        settled = ACTIVE_OR_CHANGING | {"INITIALIZED"}
        kept = cluster.state in settled and props["state"] in settled
        outs = {**props, "state": props["state"] if kept else cluster.state}
        if cluster.cluster_certificate:
            outs["certificate_confirmed"] = signed = is_ours(cluster, inputs.ca_certificate)
            if signed:
                pair = check_original(cluster.cluster_certificate, inputs.ca_certificate)
                outs |= {**vars(pair), "cluster_certificate": cluster.cluster_certificate}
        return ReadResult(id_, outs)

    def delete(self, _id: str, _props: Props) -> None:
        """Touches nothing at AWS: an initialization lasts as long as its cluster."""

    def _initialize_or_adopt(self, api: CloudHsm, inputs: ClusterInitializationInputs) -> bool:
        """Calls InitializeCluster unless the cluster is past it; returns whether it is."""
        cluster = existing(api, inputs.cluster_id)
        if cluster.state in CHANGING and not cluster.was_initialized:
            # Such a change can come before the initialization as well as after it.
            waiter, timing = self.waiter(), inputs.timing
            cluster = wait_until_idle(api, waiter, inputs.cluster_id, timing, SETTING)
        if cluster.is_past_its_csr:
            log_line(
                f"{inputs.cluster_id} is {cluster.state} already: adopted, InitializeCluster not "
                "called"
            )
            return True
        if cluster.state == "CREATE_IN_PROGRESS":
            raise StateError(f"{inputs.cluster_id} is still being created: run `pulumi up` again")
        if cluster.state == "UNINITIALIZED":
            check_pair(inputs.cluster_certificate, inputs.ca_certificate, None, self.now())
            _check_csr_unchanged(cluster, inputs)
            pair = (inputs.cluster_certificate, inputs.ca_certificate)
            send(api, self.waiter(), inputs.cluster_id, pair, inputs.timing)
        return False


def _check_ends(cluster_certificate: str, ca_certificate: str, signed_elsewhere: bool) -> None:
    line = ends_after_its_ca(cluster_certificate, ca_certificate)
    if line is not None and not signed_elsewhere:
        raise CertificateError(
            f"{line}: remove it with `pulumi state delete`, lower "
            "trust.cluster_certificate_validity_hours and run `pulumi up` again"
        )


def _check_csr_unchanged(cluster: Cluster, inputs: ClusterInitializationInputs) -> None:
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
    captured = csr_fingerprint(load_csr(inputs.csr, "the captured CSR"))
    if live != captured:
        raise CertificateError(
            f"AWS replaced HSM {inputs.captured_hsm_id} by {hsms}, and with it the CSR of "
            f"{cluster.cluster_id} (captured {captured}, live {live}): nothing was initialized; "
            "run `pulumi up --refresh` to capture and verify the new one and have it signed"
        )


def _other_certificate(olds: Props, news: Props) -> str | None:
    """How the inputs differ from what the cluster was initialized with; the CA before its leaf."""
    ca, leaf = news.get("ca_certificate"), news.get("cluster_certificate")
    if ca and not isinstance(ca, Unknown):
        wanted = fingerprint(load_certificate(ca, "the CA certificate"))
        if wanted != olds["ca_certificate_sha256"]:
            return f"the CA certificate is now {wanted}, and was {olds['ca_certificate_sha256']}"
    if leaf and not isinstance(leaf, Unknown) and leaf != olds["offered_certificate"]:
        return "the cluster certificate is another one now"
    return None


class ClusterInitialization(DynamicResource, module="cloudhsm", name="ClusterInitialization"):
    """A cluster's initialization under a trust anchor that can never change."""

    state: pulumi.Output[str]
    """INITIALIZED (or later, if adopted); another one if a refresh found that the cluster fell."""
    ca_certificate: pulumi.Output[str]
    """The CA certificate that the cluster was initialized under, whatever the inputs say now."""
    cluster_certificate: pulumi.Output[str]
    """The cluster certificate that it was initialized with."""
    offered_certificate: pulumi.Output[str]
    """The certificate that was signed for this initialization."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate that the cluster trusts."""
    ca_certificate_expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""
    certificate_confirmed: pulumi.Output[bool]
    """AWS shows the certificate that was signed here (before ACTIVE it may show none)."""
    adopted: pulumi.Output[bool]
    """The call had been made before, by an interrupted run."""
    initialized_at: pulumi.Output[str]
    """When INITIALIZED was seen; ISO 8601, UTC."""
    waited_seconds: pulumi.Output[float]
    """How long this run waited for it."""

    def __init__(
        self,
        name: str,
        inputs: ClusterInitializationInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the initialization.

        Args:
            name: logical name.
            inputs: what the cluster is initialized with.
            opts: Pulumi's options.
        """
        super().__init__(
            ClusterInitializationProvider(),
            name,
            inputs,
            ClusterInitializationOutputs,
            opts,
            secret_outputs=["offered_certificate"],
        )
