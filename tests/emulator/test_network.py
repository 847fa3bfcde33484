"""What CloudHSM makes in the caller's network, how long it stays and what it blocks."""

import pytest

from rehearsal.emulator import network

REGION = "us-east-1"


@pytest.fixture
def ec2(account):
    return network._ec2(REGION)


def test_the_cluster_has_a_group_open_to_itself_on_the_hsm_ports(account, ec2):
    cluster_id = account.create()
    group_id = account.describe(cluster_id)["SecurityGroup"]
    group = ec2.get_security_group_from_id(group_id)
    assert group.name == f"cloudhsm-{cluster_id}-sg"
    assert group.vpc_id == account.vpc_id
    (rule,) = group.ingress_rules
    assert (rule.ip_protocol, rule.from_port, rule.to_port) == ("tcp", 2223, 2225)
    assert rule.source_group["GroupId"] == group_id


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
        refusal = network.dependency(REGION, operation, parameters)
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
    assert group["GroupId"] not in network.remaining(REGION)["security_groups"]


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
