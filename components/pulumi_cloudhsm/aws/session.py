"""How this package reaches AWS: one place for region, profile, time-outs and retries."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from .advice import refusal

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session


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
    # Loaded at the first call, since it takes as long as Pulumi's SDK: an `up` without changes
    # makes no call in the host of the dynamic providers.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        session = boto3.Session(
            region_name=access.region, profile_name=access.profile, botocore_session=_session()
        )
        # The stubs know only the services that are installed, hence "unknown".
        return session.client(service, config=config)  # pyright: ignore
    except BotoCoreError as error:
        raise refusal(f"opening {service}", error) from error


def _session() -> Session:
    """A session that reads AWS's large models once per process: 20 ms per client, not 150."""
    import botocore.session

    session = botocore.session.get_session()
    session.register_component("data_loader", _models())
    return session


@functools.cache
def _models() -> Loader:
    import botocore.session
    from botocore.loaders import create_loader

    return create_loader(botocore.session.get_session().get_config_variable("data_path"))
