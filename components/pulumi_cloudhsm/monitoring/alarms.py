"""Every alarm as a plain record: which metric, which limit, what it means.

Metrics: CloudHSM user guide, "Getting CloudWatch metrics for AWS CloudHSM". Limits of AWS's own
alarms: AWS Prescriptive Guidance, "Monitoring AWS CloudHSM". Quotas: CloudHSM user guide, "Quotas".
CloudHSM publishes no metric of clusters, backups or certificates, and KMS none of a key store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

PAGE = "docs/reference/alarms.md"
"""The page with a section for each alarm, whose heading is the alarm's `about`."""
FIVE_MINUTES, HOUR = 300, 3600
_CLOUDHSM, _SCHEDULER, _FSX = "AWS/CloudHSM", "AWS/Scheduler", "AWS/FSx"
_STATES = "AWS/States"
_MAX_SESSIONS = 1800
"""AWS's own limit, of the 2,048 sessions that an HSM takes."""
_MIN_USERS = 15
"""AWS's own limit. Its page prints "greater than", and means the free places that are left."""
_MAX_KEYS = {"hsm1.medium": 2500, "hsm2m.medium": 12500}
"""About three quarters of the keys that an HSM holds: 3,300 and 16,666."""
_FAILED_LOGINS = 2
"""AWS's own limit. KMS is locked out after five, see the KMS developer guide."""

OVER = "GreaterThanOrEqualToThreshold"
UNDER = "LessThanThreshold"
UP_TO = "LessThanOrEqualToThreshold"


@dataclass(frozen=True)
class Metric:
    """One metric, as CloudWatch knows it.

    Attributes:
        namespace: whose it is.
        name: its name.
        dimensions: what of.
        statistic: how the values of a period become one.
        period: seconds.
    """

    namespace: pulumi.Input[str]
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    period: int = FIVE_MINUTES


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes:
        about: its section of the page; several alarms of one section have names of their own.
        what: what it means, in one sentence.
        metrics: what it looks at; of several it is the sum.
        limit: the value from which on it goes off.
        comparison: OVER, UNDER or UP_TO.
        periods: how many periods it looks at.
        enough: how many of them have to be beyond the limit.
        silence_is_bad: whether a period without any value counts as beyond the limit.
        part: which of several of one section.
    """

    about: str
    what: str
    metrics: tuple[Metric, ...]
    limit: float
    comparison: str = OVER
    periods: int = 1
    enough: int = 1
    silence_is_bad: bool = False
    part: str = ""

    @property
    def name(self) -> str:
        """What follows the component's name."""
        return f"{self.about}-{self.part}" if self.part else self.about

    @property
    def description(self) -> str:
        """What AWS sends along: what it means, and where to read on."""
        return f"{self.what} What to do: {PAGE}#{self.about}"


def max_keys(hsm_type: str) -> int:
    """The limit for the keys on an HSM of that type; of an unknown type the lowest."""
    return _MAX_KEYS.get(hsm_type, min(_MAX_KEYS.values()))


def of_cluster(cluster_id: pulumi.Input[str], keys: int) -> list[Alarm]:
    """The alarms of a cluster as a whole. AWS replaces HSMs, so these name none.

    Args:
        cluster_id: the cluster.
        keys: how many keys an HSM may hold.
    """

    def metric(name: str, statistic: str = "Maximum") -> Metric:
        return Metric(_CLOUDHSM, name, {"ClusterId": cluster_id}, statistic)

    occupied = (metric("HsmKeysSessionOccupied"), metric("HsmKeysTokenOccupied"))
    return [
        Alarm(
            "hsm-unhealthy",
            "An HSM does not work as it should, and AWS replaces it.",
            (metric("HsmUnhealthy"),),
            1,
        ),
        Alarm(
            "hsm-sessions",
            "An HSM is running out of sessions: it takes 2,048.",
            (metric("HsmSessionCount"),),
            _MAX_SESSIONS,
        ),
        Alarm("hsm-keys", "An HSM is running out of room for keys.", occupied, keys),
        Alarm(
            "hsm-users",
            "An HSM is running out of room for users.",
            (metric("HsmUsersAvailable", "Minimum"),),
            _MIN_USERS,
            UP_TO,
        ),
    ]


def of_hsm(cluster_id: pulumi.Input[str], hsm_id: pulumi.Input[str], number: int) -> Alarm:
    """An HSM that publishes nothing is gone, or was replaced: fewer are there than wanted.

    Args:
        cluster_id: the cluster.
        hsm_id: the HSM, as the state knows it.
        number: the first one is 1.
    """
    dimensions = {"ClusterId": cluster_id, "HsmId": hsm_id}
    return Alarm(
        "hsm-missing",
        "An HSM that the stack wants publishes nothing: it is gone, or AWS has replaced it.",
        (Metric(_CLOUDHSM, "HsmUsersAvailable", dimensions, "SampleCount"),),
        1,
        UNDER,
        periods=3,
        enough=3,
        silence_is_bad=True,
        part=str(number),
    )


def of_canary(group: pulumi.Input[str], minutes: int) -> list[Alarm]:
    """The alarms of the canary. Source of the metrics: EventBridge Scheduler user guide.

    Args:
        group: the schedule group that only the canary is in.
        minutes: how often it runs.
    """

    def metric(name: str) -> Metric:
        return Metric(_SCHEDULER, name, {"ScheduleGroup": group}, "Sum", minutes * 60)

    return [
        Alarm(
            "key-unusable",
            "KMS cannot use the key: whatever it encrypts fails, or soon will.",
            (metric("TargetErrorCount"),),
            1,
            periods=3,
            enough=2,
        ),
        Alarm(
            "canary-silent",
            "The canary does not run, so nothing tells whether the key can be used.",
            (metric("InvocationAttemptCount"),),
            1,
            UNDER,
            periods=3,
            enough=3,
            silence_is_bad=True,
        ),
    ]


def of_audit_log(namespace: pulumi.Input[str], backup_hours: int | None) -> list[Alarm]:
    """The alarms on the metrics that the audit log's filters make.

    Args:
        namespace: of these metrics.
        backup_hours: how long there may be no backup; None: no alarm.
    """

    def metric(name: str, period: int = FIVE_MINUTES) -> tuple[Metric, ...]:
        return (Metric(namespace, name, {}, "Sum", period),)

    found = [
        Alarm(
            "failed-logins",
            "Logins to an HSM fail: a wrong password, or a user that there is not.",
            metric("FailedLogins"),
            _FAILED_LOGINS,
        ),
        Alarm(
            "user-changes",
            "A user of the HSMs was made or deleted, or the quorum was changed.",
            metric("UserChanges"),
            1,
        ),
        Alarm(
            "password-changes",
            "A password of a user of the HSMs was changed.",
            metric("PasswordChanges"),
            1,
        ),
        Alarm("key-deletions", "A key was deleted on the HSMs.", metric("KeyDeletions"), 1),
    ]
    if backup_hours is None:
        return found
    no_backup = Alarm(
        "no-backup",
        f"The audit log shows no backup of the cluster for {backup_hours} hours.",
        metric("Backups", HOUR),
        1,
        UNDER,
        periods=backup_hours,
        enough=backup_hours,
        silence_is_bad=True,
    )
    return [*found, no_backup]


def of_copies(state_machine_arn: pulumi.Input[str]) -> Alarm:
    """The workflow that copies backups.

    Source of the metrics: Step Functions developer guide, "Monitoring Step Functions metrics".
    """
    dimensions = {"StateMachineArn": state_machine_arn}
    return Alarm(
        "backup-not-copied",
        "AWS has not begun to copy the newest backup to another Region.",
        tuple(
            Metric(_STATES, name, dimensions, "Sum")
            for name in ("ExecutionsFailed", "ExecutionsTimedOut")
        ),
        1,
    )


def of_file_system(file_system_id: pulumi.Input[str], percent: int) -> Alarm:
    """The SSD storage. Source of the metrics: FSx for ONTAP user guide, "File system metrics"."""
    dimensions: dict[str, pulumi.Input[str]] = {
        "FileSystemId": file_system_id,
        "StorageTier": "SSD",
        "DataType": "All",
    }
    return Alarm(
        "storage-full",
        f"{percent} percent of the file system's SSD storage is used.",
        (Metric(_FSX, "StorageCapacityUtilization", dimensions, "Average"),),
        percent,
        periods=3,
        enough=3,
    )


def of_volume(
    file_system_id: pulumi.Input[str], volume_id: pulumi.Input[str], name: str, percent: int
) -> Alarm:
    """One volume. Source of the metrics: FSx for ONTAP user guide, "Volume metrics"."""
    dimensions = {"FileSystemId": file_system_id, "VolumeId": volume_id}
    return Alarm(
        "volume-full",
        f"{percent} percent of the volume {name} is used.",
        (Metric(_FSX, "StorageCapacityUtilization", dimensions, "Average"),),
        percent,
        periods=3,
        enough=3,
        part=name,
    )
