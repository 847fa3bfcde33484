"""The network that an account without one gets."""

import ipaddress

from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, Run, config, run

ZONES = ("eu-central-1a", "eu-central-1b")


def test_the_vpc_has_the_wanted_range_name_and_tags(deployed: Run) -> None:
    vpc = deployed["cloudhsm-network-vpc"]
    assert vpc["cidrBlock"] == "10.42.0.0/16"
    assert vpc["enableDnsHostnames"] is True
    assert vpc["tags"] == {
        "environment": "dev",
        "Name": "cloudhsm-network",
        "pulumi-cloudhsm": f"{OWNER}-network-vpc",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
    }


def test_every_zone_has_one_private_tagged_subnet(deployed: Run) -> None:
    for zone in ZONES:
        subnet = deployed[f"cloudhsm-network-{zone}"]
        assert subnet["availabilityZone"] == zone
        assert subnet["mapPublicIpOnLaunch"] is False
        assert subnet["vpcId"] == "vpc-0123456789abcdef0"
        assert subnet["tags"] == {
            "environment": "dev",
            "Name": f"cloudhsm-network-{zone}",
            "pulumi-cloudhsm": f"{OWNER}-network-{zone}",
            "pulumi-cloudhsm-id": DEPLOYMENT_ID,
        }


def test_no_route_leads_outside(deployed: Run) -> None:
    made = {one.type for one in deployed.of("aws") if one.type.startswith("aws:ec2")}
    assert made == {"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"}


def test_subnets_are_sixteenths_of_the_range_and_never_overlap() -> None:
    zones = [f"eu-central-1{letter}" for letter in "abcdefghij"]
    done = run(config(network={"availabilityZones": zones, "vpcCidr": "10.9.8.0/24"})).succeeded()
    blocks = [
        ipaddress.IPv4Network(done[f"cloudhsm-network-{zone}"]["cidrBlock"]) for zone in zones
    ]
    assert all(block.prefixlen == 28 for block in blocks)
    assert all(block.subnet_of(ipaddress.IPv4Network("10.9.8.0/24")) for block in blocks)
    assert len(set(blocks)) == 10


def test_the_cluster_gets_the_subnets_in_the_order_of_the_zones() -> None:
    forward = run(config(network={"availabilityZones": list(ZONES)})).succeeded()
    backward = run(config(network={"availabilityZones": list(reversed(ZONES))})).succeeded()
    assert backward["cloudhsm-hsm-1"]["availabilityZone"] == ZONES[1]
    # A zone's block follows its place in the list, so the ids are equal and their zones are not.
    assert forward["cloudhsm-cluster"]["subnetIds"] == backward["cloudhsm-cluster"]["subnetIds"]
    assert backward[f"cloudhsm-network-{ZONES[1]}"]["cidrBlock"] == "10.42.0.0/20"


def test_one_zone_is_enough() -> None:
    done = run(config(network={"availabilityZones": ["eu-central-1c"]})).succeeded()
    assert len(done["cloudhsm-cluster"]["subnetIds"]) == 1
    assert done["cloudhsm-hsm-1"]["availabilityZone"] == "eu-central-1c"
