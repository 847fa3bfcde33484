"""A small client host in the VPC: what the HSMs' own commands run on, while they are needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..common import recovery_of
from ..facts import HasClusterFacts
from ..recovery.kinds import (
    EGRESS_RULE,
    INSTANCE,
    INSTANCE_PROFILE,
    ROLE,
    SECURITY_GROUP,
)
from ..recovery.part import Part
from .args import ClientArgs
from .nat_network_component import EVERYWHERE, NatNetwork

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""SSM parameter with the id of the newest Amazon Linux 2023. Source: AWS, AL2023 on EC2."""
HSM_PORTS = (2223, 2225)
"""Source: user guide, configure the EC2 instance's security groups."""
AGENT_ACTIONS = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What SSM's agent needs to take commands; the managed policy allows more (all parameters)."""


class ClientHost(Part):
    """An Amazon Linux 2023 instance without a public address, for Systems Manager to command."""

    instance_id: pulumi.Output[str]
    """`i-…`; it has a role, and a way to AWS, by then."""

    def __init__(
        self,
        name: str,
        args: ClientArgs,
        *,
        cluster: HasClusterFacts,
        secret_arns: Sequence[pulumi.Input[str]],
        read_until: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the host.

        Args:
            name: logical name.
            args: `subnet_id`, `instance_type` and `secrets_kms_key` are read.
            cluster: the cluster that it reaches, or its facts.
            secret_arns: the secrets that the host may read, and nothing else of the account.
            read_until: moment from which on it may read none of them; ISO 8601, UTC. No end when
                left out.
            opts: Pulumi's options.
        """
        # A host holds nothing: it may go and come back, whatever else is protected.
        free = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=False))
        shown = {"subnet_id": args.subnet_id, "instance_type": args.instance_type}
        super().__init__("cloudhsm:index:ClientHost", name, shown, free)
        self._name, self._args, self._facts = name, args, cluster.facts.within(self)
        self._secret_arns, self._read_until = secret_arns, read_until
        self._child = pulumi.ResourceOptions(parent=self)
        self._recovery = recovery_of(self, self._facts.common)
        subnet_id, way_out = self._create_network()
        profile, rights = self._create_profile()
        group = self._create_group()
        instance = self._create_instance(subnet_id, profile, group, [*way_out, rights])
        self.instance_id = instance.id
        self.register_outputs({"instance_id": self.instance_id})

    def _create_network(self) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        subnet_id, vpc_cidr = self._args.subnet_id, self._facts.vpc_cidr
        if subnet_id is not None or vpc_cidr is None:
            return subnet_id or "", []
        out = NatNetwork(f"{self._name}-network", vpc_cidr, cluster=self._facts, opts=self._child)
        return out.subnet_id, [out.route]

    def _create_profile(self) -> tuple[aws.iam.InstanceProfile, aws.iam.RolePolicy]:
        name, recovery, read_until = self._name, self._recovery, self._read_until
        # IAM finds neither by tag, and a name with a random end would not be found again.
        key = recovery.deployment.known_unique(name)
        role = aws.iam.Role(
            f"{name}-role",
            name=recovery.unique(name),
            description="A client host of CloudHSM",
            assume_role_policy=_document("sts:AssumeRole", Principal="ec2.amazonaws.com"),
            tags=self._tags("role"),
            opts=recovery.adopt(ROLE, f"{name}-role", self._child, key=key),
        )
        rights = aws.iam.RolePolicy(
            f"{name}-rights",
            name="client-host",
            role=role.name,
            policy=pulumi.Output.all(self._args.secrets_kms_key, *self._secret_arns).apply(
                lambda known: _rights(*known, until=read_until)
            ),
            opts=self._child,
        )
        profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            name=recovery.unique(name),
            role=role.name,
            tags=self._tags("profile"),
            opts=recovery.adopt(INSTANCE_PROFILE, f"{name}-profile", self._child, key=key),
        )
        return profile, rights

    def _create_group(self) -> aws.ec2.SecurityGroup:
        """Out to AWS by HTTPS and to the HSMs; nothing comes in."""
        facts, (first, last) = self._facts, HSM_PORTS
        group = aws.ec2.SecurityGroup(
            f"{self._name}-group",
            name=self._recovery.unique(self._name),
            description="A client host of CloudHSM",
            vpc_id=facts.vpc_id,
            tags=self._tags("group"),
            opts=self._recovery.adopt(SECURITY_GROUP, f"{self._name}-group", self._child),
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-https",
            security_group_id=group.id,
            ip_protocol="tcp",
            cidr_ipv4=EVERYWHERE,
            from_port=443,
            to_port=443,
            tags=self._tags("https"),
            opts=self._recovery.adopt(EGRESS_RULE, f"{self._name}-https", self._child),
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-hsms",
            security_group_id=group.id,
            ip_protocol="tcp",
            referenced_security_group_id=facts.security_group_id,
            from_port=first,
            to_port=last,
            tags=self._tags("hsms"),
            opts=self._recovery.adopt(EGRESS_RULE, f"{self._name}-hsms", self._child),
        )
        return group

    def _create_instance(
        self,
        subnet_id: pulumi.Input[str],
        profile: aws.iam.InstanceProfile,
        group: aws.ec2.SecurityGroup,
        after: list[pulumi.Resource],
    ) -> aws.ec2.Instance:
        facts, name = self._facts, f"{self._name}-instance"
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=after,
            # A newer image is no reason for another host. The others never change, and AWS shows
            # them otherwise than they are given, which would replace an adopted host.
            ignore_changes=[
                "ami",
                "associate_public_ip_address",
                "metadata_options",
                "root_block_device",
            ],
        )
        types = [one.pulumi_resource_type for one in self.lineage]
        held = self._recovery.deployment.state.outputs([*types, INSTANCE], name)
        return aws.ec2.Instance(
            name,
            ami=(held or {}).get("ami") or self._image(),
            instance_type=self._args.instance_type,
            subnet_id=subnet_id,
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id, facts.security_group_id],
            iam_instance_profile=profile.name,
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required"},
            root_block_device={"encrypted": True, "volume_type": "gp3"},
            tags=self._tags("instance"),
            opts=self._recovery.adopt(INSTANCE, name, options),
        )

    def _image(self) -> str:
        """Id of the newest Amazon Linux 2023.

        Raises:
            RunError: it cannot be read; told before anything is made.
        """
        try:
            return aws.ssm.get_parameter(
                name=IMAGE, opts=pulumi.InvokeOptions(parent=self)
            ).insecure_value
        except Exception as error:  # the SDK raises nothing more exact
            said = " ".join(str(error).split())
            raise pulumi.RunError(
                f"the image of the client host cannot be read from {IMAGE} ({said}): allow "
                "ssm:GetParameter for it, or give an instance of yours in client.instance_id"
            ) from None

    def _tags(self, which: str) -> dict[str, pulumi.Input[str]]:
        named = {**self._facts.common.tags, "Name": self._name}
        return self._recovery.tags(f"{self._name}-{which}", named)


def _rights(kms_key: str | None, *secret_arns: str | None, until: str | None) -> str:
    """A policy whose rights to secrets end by themselves.

    Source: IAM user guide, "AWS: Allows access based on date and time".
    """
    end = {"DateLessThan": {"aws:CurrentTime": until}} if until else {}
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": list(AGENT_ACTIONS), "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": secret_arns,
            **({"Condition": end} if end else {}),
        },
    ]
    if kms_key:
        # Secrets Manager names the secret in each call to KMS. Source: its user guide, "Secret
        # encryption and decryption in AWS Secrets Manager", encryption context.
        context = {"StringEquals": {"kms:EncryptionContext:SecretARN": secret_arns}, **end}
        statements.append(
            {
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": kms_key,
                "Condition": context,
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _document(action: str, *, Principal: str) -> str:  # noqa: N803 - IAM's own word
    statement = {"Effect": "Allow", "Action": action, "Principal": {"Service": Principal}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
