"""A cluster that AWS made from a backup: whose trust anchor it has, checked before an HSM is paid.

It is ACTIVE at once and has neither CSR nor HSM; users, keys and certificates are the backed-up
cluster's. Source: user guide, creating clusters from backups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown

from ..aws import ec2
from ..aws.cloudhsmv2 import DELETING_OR_DELETED, CloudHsm, Cluster
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    read_active,
    state,
)
from ..errors import CertificateError, CloudHsmError, StateError, one_line
from ..trust.anchor import check_original
from ..waiting.waiter import Goal, Observation
from ..x509.reading import fingerprint, load_certificate
from .source_backup import FIELD, check_source, why_no_backup_id

_WHOLE = "ACTIVE with its certificate"
_CA = "the original CA certificate"
LOST = "LOST"
"""State of a restored cluster that AWS has no more."""


@dataclass(frozen=True, kw_only=True)
class ClusterRestorationInputs(AwsInputs):
    """What the cluster was restored from."""

    cluster_id: str
    """`cluster-…`; another one takes the place of a lost one. No other change has an effect."""
    backup_id: str
    """Id or ARN of the backup."""
    ca_certificate: str
    """PEM of the backed-up cluster's `customerCA.crt`."""
    cluster_certificate: str | None = None
    """PEM of the certificate that the cluster has to come back with; None where it is not known."""


@dataclass(frozen=True, kw_only=True)
class ClusterRestorationOutputs(ResourceOutputs):
    """What AWS made of it."""

    state: str
    cluster_certificate: str
    cluster_certificate_sha256: str
    ca_certificate_sha256: str
    cluster_certificate_expires: str
    ca_certificate_expires: str
    takes_place_of: Sequence[str] = ()
    """The lost clusters in whose place it is, the first one first."""


class ClusterRestorationProvider(CloudHsmProvider):
    """Waits for a restored cluster and checks its trust anchor; changes nothing at AWS."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses a malformed id and a text that is no certificate, as soon as they are known.

        Only before the restoration: afterwards others change nothing.
        """
        failures: list[CheckFailure] = []
        backup_id, ca = news.get("backup_id"), news.get("ca_certificate")
        if not olds and isinstance(backup_id, str) and (problem := why_no_backup_id(backup_id)):
            failures.append(CheckFailure("backup_id", problem))
        if not olds and isinstance(ca, str):
            try:
                load_certificate(ca, _CA)
            except CertificateError as error:
                failures.append(CheckFailure("ca_certificate", str(error)))
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits until the cluster is ACTIVE, and compares its certificate with the given CA.

        Raises:
            CertificateError: the given CA is not the cluster's, or the cluster is another one.
            StateError: the cluster is gone, broken, or made from something else.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        inputs = ClusterRestorationInputs.read(props)
        backup = self.cloudhsm(inputs.access).backup(inputs.backup_id.rpartition("/")[2])
        lost = [backup.cluster_id] if backup and backup.cluster_id else []
        outs = state(inputs, self._checked(inputs, inputs.cluster_certificate, lost))
        return CreateResult(id_=f"{inputs.cluster_id}/restoration", outs=outs)

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Checks a cluster that takes the place of a lost one: it has the same certificate.

        Raises:
            CertificateError, StateError, DeadlineError: as for `create`.
        """
        inputs = ClusterRestorationInputs.read(news)
        lost = [*(olds.get("takes_place_of") or ()), olds["cluster_id"]]
        outs = state(inputs, self._checked(inputs, olds["cluster_certificate"], lost))
        return UpdateResult(outs=outs)

    def _checked(
        self, inputs: ClusterRestorationInputs, before: str | None, lost: Sequence[str]
    ) -> ClusterRestorationOutputs:
        api, cluster_id = self.cloudhsm(inputs.access), inputs.cluster_id
        goal = Goal(
            f"cluster {cluster_id}, restored from {inputs.backup_id},",
            _WHOLE,
            (_WHOLE,),
            ("DEGRADED",),
            "waits.hsm.deadline_seconds",
        )
        waited = self.waiter().wait(goal, inputs.timing, lambda: _look(api, cluster_id))
        cluster = waited.observation.value
        if cluster.source_backup_id:
            made_from = cluster.source_backup_id.rpartition("/")[2]
            check_source(cluster_id, made_from, inputs.backup_id)
        pair = check_original(cluster.cluster_certificate, inputs.ca_certificate)
        if before:
            _check_same(cluster, before)
        log_line(
            f"{cluster_id} was restored from {inputs.backup_id} under the CA "
            f"{pair.ca_certificate_sha256}: it needs no initialization and no activation"
        )
        return ClusterRestorationOutputs(
            **vars(pair),
            cluster_certificate=cluster.cluster_certificate,
            state="ACTIVE",
            takes_place_of=lost,
        )

    @one_line
    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another cluster is a change: this one keeps its trust anchor whatever happens."""
        changed = differs(olds, news, "cluster_id")
        ca = news.get("ca_certificate")
        if not changed and ca and not isinstance(ca, Unknown):
            wanted = fingerprint(load_certificate(ca, _CA))
            if wanted != olds["ca_certificate_sha256"]:
                log_line(
                    f"warning: {_CA} is now {wanted}, and was {olds['ca_certificate_sha256']}, "
                    f"which {olds['cluster_id']} keeps: set it back"
                )
        return DiffResult(changes=bool(changed))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a cluster that fell; what is done with an active one is no drift.

        Of a lost cluster it stays, since the next one is compared with it.
        """
        access = ClusterRestorationInputs.read(props).access
        found = read_active(self.cloudhsm(access), id_, props)
        return found if found.id else ReadResult(id_, {**props, "state": LOST})

    @one_line
    def delete(self, _id: str, props: Props) -> None:
        """Deletes what AWS has left of the lost clusters: a security group would keep the VPC."""
        inputs = ClusterRestorationInputs.read(props)
        api = self.cloudhsm(inputs.access)
        cluster = api.cluster(inputs.cluster_id)
        for lost in props.get("takes_place_of") or ():
            found = api.cluster(lost)
            gone = found is None or found.state in DELETING_OR_DELETED
            if cluster is None or not gone:
                continue
            try:
                group = ec2.delete_group_of_cluster(inputs.access, lost, cluster.vpc_id)
            except CloudHsmError as error:
                # Who needs the VPC gone is told by EC2; nothing else is kept by it.
                log_line(f"the security group of {lost} stays: {error}")
                continue
            if group:
                log_line(f"the security group {group} of {lost}, which was lost, is deleted")


def _check_same(cluster: Cluster, before: str) -> None:
    certificates = (cluster.cluster_certificate, before)
    now, then = (fingerprint(load_certificate(one, "a certificate")) for one in certificates)
    if now != then:
        raise CertificateError(
            f"{cluster.cluster_id} has the cluster certificate {now}, and the lost cluster had "
            f"{then}: it is another cluster's backup; name one of the lost cluster in {FIELD}"
        )


def _look(api: CloudHsm, cluster_id: str) -> Observation[Cluster]:
    cluster = api.cluster(cluster_id)
    if cluster is None or cluster.state in DELETING_OR_DELETED:
        raise StateError(f"{cluster_id} is lost: run `pulumi up --refresh`, which makes another")
    if cluster.was_activated:
        whole = bool(cluster.cluster_certificate)
        return Observation(_WHOLE if whole else "ACTIVE without certificate", cluster)
    return Observation(cluster.state, cluster, cluster.message)


class ClusterRestoration(DynamicResource, module="cloudhsm", name="ClusterRestoration"):
    """That a cluster came from a backup, and under which trust anchor it is."""

    state: pulumi.Output[str]
    """ACTIVE; another one if a refresh found that the cluster fell, or LOST."""
    ca_certificate: pulumi.Output[str]
    """The CA certificate that the cluster is under, whatever the inputs say now."""
    cluster_certificate: pulumi.Output[str]
    """The cluster certificate, as AWS shows it; secret only to keep it out of diffs."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate."""
    ca_certificate_expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""
    takes_place_of: pulumi.Output[list[str]]
    """The lost clusters in whose place it is, the first one first."""

    def __init__(
        self,
        name: str,
        inputs: ClusterRestorationInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the check.

        Args:
            name: logical name.
            inputs: what the cluster was restored from.
            opts: Pulumi's options.
        """
        super().__init__(
            ClusterRestorationProvider(),
            name,
            inputs,
            ClusterRestorationOutputs,
            opts,
            secret_outputs=["cluster_certificate"],
        )
