"""The identity of a cluster's first HSM: captured once, verified, and kept permanently.

AWS shows CSR and certificates only between the first HSM's ACTIVE and InitializeCluster, so this
resource keeps them in its own outputs. A second `up` and a refresh never ask AWS for them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.cloudhsmv2 import CHANGING
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    Record,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import one_line
from ..x509.reading import csr_fingerprint, fingerprint, iso, load_certificate, load_csr
from .chains import HsmIdentity, TrustedRoot, Verdict, Verification, verify
from .csr import wait_for_csr

_PEMS = ("csr", "hsm_certificate", "aws_hardware_certificate", "manufacturer_hardware_certificate")


@dataclass(frozen=True, kw_only=True)
class ClusterIdentityInputs(AwsInputs):
    """Whose identity, and the roots that it is verified against."""

    cluster_id: str
    """`cluster-…`; another one replaces the resource."""
    hsm_id: str
    """The first HSM; before the initialization, another one is captured anew."""
    verification: str
    """`standard`, `full` or `off`; a change verifies the capture again."""
    off_reason: str | None
    """Why it is `off`."""
    aws_roots: Sequence[str]
    """PEMs of the roots that vouch for AWS."""
    aws_pins: Sequence[str]
    """Their SHA-256 fingerprints, in the same order."""
    manufacturer_roots: Sequence[str]
    """PEMs of the roots that vouch for the HSM's manufacturer."""
    manufacturer_pins: Sequence[str]
    """Their SHA-256 fingerprints, in the same order."""


@dataclass(frozen=True, kw_only=True)
class Capture(Record):
    """What AWS showed once."""

    csr: str
    hsm_certificate: str
    aws_hardware_certificate: str
    manufacturer_hardware_certificate: str
    captured_hsm_id: str
    captured_at: str


@dataclass(frozen=True, kw_only=True)
class ClusterIdentityOutputs(Capture, ResourceOutputs):
    """The capture, and what was proven with it."""

    csr_sha256: str
    hsm_certificate_sha256: str
    verdict: str
    verified: bool
    warnings: Sequence[str]


class ClusterIdentityProvider(CloudHsmProvider):
    """Captures and verifies; the only thing it changes is its own outputs."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits for the first HSM and its CSR, reads all four in one call, verifies them.

        Raises:
            StateError: the HSM or cluster is in a state that gives no CSR.
            DeadlineError: it takes too long; a later `up` goes on.
            IdentityError, CertificateError: the HSM could not prove what it is.
        """
        inputs = ClusterIdentityInputs.read(props)
        outs = state(inputs, self._verified(inputs, self._capture(inputs)))
        return CreateResult(id_=f"{inputs.cluster_id}/identity", outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """A new cluster is a new identity; a replaced HSM or other roots are an update."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(
            olds, news, "hsm_id", "verification", "off_reason", "aws_pins", "manufacturer_pins"
        )
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Captures anew while AWS still shows a CSR and the HSM was replaced; verifies anew."""
        inputs, captured = ClusterIdentityInputs.read(news), Capture.read(olds)
        if olds["hsm_id"] != inputs.hsm_id:
            cluster = self.cloudhsm(inputs.access).cluster(inputs.cluster_id)
            told = cluster is not None and cluster.state not in CHANGING
            if cluster is not None and told and not cluster.is_past_its_csr:
                captured = self._capture(inputs)
        return UpdateResult(outs=state(inputs, self._verified(inputs, captured)))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was captured: AWS shows it no more, and that is no drift.

        A lost cluster that comes back from its backup is the one whose identity this is.
        """
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the capture; there is nothing at AWS to delete."""

    def _capture(self, inputs: ClusterIdentityInputs) -> Capture:
        api = self.cloudhsm(inputs.access)
        cluster = wait_for_csr(self.waiter(), api, inputs.cluster_id, inputs.timing)
        return Capture(
            csr=cluster.csr,
            hsm_certificate=cluster.hsm_certificate,
            aws_hardware_certificate=cluster.aws_hardware_certificate,
            manufacturer_hardware_certificate=cluster.manufacturer_hardware_certificate,
            captured_hsm_id=cluster.live_hsms[0].hsm_id,
            captured_at=iso(self.now()),
        )

    def _verified(self, inputs: ClusterIdentityInputs, captured: Capture) -> ClusterIdentityOutputs:
        identity = HsmIdentity(**{name: getattr(captured, name) for name in _PEMS})
        verdict = _verdict(inputs, identity, self.now())
        log_line(f"HSM identity of {inputs.cluster_id}: {verdict.summary}")
        for warning in verdict.warnings:
            log_line(f"HSM identity of {inputs.cluster_id}: warning: {warning}")
        return ClusterIdentityOutputs(
            **captured.props(),
            csr_sha256=csr_fingerprint(load_csr(identity.csr, "ClusterCsr")),
            hsm_certificate_sha256=fingerprint(
                load_certificate(identity.hsm_certificate, "HsmCertificate")
            ),
            verdict=verdict.summary,
            verified=verdict.complete,
            warnings=list(verdict.warnings),
        )


def _verdict(inputs: ClusterIdentityInputs, identity: HsmIdentity, now: datetime) -> Verdict:
    mode = Verification(inputs.verification)
    if mode is Verification.OFF:
        return Verdict(f"NOT verified: switched off ({inputs.off_reason})", complete=False)
    return verify(
        identity,
        _roots(inputs.aws_roots, inputs.aws_pins, "AWS root"),
        _roots(inputs.manufacturer_roots, inputs.manufacturer_pins, "manufacturer root"),
        mode,
        now,
    )


def _roots(pems: Sequence[str], pins: Sequence[str], what: str) -> list[TrustedRoot]:
    return [
        TrustedRoot.pinned(pem, pin, f"{what} {number}")
        for number, (pem, pin) in enumerate(zip(pems, pins, strict=True), start=1)
    ]


class ClusterIdentity(DynamicResource, module="cloudhsm", name="ClusterIdentity"):
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
        self, name: str, inputs: ClusterIdentityInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the capture.

        Args:
            name: logical name.
            inputs: whose identity, and the roots.
            opts: Pulumi's options.
        """
        super().__init__(
            ClusterIdentityProvider(),
            name,
            inputs,
            ClusterIdentityOutputs,
            opts,
            secret_outputs=_PEMS,
        )
