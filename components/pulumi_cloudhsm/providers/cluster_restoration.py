"""A cluster that AWS made from a backup: whose trust anchor it has, checked before an HSM is paid.

It is ACTIVE at once and has neither CSR nor HSM; users, keys and certificates are the backed-up
cluster's. Source: user guide, creating clusters from backups.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource
from pulumi.output import Unknown

from ..aws.cloudhsmv2 import ACTIVE_OR_LATER, CloudHsm, Cluster
from ..certificates import fingerprint, load_certificate
from ..trust_anchor import check_original
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, differs, one_line, pace, say
from .existing_cluster import existing, read_active

_WHOLE = "ACTIVE with its certificate"


class ClusterRestorationProvider(CloudHsmProvider):
    """Waits for a restored cluster and checks its trust anchor; changes nothing at AWS."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits until the cluster is ACTIVE, and compares its certificate with the given CA.

        Raises:
            CertificateError: the given CA is not the cluster's.
            StateError: the cluster is gone, broken, or made from something else.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        api, cluster_id = self.cloudhsm(props), props["cluster_id"]
        goal = Goal(
            f"cluster {cluster_id}, restored from {props['source_backup_id']},",
            _WHOLE,
            (_WHOLE,),
            ("DEGRADED",),
            "hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)",
        )
        cluster = self.waiter().wait(goal, pace(props), lambda: _look(api, cluster_id))
        certificate = cluster.observation.value.cluster_certificate
        pair = check_original(certificate, props["trust_anchor"])
        say(
            f"{cluster_id} was restored from {props['source_backup_id']} under the CA "
            f"{pair.trust_anchor_sha256}: it needs no initialization and no activation"
        )
        outs = {
            **{key: value for key, value in props.items() if key != "__provider"},
            **vars(pair),
            "cluster_certificate": certificate,
            "state": "ACTIVE",
        }
        return CreateResult(id_=f"{cluster_id}/restoration", outs=outs)

    @one_line
    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: this one keeps its trust anchor whatever happens."""
        replaces = differs(olds, news, "cluster_id")
        anchor = news.get("trust_anchor")
        if not replaces and anchor and not isinstance(anchor, Unknown):
            wanted = fingerprint(load_certificate(anchor, "the original CA certificate"))
            if wanted != olds["trust_anchor_sha256"]:
                say(
                    f"warning: the original CA certificate is now {wanted}, and was "
                    f"{olds['trust_anchor_sha256']}, which is what {olds['cluster_id']} keeps for "
                    "ever: set it back"
                )
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell; what is done with an active one is no drift."""
        return read_active(self.cloudhsm(props), id_, props)

    def delete(self, _id: str, _props: Props) -> None:
        """There is nothing at AWS to delete."""


def _look(api: CloudHsm, cluster_id: str) -> Observation[Cluster]:
    cluster = existing(api, cluster_id)
    if cluster.state in ACTIVE_OR_LATER:
        whole = bool(cluster.cluster_certificate)
        return Observation(_WHOLE if whole else "ACTIVE without certificate", cluster)
    return Observation(cluster.state, cluster, cluster.message)


class ClusterRestoration(Resource, module="cloudhsm", name="ClusterRestoration"):
    """That a cluster came from a backup, and under which trust anchor it is."""

    state: pulumi.Output[str]
    """ACTIVE; another one if a refresh found that the cluster fell."""
    trust_anchor: pulumi.Output[str]
    """The CA certificate that the cluster is under, whatever the inputs say now."""
    cluster_certificate: pulumi.Output[str]
    """The cluster certificate, as AWS shows it; secret only to keep it out of diffs."""
    trust_anchor_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate."""
    trust_anchor_expires: pulumi.Output[str]
    """ISO 8601, UTC."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """ISO 8601, UTC."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the check.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `source_backup_id`, `trust_anchor` (PEM, secret only to
                keep it out of diffs), `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(
            (
                "state",
                "cluster_certificate",
                "trust_anchor_sha256",
                "trust_anchor_expires",
                "cluster_certificate_sha256",
                "cluster_certificate_expires",
            )
        )
        secret = pulumi.ResourceOptions(additional_secret_outputs=["cluster_certificate"])
        super().__init__(
            ClusterRestorationProvider(),
            name,
            {**kept, **props},
            pulumi.ResourceOptions.merge(opts, secret),
        )
