"""Security groups and their rules: made, changed, imported, deleted."""

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN
from tests.rehearsal.plugins.driver import Plugin, RefusedError

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049, "description": "NFS"}


@pytest.fixture
def group_inputs(emulator: RunningEmulator) -> dict:
    vpc = emulator.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return {"name": "files", "description": "d", "vpcId": vpc, "tags": {"Name": "files"}}


@pytest.fixture
def group(aws: Plugin, group_inputs: dict) -> tuple[str, dict]:
    return aws.create(GROUP, group_inputs)


@pytest.fixture
def rule_inputs(group) -> dict:
    return {**RULE, "securityGroupId": group[0], "cidrIpv4": "10.0.0.0/16"}


def test_a_new_group_lets_nothing_in_or_out(aws: Plugin, emulator: RunningEmulator, group):
    shown = emulator.client("ec2").describe_security_groups(GroupIds=[group[0]])
    [found] = shown["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    assert (group[1]["ingress"], group[1]["egress"]) == ([], [])


def test_nothing_changes_after_they_were_made_and_read(
    aws: Plugin, group, group_inputs, rule_inputs
):
    rule, made = aws.create(INGRESS, rule_inputs)
    assert not aws.diff(INGRESS, made, aws.checked(INGRESS, rule_inputs)).diffs
    read = aws.read(INGRESS, rule, made, rule_inputs)
    assert not aws.diff(INGRESS, read[1], rule_inputs).diffs
    _, outputs, inputs = aws.read(GROUP, group[0], group[1], group_inputs)
    assert outputs["ingress"][0]["fromPort"] == 2049  # shown, but nothing the program gave
    assert inputs == group_inputs
    assert not aws.diff(GROUP, outputs, aws.checked(GROUP, group_inputs)).diffs


@pytest.mark.parametrize("token", [INGRESS, EGRESS])
@pytest.mark.parametrize("peer", ["cidrIpv4", "referencedSecurityGroupId"])
def test_a_rule_names_a_range_or_a_group(aws: Plugin, group, token: str, peer: str):
    value = group[0] if peer == "referencedSecurityGroupId" else "10.0.0.0/8"
    inputs = {**RULE, "securityGroupId": group[0], peer: value}
    rule, made = aws.create(token, inputs)
    described = InstalledPackage("aws").resource(token).outputs
    always = {name for name, given in described.items() if given}
    assert always <= made.keys() <= described.keys()
    assert made["arn"].startswith("arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-")
    assert made[peer] == value
    assert not aws.diff(token, aws.read(token, rule, made, inputs)[1], inputs).diffs
    aws.delete(token, rule, made)
    aws.delete(token, rule, made)
    assert aws.read(token, rule, made)[0] == ""


def test_a_rule_for_all_protocols_has_no_ports(aws: Plugin, group):
    inputs = {"ipProtocol": "-1", "securityGroupId": group[0], "cidrIpv4": "10.0.0.0/8"}
    rule, made = aws.create(EGRESS, inputs)
    assert "fromPort" not in made
    assert not aws.diff(EGRESS, aws.read(EGRESS, rule, made, inputs)[1], inputs).diffs


def test_a_rule_changes_in_place_but_not_its_group(
    aws: Plugin, emulator: RunningEmulator, group, rule_inputs
):
    rule, made = aws.create(INGRESS, rule_inputs)
    new = {**rule_inputs, "fromPort": 111, "toPort": 111, "tags": {"Name": "portmap"}}
    answer = aws.diff(INGRESS, made, new)
    wanted = {"fromPort", "toPort", "tags", "tagsAll"}
    assert (set(answer.diffs), list(answer.replaces)) == (wanted, [])
    changed = aws.update(INGRESS, rule, made, new)
    assert (changed["fromPort"], changed["tags"]) == (111, {"Name": "portmap"})
    shown = emulator.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[rule])
    assert shown["SecurityGroupRules"][0]["ToPort"] == 111
    moved = aws.diff(INGRESS, changed, {**new, "securityGroupId": "sg-0123456789abcdef0"})
    assert list(moved.replaces) == ["securityGroupId"]


def test_name_words_and_vpc_of_a_group_replace_it_and_tags_do_not(aws: Plugin, group, group_inputs):
    other = {"name": "n", "description": "o", "vpcId": "vpc-1", "tags": {"Name": "n"}}
    answer = aws.diff(GROUP, group[1], aws.checked(GROUP, other))
    assert set(answer.replaces) == {"name", "description", "vpcId"}
    retagged = {**group_inputs, "tags": {"a": "b"}}
    assert aws.update(GROUP, group[0], group[1], retagged)["tagsAll"] == {"a": "b"}


def test_imports_give_what_a_program_would(aws: Plugin, group, group_inputs, rule_inputs):
    rule, _ = aws.create(INGRESS, rule_inputs)
    assert aws.read(GROUP, group[0])[2] == group_inputs
    assert aws.read(INGRESS, rule)[2] == rule_inputs
    assert aws.read(EGRESS, rule)[0] == ""  # it is no egress rule


def test_a_group_that_others_name_is_not_deleted_and_the_error_is_one_line(
    aws: Plugin, group, group_inputs
):
    other, _ = aws.create(GROUP, {**group_inputs, "name": "other"})
    rule = aws.create(
        INGRESS, {**RULE, "securityGroupId": other, "referencedSecurityGroupId": group[0]}
    )
    with pytest.raises(RefusedError) as refused:
        aws.delete(GROUP, *group, timeout=0.5)
    assert "api error DependencyViolation" in str(refused.value)
    assert "\n" not in str(refused.value)
    aws.delete(INGRESS, *rule)
    aws.delete(GROUP, *group)
    assert aws.read(GROUP, *group)[0] == ""


def test_a_group_without_a_name_and_rules_inside_a_group_are_refused(aws: Plugin):
    [nameless] = aws.check(GROUP, {"description": "d"})
    assert "give one" in nameless
    [inside] = aws.check(
        GROUP, {"name": "n", "ingress": [{"fromPort": 1, "toPort": 1, "protocol": "tcp"}]}
    )
    assert "published plugins" in inside


@pytest.mark.parametrize("peers", [{}, {"cidrIpv4": "10.0.0.0/8", "prefixListId": "pl-1"}])
def test_a_rule_has_exactly_one_peer(aws: Plugin, peers: dict):
    [reason] = aws.check(INGRESS, {**RULE, "securityGroupId": "sg-1", **peers})
    assert "Exactly one of these attributes must be configured" in reason


def test_a_preview_calls_nothing(aws: Plugin, emulator: RunningEmulator):
    planned = aws.preview(INGRESS, {**RULE, "securityGroupId": UNKNOWN, "cidrIpv4": UNKNOWN})
    assert planned["securityGroupRuleId"] is UNKNOWN
    assert emulator.log() == []
