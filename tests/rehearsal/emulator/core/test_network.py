"""What CloudHSM makes in the caller's network, how long it stays and what it blocks."""

import pytest

from rehearsal.emulator.core import moto_backends, network, network_use
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place

PLACE = Place("us-east-1")


@pytest.fixture
def ec2(account):
    return moto_backends.ec2(PLACE)


def test_the_cluster_has_a_group_open_to_itself_on_the_hsm_ports(account, ec2):
    cluster_id = account.create()
    group_id = account.describe(cluster_id)["SecurityGroup"]
    group = ec2.get_security_group_from_id(group_id)
    assert group.name == f"cloudhsm-{cluster_id}-sg"
    assert group.vpc_id == account.vpc_id
    (rule,) = group.ingress_rules
    assert (rule.ip_protocol, rule.from_port, rule.to_port) == ("tcp", 2223, 2225)
    assert rule.source_group["GroupId"] == group_id


def test_the_group_is_open_to_itself_only_with_rules_in_both_directions(account, ec2):
    group_id = account.describe(account.create())["SecurityGroup"]
    assert network.open_to_itself(PLACE, group_id)
    ec2.revoke_security_group_egress(group_id, "-1", None, None, [{"CidrIp": "0.0.0.0/0"}])
    assert not network.open_to_itself(PLACE, group_id)
    peers = [{"GroupId": group_id}]
    ec2.authorize_security_group_egress(group_id, "tcp", "2223", "2224", [], source_groups=peers)
    assert not network.open_to_itself(PLACE, group_id), "one port of the three is missing"
    ec2.authorize_security_group_egress(group_id, "tcp", "2223", "2225", [], source_groups=peers)
    assert network.open_to_itself(PLACE, group_id)


def test_each_hsm_has_an_interface_in_its_subnet_with_the_cluster_group(account, ec2):
    cluster_id = account.uninitialized()
    hsm = account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")["Hsm"]
    interface = ec2.get_network_interface(hsm["EniId"])
    assert interface.subnet.id == hsm["SubnetId"] == account.subnets["us-east-1b"]
    assert interface.private_ip_address == hsm["EniIp"]
    assert [group.id for group in interface.group_set] == [
        account.describe(cluster_id)["SecurityGroup"]
    ]


def test_subnet_group_and_vpc_are_in_use_until_hsm_and_cluster_are_gone(account, ec2):
    cluster_id = account.with_csr()
    shown = account.describe(cluster_id)
    group = {"GroupId": shown["SecurityGroup"]}
    subnet = {"SubnetId": shown["Hsms"][0]["SubnetId"]}
    vpc = {"VpcId": account.vpc_id}

    def blocked(operation, parameters):
        refusal = network_use.dependency(PLACE, operation, parameters)
        return refusal is not None and refusal.code == "DependencyViolation"

    everything = (("DeleteSubnet", subnet), ("DeleteSecurityGroup", group), ("DeleteVpc", vpc))
    assert all(blocked(*each) for each in everything)
    assert not blocked("DeleteSubnet", {"SubnetId": account.subnets["us-east-1c"]})
    account.call("DeleteHsm", ClusterId=cluster_id, HsmId=shown["Hsms"][0]["HsmId"])
    account.pass_time(119)
    assert blocked("DeleteSubnet", subnet), "the interface goes with the HSM, not before"
    account.pass_time(1)
    assert not blocked("DeleteSubnet", subnet)
    assert blocked("DeleteVpc", vpc), "the cluster's group is still there"
    account.call("DeleteCluster", ClusterId=cluster_id)
    account.pass_time(60)
    assert ec2.get_security_group_from_id(group["GroupId"]) is None
    assert not blocked("DeleteVpc", vpc)
    assert group["GroupId"] not in network_use.remaining(PLACE)["security_groups"]


def test_a_dual_stack_cluster_needs_ipv6_in_every_subnet_and_shows_its_addresses(
    account, ec2, authority
):
    first, *rest = account.subnets.values()
    ec2.associate_subnet_cidr_block(first, "2001:db8::/64")
    with pytest.raises(ServiceError, match="IPv6 CIDR block") as caught:
        account.create(NetworkType="DUALSTACK")
    assert first not in caught.value.message
    assert all(subnet in caught.value.message for subnet in rest)
    cluster_id = account.create(NetworkType="DUALSTACK", SubnetIds=[first])
    account.pass_time(181)
    hsm = account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")["Hsm"]
    assert hsm["EniIpV6"].startswith("2001:db8::")
    assert ec2.get_network_interface(hsm["EniId"]).ipv6_addresses == [hsm["EniIpV6"]]
    assert account.describe(cluster_id)["NetworkType"] == "DUALSTACK"


def test_without_dual_stack_no_ipv6_address_is_shown(account, ec2):
    ec2.associate_subnet_cidr_block(account.subnets["us-east-1a"], "2001:db8::/64")
    cluster_id = account.uninitialized()
    hsm = account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")["Hsm"]
    assert "EniIpV6" not in hsm


def test_a_group_that_somebody_else_uses_outlives_its_cluster(account, ec2):
    cluster_id = account.uninitialized()
    group_id = account.describe(cluster_id)["SecurityGroup"]
    client = ec2.create_security_group("client", "of a client host", vpc_id=account.vpc_id)
    ec2.authorize_security_group_ingress(
        client.id, "tcp", "2223", "2225", [], source_groups=[{"GroupId": group_id}]
    )
    account.call("DeleteCluster", ClusterId=cluster_id)
    account.pass_time(61)
    assert ec2.get_security_group_from_id(group_id) is not None
