"""The functions (data sources) of the aws provider that the program may call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rehearsal.plugins.aws.cloudhsmv2.cluster import list_clusters, shown_certificates
from rehearsal.plugins.aws.core.connection import Connection
from rehearsal.plugins.aws.core.errors import TerraformError, describe
from rehearsal.plugins.core.failures import ProviderError
from rehearsal.plugins.core.values import Properties


def get_caller_identity(connection: Connection, arguments: Properties) -> Properties:
    """`aws.get_caller_identity`: STS GetCallerIdentity."""
    del arguments
    with _failing(connection, "sts", "reading STS Caller Identity") as client:
        identity = client.get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


def get_region(connection: Connection, arguments: Properties) -> Properties:
    """`aws.get_region`: no call, botocore's table of regions."""
    from botocore.loaders import Loader

    endpoint = arguments.get("endpoint")
    region = arguments.get("name") or connection.region
    if endpoint:  # like "ec2.us-east-1.amazonaws.com"
        region = endpoint.removeprefix("ec2.").split(".")[0]
    partitions = Loader().load_data("endpoints")["partitions"]
    for partition in partitions:
        if region in partition["regions"]:
            return {
                "description": partition["regions"][region]["description"],
                "endpoint": f"ec2.{region}.{partition['dnsSuffix']}",
                "id": region,
                "name": region,
                "region": region,
            }
    raise ProviderError(f"region '{region}' is none of AWS's: give a name like us-east-1")


def get_availability_zones(connection: Connection, arguments: Properties) -> Properties:
    """`aws.get_availability_zones`: EC2 DescribeAvailabilityZones."""
    request: dict[str, Any] = {}
    filters = _filters(arguments)
    if arguments.get("state"):
        filters.append({"Name": "state", "Values": [arguments["state"]]})
    if filters:
        request["Filters"] = filters
    if "allAvailabilityZones" in arguments:
        request["AllAvailabilityZones"] = arguments["allAvailabilityZones"]
    with _failing(connection, "ec2", "reading EC2 Availability Zones") as client:
        zones = client.describe_availability_zones(**request)["AvailabilityZones"]
    zones = [
        zone
        for zone in sorted(zones, key=lambda zone: zone["ZoneName"])
        if zone["ZoneName"] not in (arguments.get("excludeNames") or [])
        and zone["ZoneId"] not in (arguments.get("excludeZoneIds") or [])
    ]
    return {
        **arguments,
        "groupNames": sorted({zone.get("GroupName", connection.region) for zone in zones}),
        "id": connection.region,
        "names": [zone["ZoneName"] for zone in zones],
        "region": connection.region,
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


def get_subnet(connection: Connection, arguments: Properties) -> Properties:
    """`aws.ec2.get_subnet`: EC2 DescribeSubnets; exactly one has to match."""
    named = {
        "availabilityZone": "availabilityZone",
        "availabilityZoneId": "availabilityZoneId",
        "cidrBlock": "cidrBlock",
        "defaultForAz": "defaultForAz",
        "ipv6CidrBlock": "ipv6-cidr-block-association.ipv6-cidr-block",
        "state": "state",
        "vpcId": "vpc-id",
    }
    filters = _filters(arguments)
    for argument, name in named.items():
        if arguments.get(argument) not in (None, ""):
            value = arguments[argument]
            filters.append(
                {"Name": name, "Values": [str(value).lower() if value is True else str(value)]}
            )
    for key, value in (arguments.get("tags") or {}).items():
        filters.append({"Name": f"tag:{key}", "Values": [value]})
    request: dict[str, Any] = {"Filters": filters} if filters else {}
    if arguments.get("id"):
        request["SubnetIds"] = [arguments["id"]]
    with _failing(connection, "ec2", "reading EC2 Subnet") as client:
        subnets = client.describe_subnets(**request)["Subnets"]
    if not subnets:
        raise ProviderError("no matching EC2 Subnet found")
    if len(subnets) > 1:
        raise ProviderError(
            "multiple EC2 Subnets matched; use additional constraints to reduce matches to a "
            "single EC2 Subnet"
        )
    return {**_subnet(subnets[0]), "filters": arguments.get("filters"), "region": connection.region}


def get_cluster(connection: Connection, arguments: Properties) -> Properties:
    """`aws.cloudhsmv2.get_cluster`: DescribeClusters, with the certificates Terraform shows."""
    identifier, state = arguments.get("clusterId"), arguments.get("clusterState")
    if not identifier:
        raise ProviderError("Missing required argument. The argument 'clusterId' is required")
    filters = {"clusterIds": [identifier], **({"states": [state]} if state else {})}
    doing = f"reading CloudHSM v2 Cluster ({identifier})"
    with _failing(connection, "cloudhsmv2", doing) as client:
        clusters = list_clusters(client, filters)
    if not clusters:
        raise ProviderError(f"{doing}: empty result")
    cluster = clusters[0]
    return {
        "clusterCertificates": shown_certificates(cluster),
        "clusterId": identifier,
        "clusterState": cluster["State"],
        "id": identifier,
        "region": connection.region,
        "securityGroupId": cluster.get("SecurityGroup", ""),
        "subnetIds": sorted((cluster.get("SubnetMapping") or {}).values()),
        "vpcId": cluster.get("VpcId", ""),
    }


def get_parameter(connection: Connection, arguments: Properties) -> Properties:
    """`aws.ssm.get_parameter`: SSM GetParameter."""
    name = arguments["name"]
    with _failing(connection, "ssm", f"reading SSM Parameter ({name})") as client:
        found = client.get_parameter(
            Name=name, WithDecryption=arguments.get("withDecryption", True)
        )["Parameter"]
    return {
        "arn": found["ARN"],
        "id": found["Name"],
        "insecureValue": found["Value"],
        "name": found["Name"],
        "region": connection.region,
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
        "withDecryption": arguments.get("withDecryption", True),
    }


FUNCTIONS: Mapping[str, Callable[[Connection, Properties], Properties]] = {
    "aws:cloudhsmv2/getCluster:getCluster": get_cluster,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:ssm/getParameter:getParameter": get_parameter,
}


def _filters(arguments: Properties) -> list[dict[str, Any]]:
    return [
        {"Name": each["name"], "Values": each["values"]} for each in arguments.get("filters") or []
    ]


def _subnet(subnet: Mapping[str, Any]) -> Properties:
    names = subnet.get("PrivateDnsNameOptionsOnLaunch") or {}
    ipv6 = next(iter(subnet.get("Ipv6CidrBlockAssociationSet") or []), {})
    return {
        "arn": subnet.get("SubnetArn", ""),
        "assignIpv6AddressOnCreation": subnet.get("AssignIpv6AddressOnCreation", False),
        "availabilityZone": subnet.get("AvailabilityZone", ""),
        "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": subnet.get("AvailableIpAddressCount", 0),
        "cidrBlock": subnet.get("CidrBlock", ""),
        "customerOwnedIpv4Pool": subnet.get("CustomerOwnedIpv4Pool", ""),
        "defaultForAz": subnet.get("DefaultForAz", False),
        "enableDns64": subnet.get("EnableDns64", False),
        "enableLniAtDeviceIndex": subnet.get("EnableLniAtDeviceIndex", 0),
        "enableResourceNameDnsARecordOnLaunch": names.get("EnableResourceNameDnsARecord", False),
        "enableResourceNameDnsAaaaRecordOnLaunch": names.get(
            "EnableResourceNameDnsAAAARecord", False
        ),
        "id": subnet["SubnetId"],
        "ipv6CidrBlock": ipv6.get("Ipv6CidrBlock", ""),
        "ipv6CidrBlockAssociationId": ipv6.get("AssociationId", ""),
        "ipv6Native": subnet.get("Ipv6Native", False),
        "mapCustomerOwnedIpOnLaunch": subnet.get("MapCustomerOwnedIpOnLaunch", False),
        "mapPublicIpOnLaunch": subnet.get("MapPublicIpOnLaunch", False),
        "outpostArn": subnet.get("OutpostArn", ""),
        "ownerId": subnet.get("OwnerId", ""),
        "privateDnsHostnameTypeOnLaunch": names.get("HostnameType", "ip-name"),
        "state": subnet.get("State", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in subnet.get("Tags") or []},
        "vpcId": subnet["VpcId"],
    }


@contextmanager
def _failing(connection: Connection, service: str, doing: str) -> Iterator[Any]:
    """A client whose errors become one line that begins with ``doing``."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    client = connection.client(service)
    try:
        yield client
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise TerraformError(f"{doing}: {describe(client, error)}") from error
