"""What EC2 has of one deployment. DescribeTags finds it all in one call, states cost another one.

Every function raises TransientError when another try is worth it, and AwsError when not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import COMPLETE, HALF_MADE, ID_TAG, NAME_TAG, Found, resource_name
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def tagged(access: AwsAccess, deployment_id: str) -> list[Found]:
    """Everything of EC2 that carries the id; states are not told."""
    raw = _described(access, "describe_tags", "Tags", "key", [ID_TAG, NAME_TAG])
    by_resource: dict[str, dict[str, str]] = {}
    for tag in raw:
        by_resource.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag.get("Value", "")
    return [
        Found(identifier, resource_name(tags))
        for identifier, tags in by_resource.items()
        if tags.get(ID_TAG) == deployment_id
    ]


@dataclass(frozen=True)
class _Type:
    """How EC2 describes a type of resource: the call, and the names of list, id and filter."""

    operation: str
    listed: str
    identifier: str
    filter: str
    state: Callable[[Any], str] = lambda _: COMPLETE


def _attached(gateway: Any) -> str:  # noqa: ANN401
    return COMPLETE if gateway.get("Attachments") else HALF_MADE


def _routed(table: Any) -> str:  # noqa: ANN401
    routes = (route.get("GatewayId") for route in _list(table.get("Routes")))
    return COMPLETE if any(target != "local" for target in routes) else HALF_MADE


_TYPES = {
    "eipalloc": _Type("describe_addresses", "Addresses", "AllocationId", "allocation-id"),
    "igw": _Type(
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "internet-gateway-id",
        _attached,
    ),
    "nat": _Type(
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        "nat-gateway-id",
        lambda one: one.get("State", ""),
    ),
    "rtb": _Type("describe_route_tables", "RouteTables", "RouteTableId", "route-table-id", _routed),
    "sg": _Type("describe_security_groups", "SecurityGroups", "GroupId", "group-id"),
    "sgr": _Type(
        "describe_security_group_rules",
        "SecurityGroupRules",
        "SecurityGroupRuleId",
        "security-group-rule-id",
    ),
    "subnet": _Type("describe_subnets", "Subnets", "SubnetId", "subnet-id"),
    "vpc": _Type("describe_vpcs", "Vpcs", "VpcId", "vpc-id"),
}


def states(access: AwsAccess, ids: Sequence[str]) -> dict[str, str]:
    """The state of each; one that is gone is missing, though DescribeTags may list it for a while.

    Args:
        access: account and Region.
        ids: ids of one type.

    Returns:
        AWS's state; of a type that has none COMPLETE or HALF_MADE.
    """
    prefix = ids[0].partition("-")[0]
    if prefix == "i":
        groups = _described(access, "describe_instances", "Reservations", "instance-id", ids)
        found = [one for group in groups for one in _list(group.get("Instances"))]
        return {one["InstanceId"]: one.get("State", {}).get("Name", "") for one in found}
    kind = _TYPES[prefix]
    found = _described(access, kind.operation, kind.listed, kind.filter, ids)
    shown = {one[kind.identifier]: kind.state(one) for one in found}
    return _opened(access, shown) if prefix == "sg" else shown


def _opened(access: AwsAccess, groups: dict[str, str]) -> dict[str, str]:
    """HALF_MADE where AWS's first rule, which lets everything out, has not been taken away yet."""
    kind = _TYPES["sgr"]
    rules = _described(access, kind.operation, kind.listed, "group-id", list(groups))
    first = {
        one["GroupId"]
        for one in rules
        if one.get("IsEgress") and one.get("IpProtocol") == "-1" and not one.get("Tags")
    }
    return {one: HALF_MADE if one in first else state for one, state in groups.items()}


def delete(access: AwsAccess, identifier: str) -> None:
    """Deletes what is half made; AWS refuses it for what is in use."""
    ec2: EC2Client = client(access, "ec2")
    try:
        if identifier.startswith("igw-"):
            ec2.delete_internet_gateway(InternetGatewayId=identifier)
        elif identifier.startswith("rtb-"):
            ec2.delete_route_table(RouteTableId=identifier)
        else:
            ec2.delete_security_group(GroupId=identifier)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"deleting {identifier}, half made by an interrupted run", error) from error


def _described(
    access: AwsAccess, operation: str, listed: str, name: str, values: Sequence[str]
) -> list[Any]:
    """By a filter, as an id that does not exist would be an error."""
    ec2: Any = client(access, "ec2")
    filters = [{"Name": name, "Values": list(values)}]
    try:
        if not ec2.can_paginate(operation):
            return getattr(ec2, operation)(Filters=filters)[listed]
        pages = ec2.get_paginator(operation).paginate(Filters=filters)
        return [one for page in pages for one in page[listed]]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for what belongs to this deployment in EC2", error) from error


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    """A list that AWS may leave out."""
    return value or []


def associations(access: AwsAccess, route_tables: Sequence[Found]) -> list[Found]:
    """The subnets' associations of route tables, each by the name of its table."""
    names = {table.identifier: table.name for table in route_tables}
    kind = _TYPES["rtb"]
    tables = _described(access, kind.operation, kind.listed, kind.filter, list(names))
    return [
        Found(f"{one['SubnetId']}/{table_id}", names[table_id])
        for table in tables
        for one in _list(table.get("Associations"))
        if "SubnetId" in one and (table_id := table.get("RouteTableId", "")) in names
    ]
