"""The identity of a cluster's first HSM: captured once, verified, and kept for good.

AWS shows CSR and certificates only between the first HSM's ACTIVE and InitializeCluster, so this
resource keeps them in its own outputs; a second `up` and a refresh never ask AWS for them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..aws.cloudhsmv2 import GOING_OR_GONE, INITIALIZED_OR_LATER, CloudHsm, Cluster
from ..certificates import csr_fingerprint, fingerprint, iso, load_certificate, load_csr
from ..errors import StateError
from ..identity import HsmIdentity, TrustedRoot, Verdict, Verification, verify
from ..waiter import Goal, Observation, Pace
from .base import CloudHsmProvider, Props, differs, one_line, pace, say

_PEMS = ("csr", "hsm_certificate", "aws_hardware_certificate", "manufacturer_hardware_certificate")
_WITH_CSR, _WITHOUT_CSR = "ACTIVE with CSR", "ACTIVE without CSR"
_CSR_IS_QUICKER = 20
"""How many times quicker a CSR comes than its HSM: half a minute. Assumed; scripts poll for it."""
_NO_CSR_ANY_MORE = INITIALIZED_OR_LATER | {"INITIALIZE_IN_PROGRESS"}


class ClusterIdentityProvider(CloudHsmProvider):
    """Captures and verifies; the only thing it changes is its own outputs."""

    def now(self) -> datetime:
        """The moment for which certificates have to be valid."""
        return datetime.now(UTC)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits for the first HSM and its CSR, reads all four in one call, verifies them.

        Raises:
            StateError: the HSM or cluster is in a state that gives no CSR.
            DeadlineError: it takes too long; a later `up` goes on.
            IdentityError, CertificateError: the HSM could not prove what it is.
        """
        outs = self._verified(props, self._capture(props))
        return CreateResult(id_=f"{props['cluster_id']}/identity", outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """A new cluster is a new identity; a replaced HSM or other roots are an update."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(
            olds, news, "hsm_id", "verification", "reason", "aws_pins", "manufacturer_pins"
        )
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Captures anew while AWS still shows a CSR and the HSM was replaced; verifies anew."""
        captured: Props = olds
        if olds["hsm_id"] != news["hsm_id"]:
            cluster = self.cloudhsm(news).cluster(news["cluster_id"])
            if cluster is not None and cluster.state not in _NO_CSR_ANY_MORE:
                captured = self._capture(news)
        return UpdateResult(outs=self._verified(news, captured))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was captured: AWS shows it no more, and that is no drift."""
        cluster = self.cloudhsm(props).cluster(props["cluster_id"])
        if cluster is None or cluster.state in GOING_OR_GONE:
            return ReadResult("", {})
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the capture; there is nothing at AWS to delete."""

    def _capture(self, props: Props) -> dict[str, Any]:
        cluster = wait_for_csr(self, self.cloudhsm(props), props["cluster_id"], pace(props))
        return {
            "csr": cluster.csr,
            "hsm_certificate": cluster.hsm_certificate,
            "aws_hardware_certificate": cluster.aws_hardware_certificate,
            "manufacturer_hardware_certificate": cluster.manufacturer_hardware_certificate,
            "captured_hsm_id": cluster.live_hsms[0].hsm_id,
            "captured_at": iso(self.now()),
        }

    def _verified(self, props: Props, captured: Props) -> dict[str, Any]:
        identity = HsmIdentity(**{name: captured[name] for name in _PEMS})
        verdict = _verdict(props, identity, self.now())
        say(f"HSM identity of {props['cluster_id']}: {verdict.summary}")
        for warning in verdict.warnings:
            say(f"HSM identity of {props['cluster_id']}: warning: {warning}")
        return {
            **{key: value for key, value in props.items() if key != "__provider"},
            **{name: captured[name] for name in (*_PEMS, "captured_hsm_id", "captured_at")},
            "csr_sha256": csr_fingerprint(load_csr(identity.csr, "ClusterCsr")),
            "hsm_certificate_sha256": fingerprint(
                load_certificate(identity.hsm_certificate, "HsmCertificate")
            ),
            "verdict": verdict.summary,
            "verified": verdict.complete,
            "warnings": list(verdict.warnings),
        }


def wait_for_csr(
    provider: CloudHsmProvider, api: CloudHsm, cluster_id: str, tempo: Pace
) -> Cluster:
    """Waits until the cluster's one HSM is ACTIVE and AWS shows CSR and certificates.

    Raises:
        StateError: what was seen can never lead to a CSR; says what to do.
        DeadlineError: it takes too long.
    """

    def look() -> Observation[Cluster]:
        cluster = api.cluster(cluster_id)
        if cluster is None:
            raise StateError(
                f"{cluster_id} does not exist in this account and region: check aws:region and the "
                "credentials, or run `pulumi refresh` if it was deleted by hand"
            )
        return Observation(_phase(cluster), cluster, _message(cluster))

    goal = Goal(
        subject=f"first HSM of {cluster_id}",
        wanted=_WITH_CSR,
        reached=(_WITH_CSR, _WITHOUT_CSR),
        failed=("DEGRADED", *GOING_OR_GONE),
        setting="hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)",
    )
    seen = provider.waiter().wait(goal, tempo, look).observation
    if seen.state == _WITHOUT_CSR:
        # Once the HSM is ACTIVE, what is missing comes in a matter of seconds.
        shorter = Pace(tempo.usual / _CSR_IS_QUICKER, tempo.deadline)
        seen = (
            provider.waiter().wait(replace(goal, reached=(_WITH_CSR,)), shorter, look).observation
        )
    return seen.value


def _phase(cluster: Cluster) -> str:
    """The one word that says how far cluster and first HSM are."""
    if cluster.state in _NO_CSR_ANY_MORE:
        raise StateError(
            f"{cluster.cluster_id} is {cluster.state}: its CSR no longer exists, so "
            "its first HSM's identity cannot be captured: restore the stack's state, or take a new "
            "cluster"
        )
    if cluster.state in GOING_OR_GONE or cluster.state == "DEGRADED":
        return cluster.state
    hsms = cluster.live_hsms
    if len(hsms) > 1:
        # Two concurrent CreateHsm can both be accepted, and then no CSR ever appears.
        # https://github.com/hashicorp/terraform-provider-aws/issues/7437
        names = ", ".join(hsm.hsm_id for hsm in hsms)
        raise StateError(
            f"{cluster.cluster_id} has {len(hsms)} HSMs ({names}) before its activation, and AWS "
            "makes no CSR then: delete them all (aws cloudhsmv2 delete-hsm), wait until they are "
            "gone, run `pulumi up --refresh`"
        )
    if not hsms:
        return "no HSM"
    if hsms[0].state != "ACTIVE":
        return hsms[0].state
    whole = all(
        (
            cluster.csr,
            cluster.hsm_certificate,
            cluster.aws_hardware_certificate,
            cluster.manufacturer_hardware_certificate,
        )
    )
    return _WITH_CSR if whole else _WITHOUT_CSR


def _message(cluster: Cluster) -> str:
    return next((hsm.message for hsm in cluster.live_hsms if hsm.message), cluster.message)


def _verdict(props: Props, identity: HsmIdentity, now: datetime) -> Verdict:
    mode = Verification(props["verification"])
    if mode is Verification.OFF:
        return Verdict(f"NOT verified: switched off ({props['reason']})", complete=False)
    return verify(
        identity,
        _roots(props["aws_roots"], props["aws_pins"], "AWS root"),
        _roots(props["manufacturer_roots"], props["manufacturer_pins"], "manufacturer root"),
        mode,
        now,
    )


def _roots(pems: Sequence[str], pins: Sequence[str], what: str) -> list[TrustedRoot]:
    return [
        TrustedRoot.pinned(pem, pin, f"{what} {number}")
        for number, (pem, pin) in enumerate(zip(pems, pins, strict=True), start=1)
    ]


class ClusterIdentity(Resource, module="cloudhsm", name="ClusterIdentity"):
    """CSR and certificates of a cluster's first HSM, and the verdict on them.

    The PEM outputs are marked secret only so that no diff shows them as walls of text; their
    fingerprints are plain.
    """

    csr: pulumi.Output[str]
    """PEM; the cluster certificate has to be signed for it."""
    hsm_certificate: pulumi.Output[str]
    """PEM, made by the HSM hardware."""
    aws_hardware_certificate: pulumi.Output[str]
    """PEM: AWS vouches for the hardware."""
    manufacturer_hardware_certificate: pulumi.Output[str]
    """PEM: the manufacturer vouches for the hardware."""
    csr_sha256: pulumi.Output[str]
    """Fingerprint of the CSR."""
    hsm_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the HSM certificate."""
    captured_hsm_id: pulumi.Output[str]
    """The HSM whose CSR this is."""
    captured_at: pulumi.Output[str]
    """ISO 8601, UTC."""
    verdict: pulumi.Output[str]
    """What was proven and what was not, in one line."""
    verified: pulumi.Output[bool]
    """Both chains were verified."""
    warnings: pulumi.Output[list[str]]
    """Expired roots."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the capture.

        Args:
            name: logical name.
            props: `cluster_id`, `hsm_id`, `region`, `usual_seconds`, `deadline_seconds`,
                `verification`, `reason`, and the pinned roots as `aws_roots` / `aws_pins` and
                `manufacturer_roots` / `manufacturer_pins` (PEMs and their SHA-256, pairwise).
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(
            (
                *_PEMS,
                "csr_sha256",
                "hsm_certificate_sha256",
                "captured_hsm_id",
                "captured_at",
                "verdict",
                "verified",
                "warnings",
            )
        )
        secret = pulumi.ResourceOptions(additional_secret_outputs=list(_PEMS))
        super().__init__(
            ClusterIdentityProvider(),
            name,
            {**kept, **props},
            pulumi.ResourceOptions.merge(opts, secret),
        )
