"""Security groups and their rules, as Terraform's aws_security_group and aws_vpc_…_rule do them.

A group is made without rules: those are resources of their own, as AWS and Terraform advise.
"""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.core.names import chosen_name, without_name_or_prefix
from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

ALL_PROTOCOLS = "-1"
_PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


class SecurityGroup(Ec2Resource):
    """A security group of a VPC."""

    token = "aws:ec2/securityGroup:SecurityGroup"  # noqa: S105 - a type token
    noun = "EC2 Security Group"
    ec2_type = "security-group"
    not_found = "InvalidGroup.NotFound"
    describe_call: ClassVar = ("describe_security_groups", "GroupIds", "SecurityGroups")
    delete_call = ("delete_security_group", "GroupId")
    interface_filter = "group-id"
    # Its rules are resources of their own.
    chosen_by_aws: ClassVar = frozenset({"egress", "ingress"})
    defaults: ClassVar = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    updatable: ClassVar = frozenset({"tags", "revokeRulesOnDelete"})
    unsupported: ClassVar = frozenset({"egress", "ingress", "revokeRulesOnDelete"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse a group without a name, too."""
        return [*super().check(inputs, resource), *without_name_or_prefix(inputs, resource)]

    def start_create(self, inputs: Properties) -> str:
        """CreateSecurityGroup."""
        request: dict[str, Any] = {
            "GroupName": chosen_name(inputs),
            "Description": inputs.get("description") or self.defaults["description"],
        }
        if inputs.get("vpcId"):
            request["VpcId"] = inputs["vpcId"]
        client = self.client(inputs)
        return client.create_security_group(**request, **self.tag_specifications(inputs))["GroupId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Take away the rule that lets everything out: Terraform begins without any."""
        del call
        everything = {"IpProtocol": ALL_PROTOCOLS, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client = self.client(inputs)
        client.revoke_security_group_egress(GroupId=identifier, IpPermissions=[everything])

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeSecurityGroups."""
        group = self.described(identifier, old)
        if group is None:
            return None
        owner = group["OwnerId"]
        outputs = {
            "arn": self.arn(identifier, owner, old),
            "description": group["Description"],
            "egress": _rules(group["IpPermissionsEgress"], identifier),
            "ingress": _rules(group["IpPermissions"], identifier),
            "name": group["GroupName"],
            "namePrefix": old.get("namePrefix") or "",
            "ownerId": owner,
            "revokeRulesOnDelete": bool(old.get("revokeRulesOnDelete")),
            **self.shown_tags(group.get("Tags")),
            "vpcId": group.get("VpcId", ""),
        }
        return Made(identifier, outputs)


class _Rule(Ec2Resource):
    """One rule of a security group, with one peer."""

    ec2_type = "security-group-rule"
    not_found = "InvalidSecurityGroupRuleId.NotFound"
    describe_call: ClassVar = (
        "describe_security_group_rules",
        "SecurityGroupRuleIds",
        "SecurityGroupRules",
    )
    updatable: ClassVar = frozenset(
        {"cidrIpv4", "description", "fromPort", "ipProtocol", "tags", "toPort"}
        | {"referencedSecurityGroupId"}
    )
    unsupported: ClassVar = frozenset({"cidrIpv6", "prefixListId"})
    #: "ingress" or "egress".
    direction: ClassVar[str]

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Exactly one peer."""
        given = [name for name in _PEERS if name in inputs]
        if len(given) != 1:
            wanted = "[cidr_ipv4,cidr_ipv6,prefix_list_id,referenced_security_group_id]"
            reason = (
                "Invalid Attribute Combination. Exactly one of these attributes must be "
                f"configured: {wanted}"
            )
            return [examine(reason, resource, given[-1] if given else _PEERS[0])]
        return super().check(inputs, resource)

    def start_create(self, inputs: Properties) -> str:
        """AuthorizeSecurityGroupIngress or …Egress."""
        permission: dict[str, Any] = {"IpProtocol": inputs["ipProtocol"]}
        permission |= {
            key: inputs[name]
            for name, key in {"fromPort": "FromPort", "toPort": "ToPort"}.items()
            if name in inputs
        }
        about = {"Description": inputs["description"]} if inputs.get("description") else {}
        if "cidrIpv4" in inputs:
            permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **about}]
        else:
            peer = {"GroupId": inputs["referencedSecurityGroupId"], **about}
            permission["UserIdGroupPairs"] = [peer]
        authorize = getattr(self.client(inputs), f"authorize_security_group_{self.direction}")
        answer = authorize(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[permission],
            **self.tag_specifications(inputs),
        )
        return answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeSecurityGroupRules."""
        rule = self.described(identifier, old)
        if rule is None or rule["IsEgress"] != (self.direction == "egress"):
            return None
        owner = rule.get("GroupOwnerId")
        if not owner:  # moto leaves it out
            groups = self.client(old).describe_security_groups(GroupIds=[rule["GroupId"]])
            owner = groups["SecurityGroups"][0]["OwnerId"]
        outputs: Properties = {
            "arn": self.arn(identifier, owner, old),
            "cidrIpv4": rule.get("CidrIpv4"),
            "description": rule.get("Description"),
            "ipProtocol": rule["IpProtocol"],
            "referencedSecurityGroupId": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": identifier,
            **self.shown_tags(rule.get("Tags")),
        }
        for name, key in {"fromPort": "FromPort", "toPort": "ToPort"}.items():
            # Terraform: what was not given stays so where AWS says -1.
            if name in old or rule.get(key, -1) != -1:
                outputs[name] = rule.get(key)
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """ModifySecurityGroupRules, with the whole rule."""
        names = {
            "cidrIpv4": "CidrIpv4",
            "description": "Description",
            "fromPort": "FromPort",
            "ipProtocol": "IpProtocol",
            "referencedSecurityGroupId": "ReferencedGroupId",
            "toPort": "ToPort",
        }
        if all(inputs.get(name) == old.get(name) for name in names):
            return
        rule = {key: inputs[name] for name, key in names.items() if name in inputs}
        self.client(old).modify_security_group_rules(
            GroupId=old["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": identifier, "SecurityGroupRule": rule}],
        )

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """RevokeSecurityGroupIngress or …Egress; a group that is gone took its rules along."""
        del call
        revoke = f"revoke_security_group_{self.direction}"
        request = {"GroupId": old["securityGroupId"], "SecurityGroupRuleIds": [identifier]}
        self.if_found(
            old,
            lambda client: getattr(client, revoke)(**request),
            SecurityGroup.not_found,
            "InvalidPermission.NotFound",
        )
        return False


class SecurityGroupIngressRule(_Rule):
    """What may come in."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"  # noqa: S105 - a type token
    noun = "VPC Security Group Ingress Rule"
    direction = "ingress"


class SecurityGroupEgressRule(_Rule):
    """What may go out."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"  # noqa: S105 - a type token
    noun = "VPC Security Group Egress Rule"
    direction = "egress"


def _rules(permissions: list[dict[str, Any]], group_id: str) -> list[Properties]:
    """The rules as the group's own outputs show them."""
    return [
        {
            "cidrBlocks": [block["CidrIp"] for block in permission.get("IpRanges") or []],
            "description": "",
            "fromPort": max(permission.get("FromPort", 0), 0),
            "ipv6CidrBlocks": [block["CidrIpv6"] for block in permission.get("Ipv6Ranges") or []],
            "prefixListIds": [],
            "protocol": permission["IpProtocol"],
            "securityGroups": sorted(peer for peer in _peers(permission) if peer != group_id),
            "self": group_id in _peers(permission),
            "toPort": max(permission.get("ToPort", 0), 0),
        }
        for permission in permissions
    ]


def _peers(permission: dict[str, Any]) -> list[str]:
    return [pair["GroupId"] for pair in permission.get("UserIdGroupPairs") or []]
