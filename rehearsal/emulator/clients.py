"""Clients of an emulator, for those who look at it from outside."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import Any

_MAKING = threading.Lock()


def make(
    service: str,
    endpoint: str,
    region: str,
    access_key: str,
    retries: int,
    keys: Mapping[str, str],
) -> Any:  # noqa: ANN401 - boto3 has no static types
    """A boto3 client.

    Args:
        service: boto3's name of it.
        endpoint: the emulator's URL.
        region: of the client.
        access_key: whose signature its requests bear.
        retries: total number of attempts.
        keys: credentials to use instead, see `assumed`.
    """
    from botocore.config import Config

    with _MAKING:  # a session is not for several threads, its clients are
        return _session(access_key).client(
            service,
            **keys,
            region_name=region,
            endpoint_url=endpoint,
            config=Config(
                retries={"total_max_attempts": retries, "mode": "standard"},
                connect_timeout=5,
                read_timeout=30,
            ),
        )


def assumed(sts: Any, role: str, external_id: str | None) -> dict[str, str]:  # noqa: ANN401
    """The credentials of a role (ARN), as boto3 takes them."""
    given = {"ExternalId": external_id} if external_id else {}
    made = sts.assume_role(RoleArn=role, RoleSessionName="rehearsal", **given)["Credentials"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }


@functools.cache
def _session(access_key: str) -> Any:  # noqa: ANN401 - boto3 has no static types
    """One for all clients, since each session reads the services' models anew."""
    import boto3

    return boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key="rehearsal",  # noqa: S106 - the emulator knows no secrets
    )
