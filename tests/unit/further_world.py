"""What the providers answer for the steps around the chain: settings, restores, client hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.unit import pki


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


def _hsm_type(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/type", {"found_type": given["hsm_type"]}


def _restoration(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/restoration", {
        "state": "ACTIVE",
        "cluster_certificate": pki.issue("Restored", pki.rsa_key("restored")).pem,
        "trust_anchor_sha256": "EE:FF",
    }


MAKERS = {
    "BackupRetention": _retention,
    "ClusterRestoration": _restoration,
    "Eip": _address,
    "HsmType": _hsm_type,
    "KmsUser": _kms_user,
    "PasswordSecret": _password,
    **dict.fromkeys(
        (
            "Instance",
            "InstanceProfile",
            "InternetGateway",
            "NatGateway",
            "Role",
            "RolePolicy",
            "RouteTable",
            "RouteTableAssociation",
            "SecurityGroup",
            "SecurityGroupEgressRule",
        ),
        _plain,
    ),
}
