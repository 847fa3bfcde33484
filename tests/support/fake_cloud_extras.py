"""What the providers answer for the steps around the chain: settings, restores, client hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_cloudhsm.x509.reading import fingerprint, iso, load_certificate
from tests.support import pki


def _password(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    arn = f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{given['secret_name']}"
    return arn, {"arn": arn}


def _kms_user(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/kmsuser", {"done": "made"}


def _address(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "eipalloc-1", {"allocationId": "eipalloc-1"}


def _plain(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"id-of-{name}", {"name": name, "arn": f"arn:aws:::{name}"}


def _retention(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/backups", {"found_days": given["retention_days"]}


def _restoration(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    leaf = pki.issue("Restored", pki.rsa_key("restored"))
    ca = load_certificate(given["ca_certificate"], "the CA certificate")
    return f"{given['cluster_id']}/restoration", {
        "state": "ACTIVE",
        "cluster_certificate": leaf.pem,
        "cluster_certificate_sha256": leaf.sha256,
        "cluster_certificate_expires": "2045-01-01T00:00:00Z",
        "ca_certificate_sha256": fingerprint(ca),
        "ca_certificate_expires": iso(ca.not_valid_after_utc),
    }


def _key(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    key_id = "11112222-3333-4444-5555-666677778888"
    if given.get("keyUsage") == "SIGN_VERIFY":
        key_id = key_id[:-4] + given["customerMasterKeySpec"].removeprefix("RSA_")
    return key_id, {"keyId": key_id, "arn": f"arn:aws:kms:eu-central-1:123456789012:key/{key_id}"}


def _alias(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return given["name"], {"arn": f"arn:aws:kms:eu-central-1:123456789012:{given['name']}"}


MAKERS = {
    "Alias": _alias,
    "BackupRetention": _retention,
    "ClusterRestoration": _restoration,
    "Eip": _address,
    "Key": _key,
    "KmsUser": _kms_user,
    "PasswordSecret": _password,
    **dict.fromkeys(
        (
            "Command",
            "CopiedBackup",
            "Dashboard",
            "EventRule",
            "EventTarget",
            "Instance",
            "InstanceProfile",
            "InternetGateway",
            "LogMetricFilter",
            "MetricAlarm",
            "NatGateway",
            "Queue",
            "Role",
            "RolePolicy",
            "RouteTable",
            "RouteTableAssociation",
            "Schedule",
            "ScheduleGroup",
            "SecurityGroup",
            "SecurityGroupEgressRule",
            "StateMachine",
            "Topic",
            "TopicPolicy",
            "TopicSubscription",
        ),
        _plain,
    ),
}
