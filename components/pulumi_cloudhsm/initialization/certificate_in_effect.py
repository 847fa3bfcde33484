"""Which certificate a cluster was initialized with, and whether our trust anchor signed it.

An interrupted run may still be at work. It signs a certificate of its own and may initialize the
cluster first. What our CA signed is ours, whichever run it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..aws.cloudhsmv2 import Cluster
from ..dynamic_provider import log_line
from ..errors import CertificateError
from ..trust.anchor import CertificatePair, check_original
from ..x509.reading import fingerprint, issued_by, load_certificate


@dataclass(frozen=True)
class InEffect:
    """The certificate of an initialized cluster."""

    pem: str
    """The cluster certificate."""
    pair: CertificatePair
    """What it and its CA certificate are."""
    confirmed: bool
    """Whether AWS shows it."""


def certificate_in_effect(
    cluster: Cluster, offered: str, ca_certificate: str, pair: CertificatePair
) -> InEffect:
    """Compares the certificate that AWS shows with the one that this run has signed.

    AWS never shows the trust anchor. It shows the cluster certificate for certain only once the
    cluster is ACTIVE. Until it does, there is nothing to compare and nothing that contradicts.

    Args:
        cluster: an initialized cluster.
        offered: PEM of the certificate of this run.
        ca_certificate: PEM of the CA that signed it.
        pair: what these two are.

    Raises:
        CertificateError: another CA has signed the one that AWS shows.
    """
    shown = cluster.cluster_certificate
    if not shown:
        log_line(
            f"{cluster.cluster_id}: AWS shows no cluster certificate yet; `pulumi refresh` "
            "compares it once the cluster is ACTIVE"
        )
        return InEffect(offered, pair, False)
    live = fingerprint(load_certificate(shown, "ClusterCertificate"))
    if live == pair.cluster_certificate_sha256:
        return InEffect(offered, pair, True)
    if not is_ours(cluster, ca_certificate):
        raise CertificateError(
            f"{cluster.cluster_id} was initialized by somebody else: its cluster certificate is "
            f"{live}, ours is {pair.cluster_certificate_sha256}, and another CA signed it; a trust "
            "anchor can never be changed, so this stack needs a new cluster"
        )
    log_line(
        f"{cluster.cluster_id}: an earlier run of this stack has initialized it with another "
        f"certificate of the same CA, {live}: adopted"
    )
    return InEffect(shown, check_original(shown, ca_certificate), True)


def is_ours(cluster: Cluster, ca_certificate: str) -> bool:
    """Whether our trust anchor signed the certificate that AWS shows of a cluster.

    Args:
        cluster: one that shows its certificate.
        ca_certificate: PEM of the trust anchor.
    """
    live = load_certificate(cluster.cluster_certificate, "ClusterCertificate")
    return issued_by(live, load_certificate(ca_certificate, "the CA certificate"))
