"""moto's services in this process: what the emulated services make and look at there.

Each is imported when it is first needed: moto's EC2 takes seconds, and the start should not.
"""

# moto's backends have no useful types.
# ruff: noqa: ANN401

from __future__ import annotations

from typing import Any

from rehearsal.emulator.core import moto_corrections

ACCOUNT = "123456789012"
"""The account that moto serves by default."""


def ec2(region: str) -> Any:
    """EC2 of a region; the first use makes its default VPC."""
    from moto.ec2.models import ec2_backends

    moto_corrections.correct()
    return ec2_backends[ACCOUNT][region]


def iam() -> Any:
    """IAM, which has no region."""
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]


def kms(region: str) -> Any:
    """KMS of a region."""
    from moto.kms.models import kms_backends

    return kms_backends[ACCOUNT][region]


def logs(region: str) -> Any:
    """CloudWatch Logs of a region."""
    from moto.logs.models import logs_backends

    return logs_backends[ACCOUNT][region]


def secrets_manager(region: str) -> Any:
    """Secrets Manager of a region."""
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends[ACCOUNT][region]
