"""What a file system is made of is checked before anything is declared: field, value, fix."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm import FileSystemArgs, VolumeArgs
from pulumi_cloudhsm.validation import InputError

SUBNET = "subnet-0123456789abcdef0"


def refused(args: FileSystemArgs) -> InputError:
    with pytest.raises(InputError) as caught:
        args.check()
    assert "\n" not in str(caught.value)
    assert "cloudhsm:" not in str(caught.value), "a config key is no business of the Args"
    return caught.value


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"name": "a b"}, "name", ("a b", "47")),
        ({"key_arn": "alias/mine"}, "key_arn", ("alias/mine", "ARN")),
        ({"deployment": "TWO_AZ"}, "deployment", ("TWO_AZ", "MULTI_AZ_1")),
        ({"standby_subnet_id": SUBNET}, "standby_subnet_id", ("SINGLE_AZ_1", "leave it out")),
        ({"capacity_gib": 512}, "capacity_gib", ("512", "1024 to 196608")),
        ({"throughput_mbps": 384}, "throughput_mbps", ("384", "128, 256")),
        ({"backup_days": 91}, "backup_days", ("91", "0 to 90")),
        ({"clients": ["10.0.0.1/16"]}, "clients", ("10.0.0.1/16", "host bits")),
        ({"protocols": ["ftp"]}, "protocols", ("ftp", "iscsi")),
        ({"protocols": []}, "protocols", ("iscsi",)),
        ({"volumes": []}, "volumes", ("at least one",)),
        ({"volumes": [VolumeArgs("a", 1)] * 2}, "volumes", ("'a'", "once")),
        (
            {"volumes": [VolumeArgs("a", 1), VolumeArgs("b", 1, path="/a")]},
            "volumes",
            ("'/a'", "once"),
        ),
        ({"volumes": [VolumeArgs("a-b", 1)]}, "volumes[0].name", ("a-b", "letters")),
        (
            {"volumes": [VolumeArgs("a", 1), VolumeArgs("b", 0)]},
            "volumes[1].size_gib",
            ("0", "1 to 307200"),
        ),
        ({"volumes": [VolumeArgs("a", 1, path="a")]}, "volumes[0].path", ("/data",)),
        ({"volumes": [VolumeArgs("a", 1, tiering="HOT")]}, "volumes[0].tiering", ("HOT", "AUTO")),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_the_fix(
    changes: dict[str, Any], field: str, told: tuple[str, ...]
) -> None:
    error = refused(FileSystemArgs(**changes))
    assert error.field == field
    assert all(text in str(error) for text in told), error


def test_two_zones_need_two_different_subnets() -> None:
    args = FileSystemArgs(deployment="MULTI_AZ_1", subnet_id=SUBNET, standby_subnet_id=SUBNET)
    assert refused(args).field == "standby_subnet_id"


async def _check_outputs() -> None:
    later = pulumi.Output.from_input("checked by AWS")
    FileSystemArgs(
        name=later,
        key_arn=later,
        subnet_id=later,
        standby_subnet_id=later,
        route_table_ids=[later],
        clients=[later],
        password_secret=later,
        deployment="MULTI_AZ_1",
    ).check()


def test_what_another_stack_has_as_an_output_is_not_checked() -> None:
    asyncio.run(_check_outputs())


@pytest.mark.parametrize(
    ("args", "sources", "field"),
    [
        (FileSystemArgs(), {"key_store": False, "cluster": True}, "key_arn"),
        (FileSystemArgs(), {"key_store": True, "cluster": False}, "subnet_id"),
        (FileSystemArgs(subnet_id=SUBNET), {"key_store": True, "cluster": False}, "clients"),
        (
            FileSystemArgs(deployment="MULTI_AZ_1", subnet_id=SUBNET, clients=["10.0.0.0/8"]),
            {"key_store": True, "cluster": False},
            "standby_subnet_id",
        ),
        (
            FileSystemArgs(deployment="MULTI_AZ_1"),
            {"key_store": True, "cluster": True, "cluster_subnets": 1},
            "deployment",
        ),
    ],
)
def test_what_no_other_part_provides_has_to_be_given(
    args: FileSystemArgs, sources: dict[str, Any], field: str
) -> None:
    args.check()
    with pytest.raises(InputError) as caught:
        args.check_sources(**sources)
    assert caught.value.field == field


def test_a_cluster_and_a_key_store_provide_everything() -> None:
    FileSystemArgs().check_sources(key_store=True, cluster=True, cluster_subnets=1)
    two = FileSystemArgs(deployment="MULTI_AZ_2", throughput_mbps=384)
    two.check_sources(key_store=True, cluster=True, cluster_subnets=2)
    two.check_sources(key_store=True, cluster=True)
