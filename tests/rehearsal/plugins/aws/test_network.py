import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN
from tests.rehearsal.plugins.driver import Plugin, RefusedError

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"


@pytest.fixture
def vpc(aws: Plugin) -> tuple[str, dict]:
    return aws.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "hsm"}})


@pytest.fixture
def subnet_inputs(vpc) -> dict:
    return {"vpcId": vpc[0], "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1b"}


def test_region_and_all_tags_show_in_the_inputs_but_no_defaults(aws: Plugin, vpc):
    given = {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "hsm"}}
    inputs = aws.checked(VPC, given)
    assert inputs == {**given, "region": "us-east-1", "tagsAll": given["tags"]}
    assert vpc[1]["enableDnsSupport"] is True
    assert not aws.diff(VPC, vpc[1], inputs).diffs


def test_the_outputs_are_those_of_the_package(aws: Plugin, vpc, subnet_inputs: dict):
    _, subnet = aws.create(SUBNET, subnet_inputs)
    for token, outputs in ((VPC, vpc[1]), (SUBNET, subnet)):
        described = InstalledPackage("aws").resource(token).outputs
        always = {name for name, given in described.items() if given}
        assert always <= outputs.keys() <= described.keys()


def test_dns_and_tags_change_in_place_and_the_block_replaces(aws: Plugin, emulator, vpc):
    new = {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "other"}}
    answer = aws.diff(VPC, vpc[1], new)
    changed = {"enableDnsHostnames", "tags", "tagsAll"}
    assert (set(answer.diffs), list(answer.replaces)) == (changed, [])
    outputs = aws.update(VPC, vpc[0], vpc[1], new)
    assert outputs["enableDnsHostnames"] is True
    assert outputs["tagsAll"] == {"Name": "other"}
    assert list(aws.diff(VPC, outputs, new | {"cidrBlock": "10.1.0.0/16"}).replaces) == [
        "cidrBlock"
    ]
    attribute = emulator.client("ec2").describe_vpc_attribute(
        VpcId=vpc[0], Attribute="enableDnsHostnames"
    )
    assert attribute["EnableDnsHostnames"]["Value"] is True


def test_imports_give_what_a_program_would(aws: Plugin, vpc, subnet_inputs: dict):
    subnet, _ = aws.create(SUBNET, subnet_inputs)
    assert aws.read(SUBNET, subnet)[2] == subnet_inputs
    assert not aws.diff(SUBNET, aws.read(SUBNET, subnet)[1], subnet_inputs).diffs
    assert aws.read(VPC, vpc[0])[2] == {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "hsm"}}


def test_a_vpc_gets_an_ipv6_block_of_amazons_and_its_subnets_a_part_of_it(
    aws: Plugin, vpc, subnet_inputs: dict
):
    wanted = {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "hsm"}}
    answer = aws.diff(VPC, vpc[1], wanted | {"assignGeneratedIpv6CidrBlock": True})
    assert (set(answer.diffs), list(answer.replaces)) == ({"assignGeneratedIpv6CidrBlock"}, [])
    both = aws.update(VPC, *vpc, wanted | {"assignGeneratedIpv6CidrBlock": True})
    assert both["ipv6CidrBlock"].endswith("/56")
    block = both["ipv6CidrBlock"].replace("/56", "/64")
    subnet_id, subnet = aws.create(SUBNET, subnet_inputs | {"ipv6CidrBlock": block})
    assert subnet["ipv6CidrBlock"] == block
    plain = subnet_inputs | {"cidrBlock": "10.0.9.0/24"}
    later, without_block = aws.create(SUBNET, plain)
    other = block.replace("00::/64", "01::/64")
    answer = aws.diff(SUBNET, without_block, plain | {"ipv6CidrBlock": other})
    assert (list(answer.diffs), list(answer.replaces)) == (["ipv6CidrBlock"], [])
    given = aws.update(SUBNET, later, without_block, plain | {"ipv6CidrBlock": other})
    assert given["ipv6CidrBlock"] == other
    found = aws.invoke("aws:ec2/getSubnet:getSubnet", id=subnet_id)
    assert found["ipv6CidrBlock"] == block
    imported = aws.read(VPC, vpc[0])[2]
    assert imported == wanted | {"assignGeneratedIpv6CidrBlock": True}
    aws.delete(SUBNET, subnet_id, subnet)
    without = aws.update(VPC, vpc[0], both, wanted)
    assert without["ipv6CidrBlock"] == ""


def test_what_is_gone_is_gone_to_refresh_and_delete(aws: Plugin, vpc, subnet_inputs: dict):
    made = aws.create(SUBNET, subnet_inputs)
    aws.delete(SUBNET, *made)
    aws.delete(SUBNET, *made)
    aws.delete(VPC, *vpc)
    aws.delete(VPC, *vpc)
    assert aws.read(SUBNET, made[0], made[1], subnet_inputs)[0] == ""
    assert aws.read(VPC, *vpc)[0] == ""


def test_a_vpc_still_in_use_is_not_deleted_and_the_error_is_one_line(
    aws: Plugin, vpc, subnet_inputs: dict
):
    aws.create(SUBNET, subnet_inputs)
    with pytest.raises(RefusedError) as refused:
        aws.delete(VPC, *vpc, timeout=0.5)
    assert "api error DependencyViolation" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_overlapping_block_is_refused_in_awss_words(aws: Plugin, subnet_inputs: dict):
    aws.create(SUBNET, subnet_inputs)
    with pytest.raises(
        RefusedError, match="creating EC2 Subnet: operation error EC2: CreateSubnet"
    ):
        aws.create(SUBNET, subnet_inputs)


def test_what_only_the_published_plugin_can_do_is_refused(aws: Plugin):
    [reason] = aws.check(VPC, {"cidrBlock": "10.0.0.0/16", "ipv6NetmaskLength": 56})
    assert "published plugins" in reason


def test_a_preview_calls_nothing(aws: Plugin, emulator: RunningEmulator):
    planned = aws.preview(SUBNET, {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24"})
    assert planned["vpcId"] is UNKNOWN
    assert planned["arn"] is UNKNOWN
    assert emulator.log() == []


@pytest.mark.parametrize(
    ("token", "arguments"),
    [
        ("aws:index/getCallerIdentity:getCallerIdentity", {}),
        ("aws:index/getRegion:getRegion", {}),
        ("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"}),
    ],
)
def test_functions_give_no_result_the_package_does_not_have(aws: Plugin, token: str, arguments):
    results = aws.invoke(token, **arguments)
    assert results
    assert results.keys() <= InstalledPackage("aws").function(token).results


def test_zones_can_be_excluded_and_regions_named(aws: Plugin):
    zones = "aws:index/getAvailabilityZones:getAvailabilityZones"
    found = aws.invoke(zones, state="available", excludeNames=["us-east-1a"])
    assert "us-east-1a" not in found["names"]
    assert "us-east-1b" in found["names"]
    assert aws.invoke(zones, region="eu-central-1")["names"][0] == "eu-central-1a"
    region = aws.invoke("aws:index/getRegion:getRegion")
    assert region["description"] == "US East (N. Virginia)"


def test_a_subnet_is_found_by_id_or_by_what_it_is(aws: Plugin, vpc, subnet_inputs: dict):
    token = "aws:ec2/getSubnet:getSubnet"
    subnet, _ = aws.create(SUBNET, subnet_inputs | {"tags": {"Name": "private"}})
    by_id = aws.invoke(token, id=subnet)
    assert by_id["vpcId"] == vpc[0]
    assert by_id["availabilityZone"] == "us-east-1b"
    assert by_id.keys() <= InstalledPackage("aws").function(token).results
    assert aws.invoke(token, tags={"Name": "private"})["id"] == subnet
    assert aws.invoke(token, filters=[{"name": "vpc-id", "values": [vpc[0]]}])["id"] == subnet


def test_a_subnet_there_is_not_and_one_of_many_are_errors(aws: Plugin, vpc, subnet_inputs: dict):
    token = "aws:ec2/getSubnet:getSubnet"
    with pytest.raises(RefusedError, match=r"api error InvalidSubnetID\.NotFound"):
        aws.invoke(token, id="subnet-12345678")
    with pytest.raises(RefusedError, match="no matching EC2 Subnet found"):
        aws.invoke(token, vpcId=vpc[0])
    aws.create(SUBNET, subnet_inputs)
    aws.create(SUBNET, subnet_inputs | {"cidrBlock": "10.0.2.0/24"})
    with pytest.raises(RefusedError, match="multiple EC2 Subnets matched"):
        aws.invoke(token, vpcId=vpc[0])


def test_an_internet_gateway_that_a_killed_destroy_has_detached_is_deleted(
    aws: Plugin, emulator: RunningEmulator, vpc
):
    token = "aws:ec2/internetGateway:InternetGateway"
    made, outputs = aws.create(token, {"vpcId": vpc[0]})
    ec2 = emulator.client("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=made, VpcId=vpc[0])
    aws.delete(token, made, outputs)
    assert ec2.describe_internet_gateways()["InternetGateways"] == []
