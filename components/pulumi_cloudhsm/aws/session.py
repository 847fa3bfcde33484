"""How this package reaches AWS: one place for region, profile, time-outs and retries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from .advice import refusal


@dataclass(frozen=True)
class AwsAccess:
    """Which account and region; credentials come from the usual AWS chain.

    Attributes:
        region: for example `eu-central-1`; None takes the shell's.
        profile: a profile of the shared AWS configuration; None takes the shell's.
    """

    region: str | None = None
    profile: str | None = None

    def at(self, arn: str) -> AwsAccess:
        """The same, but in the region that an ARN names; unchanged for a bare id."""
        parts = arn.split(":")
        return replace(self, region=parts[3]) if len(parts) > 5 else self


def client(access: AwsAccess, service: str, *, attempts: int = 4) -> Any:  # noqa: ANN401
    """A client with time-outs short enough that nothing looks like a hang.

    Args:
        access: account and region.
        service: boto3's name of the service, for example `cloudhsmv2`.
        attempts: calls at most, the first included; 1 for what must never be sent twice.

    Returns:
        boto3's client; callers name its type, `CloudHSMV2Client` for example.

    Raises:
        AwsError: no region, no such profile.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        session = boto3.Session(region_name=access.region, profile_name=access.profile)
        # The stubs know only the services that are installed, hence "unknown".
        return session.client(service, config=config)  # pyright: ignore
    except BotoCoreError as error:
        raise refusal(f"opening {service}", error) from error
