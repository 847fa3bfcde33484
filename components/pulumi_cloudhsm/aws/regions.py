"""Which Regions have CloudHSM, as botocore's table of endpoints says. Nothing is asked.

The Regions of a partition, and those with an endpoint of a service, are botocore's data file
`endpoints.json`, which AWS generates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from .access import AwsAccessArgs
from .session import models

_SERVICE = "cloudhsmv2"


def why_without_cloudhsm(region: str, by: AwsAccessArgs) -> str | None:
    """Why CloudHSM cannot be used in a Region, and what to do.

    Args:
        region: for example `eu-central-1`.
        by: an endpoint given for `cloudhsmv2` is right whatever the table says.

    Returns:
        None where it can be used, and where botocore does not know the Region.
    """
    if _SERVICE in by.endpoints:
        return None
    partitions = cast("Sequence[Mapping[str, Any]]", models().load_data("endpoints")["partitions"])
    for partition in partitions:
        if region in partition["regions"]:
            endpoints = partition["services"].get(_SERVICE, {}).get("endpoints", {})
            return None if region in endpoints else _told(partition, endpoints)
    return None


def _told(partition: Mapping[str, Any], endpoints: Mapping[str, Any]) -> str:
    import botocore

    there = sorted(set(endpoints) & set(partition["regions"]))
    where = f"take one of {', '.join(there)}" if there else "no Region of its partition has it"
    return (
        f"AWS has no CloudHSM there, says botocore {botocore.__version__}; {where}; if AWS has it "
        f"by now, update botocore, or give the endpoint: aws_access.endpoints {_SERVICE}"
    )
