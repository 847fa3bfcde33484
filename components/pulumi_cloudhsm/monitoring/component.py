"""What an operator is told of a deployment before its users are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..common import recovery_of, visible_inputs
from ..facts import HasClusterFacts
from ..recovery.part import Part
from ..scheduling.arns import REGION, part_of
from . import alarms, audit_log, changes, dashboard
from .alarm_resources import AlarmResources
from .args import MonitoringArgs
from .canary_component import KeyCanary
from .expiry_component import CertificateReminders
from .topic_resources import create_topic

if TYPE_CHECKING:
    from ..backups.component import BackupCopies
    from ..file_system.component import FileSystem
    from ..hsms.component import AdditionalHsms
    from ..key_store.component import KeyStore


_MAX_PREFIX = 37
"""EventBridge takes names of 64 characters: a hyphen, eight of the id, and the longest section."""


class Monitoring(Part):
    """Alarms, a canary of the key, reminders, rules for changes, and a dashboard of them all."""

    topic_arn: pulumi.Output[str]
    """The SNS topic that everything is told to."""
    dashboard_name: pulumi.Output[str]
    """Name of the CloudWatch dashboard."""
    dead_letter_queue: pulumi.Output[str]
    """URL of the queue with the canary's failures; empty without a canary."""

    def __init__(
        self,
        name: str,
        args: MonitoringArgs | None = None,
        *,
        cluster: HasClusterFacts,
        hsms: AdditionalHsms | None = None,
        key_store: KeyStore | None = None,
        file_system: FileSystem | None = None,
        backup_copies: BackupCopies | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares what watches the parts that are given.

        Args:
            name: logical name, at most 47 characters.
            args: who is told, and the limits.
            cluster: the cluster, or its facts.
            hsms: its HSMs; their audit log is watched once they are active.
            key_store: gives the key that the canary uses.
            file_system: its storage is watched.
            backup_copies: their schedule is watched.
            opts: Pulumi's options.

        Raises:
            InputError: names the field, the value and the fix.
        """
        args = args or MonitoringArgs()
        args.check()
        # It holds nothing: it may go and come back, whatever else is protected.
        free = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=False))
        super().__init__("cloudhsm:index:Monitoring", name, visible_inputs(args), free)
        self._name, self._args, self._facts = name, args, cluster.facts.within(self)
        self._common, self._child = self._facts.common, pulumi.ResourceOptions(parent=self)
        self._recovery = recovery_of(self, self._common)
        self._create_topic()
        self._watch_hsms(hsms)
        self._watch_audit_log(hsms)
        self._watch_key(key_store)
        self._watch_file_system(file_system)
        if backup_copies is not None and backup_copies.schedule is not None:
            self._alarms.declare(alarms.of_copies(backup_copies.schedule.state_machine_arn))
        self._watch_changes(key_store)
        self._remind_of_certificates()
        self._create_dashboard()
        outputs = ("topic_arn", "dashboard_name", "dead_letter_queue")
        self.register_outputs({one: getattr(self, one) for one in outputs})

    def _create_topic(self) -> None:
        name, recovery, common = self._name, self._recovery, self._common
        topic_arn, self._first = create_topic(self, name, self._args, recovery, common)
        self.topic_arn = pulumi.Output.from_input(topic_arn)
        self._alarms = AlarmResources(self, name, recovery, common, topic_arn)

    def _watch_hsms(self, hsms: AdditionalHsms | None) -> None:
        cluster_id, keys = self._facts.cluster_id, self._args.max_keys
        limit = alarms.max_keys(self._facts.hsm_type) if keys is None else keys
        self._alarms.declare(*alarms.of_cluster(cluster_id, limit))
        if hsms is None or hsms.all_active is None:
            return
        first = self._facts.hsms
        # Of another stack's cluster, the first HSM may not be known.
        unknown = 1 if isinstance(first, Sequence) and not first else 0
        for number in range(hsms.number - unknown):
            hsm_id = hsms.hsms.apply(lambda known, at=number: known[at]["id"])
            self._alarms.declare(alarms.of_hsm(cluster_id, hsm_id, number + 1 + unknown))

    def _watch_audit_log(self, hsms: AdditionalHsms | None) -> None:
        """AWS makes the log group, at the latest when the cluster is ACTIVE."""
        if hsms is not None and hsms.all_active is None:
            return
        cluster_id = self._facts.cluster_id
        namespace = audit_log.namespace(cluster_id)
        after = [hsms.all_active] if hsms and hsms.all_active else []
        for metric, pattern in audit_log.PATTERNS.items():
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{metric}",
                name=pulumi.Output.concat(self._recovery.unique(self._name), "-", metric),
                log_group_name=audit_log.log_group(cluster_id),
                pattern=pattern,
                metric_transformation={"name": metric, "namespace": namespace, "value": "1"},
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )
        self._alarms.declare(*alarms.of_audit_log(namespace, self._args.backup_hours))

    def _watch_key(self, key_store: KeyStore | None) -> None:
        self.dead_letter_queue = pulumi.Output.from_input("")
        minutes = self._args.canary_minutes
        if key_store is None or not minutes:
            return
        canary = KeyCanary(
            f"{self._name}-canary", key_store.key_arn, minutes, self._common, self._child
        )
        self.dead_letter_queue = canary.queue_url
        self._alarms.declare(*canary.alarms)

    def _watch_file_system(self, file_system: FileSystem | None) -> None:
        if file_system is None:
            return
        system, percent = file_system.file_system_id, self._args.storage_percent
        self._alarms.declare(alarms.of_file_system(system, percent))
        for name in file_system.volume_names:
            volume = file_system.volume_ids.apply(lambda ids, of=name: ids[of])
            self._alarms.declare(alarms.of_volume(system, volume, name, percent))

    def _watch_changes(self, key_store: KeyStore | None) -> None:
        cluster_id = self._facts.cluster_id
        watched = changes.of_cluster(cluster_id, audit_log.log_group(cluster_id))
        if key_store is not None:
            watched += changes.of_key(key_store.key_store_id, key_store.key_arn)
        prefix = self._recovery.unique(self._name[:_MAX_PREFIX])
        for change in watched:
            name = f"{self._name}-{change.about}"
            rule = aws.cloudwatch.EventRule(
                name,
                name=pulumi.Output.concat(prefix, "-", change.about),
                description=f"CloudHSM: {change.what}",
                event_pattern=change.pattern,
                tags=self._recovery.tags(name, self._common.tags),
                opts=self._child,
            )
            aws.cloudwatch.EventTarget(
                f"{name}-topic",
                rule=rule.name,
                target_id="topic",
                arn=self.topic_arn,
                input_transformer=aws.cloudwatch.EventTargetInputTransformerArgs(
                    input_paths=changes.INPUT_PATHS, input_template=change.message(alarms.PAGE)
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=self._first),
            )

    def _remind_of_certificates(self) -> None:
        ends = {
            "trust-anchor-ends": self._facts.ca_expires,
            "cluster-certificate-ends": self._facts.cluster_certificate_expires,
        }
        known = {about: end for about, end in ends.items() if end is not None}
        if known:
            name = f"{self._name}-expiry"
            CertificateReminders(name, known, self.topic_arn, self._common, self._child)

    def _create_dashboard(self) -> None:
        shown = dashboard.graphs(self._alarms.declared)
        region = self.topic_arn.apply(lambda arn: part_of(arn, REGION))
        body = pulumi.Output.all(
            pulumi.Output.all(*self._alarms.arns), region, dashboard.known_of(shown)
        ).apply(lambda known: _body(shown, *known))
        made = aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard",
            dashboard_name=self._recovery.unique(self._name),
            dashboard_body=body,
            opts=self._child,
        )
        self.dashboard_name = made.dashboard_name


def _body(
    shown: Sequence[dashboard.Graph], arns: Sequence[str], region: str, known: Sequence[object]
) -> str:
    return json.dumps(dashboard.body(shown, arns, region, known))
