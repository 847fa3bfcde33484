"""What AWS answers, where moto by itself answers otherwise."""

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.process import RunningEmulator

NETWORKS = itertools.count(10)


@pytest.fixture
def ec2(emulator: RunningEmulator) -> Any:
    return emulator.client("ec2")


def network(ec2: Any) -> tuple[str, str, str]:
    """A VPC, its subnet, and a group."""
    number = next(NETWORKS)
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="host", Description="host", VpcId=vpc)["GroupId"]
    return vpc, subnet, group


def image(ec2: Any) -> dict[str, Any]:
    return ec2.describe_images(Owners=["amazon"])["Images"][0]


def run(ec2: Any, subnet: str, group: str, **more: Any) -> dict[str, Any]:
    """An instance whose groups come with its interface, as the aws provider starts one."""
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}
    started = ec2.run_instances(
        ImageId=image(ec2)["ImageId"],
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[{**interface, "AssociatePublicIpAddress": False}],
        **more,
    )["Instances"][0]["InstanceId"]
    reservations = ec2.describe_instances(InstanceIds=[started])["Reservations"]
    return reservations[0]["Instances"][0]


def test_a_disk_without_a_size_is_as_large_as_the_images(ec2: Any) -> None:
    _, subnet, group = network(ec2)
    root = image(ec2)["RootDeviceName"]
    wanted = image(ec2)["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"]
    encrypted = [{"DeviceName": root, "Ebs": {"Encrypted": True, "VolumeType": "gp3"}}]
    for mapping, size in ((encrypted, wanted), ([{**encrypted[0], "Ebs": {"VolumeSize": 21}}], 21)):
        disk = run(ec2, subnet, group, BlockDeviceMappings=mapping)["BlockDeviceMappings"][0]
        volume = ec2.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"][0]
        assert volume["Size"] == size
        assert disk["Ebs"]["DeleteOnTermination"] is True
    other = [{"DeviceName": "/dev/sdz", "Ebs": {"VolumeType": "gp3"}}]
    with pytest.raises(ClientError, match="MissingParameter"):
        run(ec2, subnet, group, BlockDeviceMappings=other)


def test_an_instance_has_the_groups_of_its_interface_also_once_they_change(ec2: Any) -> None:
    vpc, subnet, group = network(ec2)
    started = run(ec2, subnet, group)
    assert [each["GroupId"] for each in started["SecurityGroups"]] == [group]
    other = ec2.create_security_group(GroupName="two", Description="two", VpcId=vpc)["GroupId"]
    ec2.modify_instance_attribute(InstanceId=started["InstanceId"], Groups=[other])
    interface = started["NetworkInterfaces"][0]["NetworkInterfaceId"]
    shown = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])
    assert [each["GroupId"] for each in shown["NetworkInterfaces"][0]["Groups"]] == [other]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group, other])
    again = ec2.describe_instances(InstanceIds=[started["InstanceId"]])["Reservations"][0]
    shown_now = {each["GroupId"] for each in again["Instances"][0]["SecurityGroups"]}
    assert shown_now == {group, other}


def test_the_primary_interface_goes_with_its_instance_and_has_no_empty_association(
    ec2: Any,
) -> None:
    _, subnet, group = network(ec2)
    started = run(ec2, subnet, group)
    interface = started["NetworkInterfaces"][0]
    assert interface["Attachment"]["DeleteOnTermination"] is True
    assert "Association" not in interface
    shown = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])
    assert "Association" not in shown["NetworkInterfaces"][0]
    ec2.terminate_instances(InstanceIds=[started["InstanceId"]])
    with pytest.raises(ClientError, match=r"InvalidNetworkInterfaceID\.NotFound"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])


def test_a_rule_between_groups_keeps_its_description(ec2: Any) -> None:
    _, _, group = network(ec2)
    peer = {"GroupId": group, "Description": "from the client host"}
    rule = {"IpProtocol": "tcp", "FromPort": 2223, "ToPort": 2225, "UserIdGroupPairs": [peer]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    ids = [each["SecurityGroupRuleId"] for each in made["SecurityGroupRules"]]
    shown = ec2.describe_security_group_rules(SecurityGroupRuleIds=ids)["SecurityGroupRules"]
    assert [each["Description"] for each in shown] == ["from the client host"]


def test_a_rule_between_groups_takes_another_group(ec2: Any) -> None:
    vpc, _, group = network(ec2)
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 2223, "ToPort": 2225}
    made = ec2.authorize_security_group_egress(
        GroupId=group, IpPermissions=[{**rule, "UserIdGroupPairs": [{"GroupId": group}]}]
    )
    (rule_id,) = [each["SecurityGroupRuleId"] for each in made["SecurityGroupRules"]]
    changed = {"SecurityGroupRuleId": rule_id}
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{**changed, "SecurityGroupRule": {**rule, "ReferencedGroupId": other}}],
    )
    shown = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    (found,) = shown["SecurityGroupRules"]
    assert found["ReferencedGroupInfo"]["GroupId"] == other


def test_the_state_of_an_ipv6_block_is_a_text(ec2: Any) -> None:
    number = next(NETWORKS)
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    subnet = ec2.create_subnet(
        VpcId=vpc["VpcId"],
        CidrBlock=f"10.{number}.1.0/24",
        Ipv6CidrBlock=block.replace("/56", "/64"),
    )["Subnet"]
    shown = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]
    (association,) = shown["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlockState"] == {"State": "associated"}


def test_a_vpc_takes_one_group_of_a_name_and_one_internet_gateway(ec2: Any) -> None:
    vpc, _, _ = network(ec2)
    other_vpc, _, _ = network(ec2)
    with pytest.raises(ClientError, match=r"InvalidGroup\.Duplicate"):
        ec2.create_security_group(GroupName="host", Description="again", VpcId=vpc)
    gateways = [
        ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2)
    ]
    ec2.attach_internet_gateway(InternetGatewayId=gateways[0], VpcId=vpc)
    with pytest.raises(ClientError, match=f"{vpc} already has an internet gateway attached"):
        ec2.attach_internet_gateway(InternetGatewayId=gateways[1], VpcId=vpc)
    ec2.attach_internet_gateway(InternetGatewayId=gateways[1], VpcId=other_vpc)
    ec2.detach_internet_gateway(InternetGatewayId=gateways[0], VpcId=vpc)
    with pytest.raises(ClientError, match=r"Gateway\.NotAttached"):
        ec2.detach_internet_gateway(InternetGatewayId=gateways[0], VpcId=vpc)


def test_a_role_that_is_not_in_a_profile_cannot_be_removed_from_it(
    emulator: RunningEmulator,
) -> None:
    iam = emulator.client("iam")
    iam.create_instance_profile(InstanceProfileName="host")
    iam.create_role(RoleName="host", AssumeRolePolicyDocument="{}")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
    iam.remove_role_from_instance_profile(InstanceProfileName="host", RoleName="host")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.remove_role_from_instance_profile(InstanceProfileName="host", RoleName="host")


def test_a_metric_filter_is_overwritten_and_needs_its_log_group(emulator: RunningEmulator) -> None:
    logs = emulator.client("logs")
    wanted = {
        "filterName": "logins",
        "metricTransformations": [{"metricName": "n", "metricNamespace": "s", "metricValue": "1"}],
    }
    logs.create_log_group(logGroupName="there")
    for pattern in ("one", "two"):
        logs.put_metric_filter(logGroupName="there", filterPattern=pattern, **wanted)
    (kept,) = logs.describe_metric_filters(logGroupName="there")["metricFilters"]
    assert kept["filterPattern"] == "two"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.put_metric_filter(logGroupName="nowhere", filterPattern="one", **wanted)


def test_a_schedule_needs_its_group_and_a_role_that_can_be_assumed(
    emulator: RunningEmulator,
) -> None:
    scheduler, iam = emulator.client("scheduler"), emulator.client("iam")

    def schedule(group: str, role: str) -> None:
        scheduler.create_schedule(
            GroupName=group,
            Name="daily",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:sns:us-east-1:123456789012:told",
                "RoleArn": f"arn:aws:iam::123456789012:role/{role}",
            },
        )

    for role, service in (("right", "scheduler.amazonaws.com"), ("wrong", "ec2.amazonaws.com")):
        trust = json.dumps({"Statement": [{"Principal": {"Service": service}}]})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    scheduler.create_schedule_group(Name="there")
    with pytest.raises(ClientError, match="ConflictException"):
        scheduler.create_schedule_group(Name="there")
    for role in ("wrong", "nowhere"):
        with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
            schedule("there", role)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        schedule("nowhere", "right")
    schedule("there", "right")
    scheduler.delete_schedule_group(Name="there")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scheduler.delete_schedule_group(Name="there")
