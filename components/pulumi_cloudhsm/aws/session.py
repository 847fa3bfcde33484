"""How this package reaches AWS: one place for region, profile, time-outs and retries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from .advice import refusal

if TYPE_CHECKING:
    from mypy_boto3_cloudhsmv2 import CloudHSMV2Client


@dataclass(frozen=True)
class AwsAccess:
    """Which account and region; credentials come from the usual AWS chain.

    Attributes:
        region: for example `eu-central-1`; None takes the shell's.
        profile: a profile of the shared AWS configuration; None takes the shell's.
    """

    region: str | None = None
    profile: str | None = None


def cloudhsm_client(access: AwsAccess, *, attempts: int = 4) -> CloudHSMV2Client:
    """A client of CloudHSM v2 with time-outs short enough that nothing looks like a hang.

    Args:
        access: account and region.
        attempts: calls at most, the first included; 1 for what must never be sent twice.

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
        # The stubs know only the services that are installed, hence "partially unknown".
        return session.client("cloudhsmv2", config=config)  # pyright: ignore[reportUnknownMemberType]
    except BotoCoreError as error:
        raise refusal("opening CloudHSM v2", error) from error
