"""A small client host in the VPC: what the HSMs' own commands run on, while they are needed."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_aws as aws

from . import checks
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .host_adoption import SHOWN_OTHERWISE, instance_left_behind, nat_gateway_left_behind
from .stack_state import owner_of

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""SSM parameter with the id of the newest Amazon Linux 2023. Source: AWS, AL2023 on EC2."""
EVERYWHERE = "0.0.0.0/0"
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


@dataclass(frozen=True)
class ClientHostArgs:
    """What a ClientHost is made of."""

    vpc_id: pulumi.Input[str]
    """The cluster's VPC."""
    security_group_id: pulumi.Input[str]
    """The cluster's security group: its members reach the HSMs."""
    secret_arns: Sequence[pulumi.Input[str]] = ()
    """The secrets that the host may read, and nothing else of the account."""
    zone: str = ""
    """Zone for the host's own subnets; needed with `vpc_cidr`."""
    vpc_cidr: str = ""
    """Range of a VPC that this package made: the host gets subnets and a NAT gateway of its own."""
    subnet_id: pulumi.Input[str] | None = None
    """A subnet of yours instead, with a way to Systems Manager, Secrets Manager and S3."""
    instance_type: str = "t3.micro"
    """x86-64; the CLI needs next to nothing."""
    region: str | None = None
    """Region, to look for what an interrupted run left; the shell's when left out."""
    profile: str | None = None
    """Profile of the shared AWS configuration, for the same."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of everything."""

    def reading(self, secret_arns: Sequence[pulumi.Input[str]]) -> ClientHostArgs:
        """The same host, with these secrets to read."""
        return replace(self, secret_arns=secret_arns)

    def check(self) -> None:
        """Refuses what AWS would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if self.subnet_id is None and not (self.vpc_cidr and self.zone):
            raise checks.InputError(
                "client_subnet_id",
                None,
                "give a subnet with a way to Systems Manager, Secrets Manager and S3 (a NAT "
                "gateway): the cluster's own network was given",
            )
        if self.subnet_id == "":
            raise checks.InputError("client_subnet_id", "", "give a subnet's id, or leave it out")
        if self.instance_type.split(".")[0].endswith("g"):
            raise checks.InputError(
                "client_instance_type", self.instance_type, "give an x86-64 type such as t3.micro"
            )


class ClientHost(pulumi.ComponentResource):
    """An Amazon Linux 2023 instance without a public address, for Systems Manager to command."""

    instance_id: pulumi.Output[str]
    """`i-…`; it has a role, and a way to AWS, by then."""

    def __init__(
        self, name: str, args: ClientHostArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        # A host holds nothing: it may go and come back, whatever else is protected.
        free = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=False))
        super().__init__("cloudhsm:index:ClientHost", name, {}, free)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        subnet_id, way_out = self._create_network()
        profile, rights = self._create_profile()
        group = self._create_group()
        instance = self._create_instance(subnet_id, profile, group, [*way_out, rights])
        self.instance_id = instance.id
        self.register_outputs({"instance_id": self.instance_id})

    def _create_network(self) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        args = self._args
        if args.subnet_id is not None:
            return args.subnet_id, []
        out = WayOut(f"{self._name}-network", args, self._child)
        return out.subnet_id, [out.route]

    def _create_profile(self) -> tuple[aws.iam.InstanceProfile, aws.iam.RolePolicy]:
        name, args = self._name, self._args
        role = aws.iam.Role(
            f"{name}-role",
            name_prefix=f"{name[:20]}-",
            description="A client host of CloudHSM",
            assume_role_policy=_document("sts:AssumeRole", Principal="ec2.amazonaws.com"),
            tags=self._tags(),
            opts=self._child,
        )
        rights = aws.iam.RolePolicy(
            f"{name}-rights",
            name="client-host",
            role=role.name,
            policy=pulumi.Output.all(*args.secret_arns).apply(_rights),
            opts=self._child,
        )
        profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            name_prefix=f"{name[:20]}-",
            role=role.name,
            tags=self._tags(),
            opts=self._child,
        )
        return profile, rights

    def _create_group(self) -> aws.ec2.SecurityGroup:
        """Out to AWS by HTTPS and to the HSMs; nothing comes in."""
        args, (first, last) = self._args, HSM_PORTS
        group = aws.ec2.SecurityGroup(
            f"{self._name}-group",
            name=self._name,
            description="A client host of CloudHSM",
            vpc_id=args.vpc_id,
            tags=self._tags(),
            opts=self._child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-https",
            security_group_id=group.id,
            ip_protocol="tcp",
            cidr_ipv4=EVERYWHERE,
            from_port=443,
            to_port=443,
            opts=self._child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-hsms",
            security_group_id=group.id,
            ip_protocol="tcp",
            referenced_security_group_id=args.security_group_id,
            from_port=first,
            to_port=last,
            opts=self._child,
        )
        return group

    def _create_instance(
        self,
        subnet_id: pulumi.Input[str],
        profile: aws.iam.InstanceProfile,
        group: aws.ec2.SecurityGroup,
        after: list[pulumi.Resource],
    ) -> aws.ec2.Instance:
        args, name = self._args, f"{self._name}-instance"
        left = instance_left_behind(self, name, AwsAccess(args.region, args.profile))
        image = aws.ssm.get_parameter_output(
            name=IMAGE, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return aws.ec2.Instance(
            name,
            ami=image.insecure_value,
            instance_type=args.instance_type,
            subnet_id=subnet_id,
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id, args.security_group_id],
            iam_instance_profile=profile.name,
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required"},
            root_block_device={"encrypted": True, "volume_type": "gp3"},
            tags={**self._tags(), TAG: owner_of(self._name)},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=after,
                import_=left,
                # A newer image is no reason for another host.
                ignore_changes=["ami", *(SHOWN_OTHERWISE if left else ())],
            ),
        )

    def _tags(self) -> dict[str, str]:
        return {**self._args.tags, "Name": self._name}


class WayOut(pulumi.ComponentResource):
    """A subnet for the host, and a NAT gateway through which it reaches AWS and nobody it."""

    subnet_id: pulumi.Output[str]
    """The host's subnet."""
    route: pulumi.Resource
    """What has to be there before a host can report."""

    def __init__(
        self, name: str, args: ClientHostArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cloudhsm:index:WayOut", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        # The last two sixteenths: a cluster's subnets, ten at most, take the first ones.
        *_, inner, outer = ipaddress.IPv4Network(args.vpc_cidr).subnets(prefixlen_diff=4)
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet", vpc_id=args.vpc_id, tags=self._tags("internet"), opts=self._child
        )
        public = self._create_subnet("public", str(outer))
        leading_out = self._create_route(
            "public",
            public,
            aws.ec2.RouteTableRouteArgs(cidr_block=EVERYWHERE, gateway_id=gateway.id),
        )
        nat = self._create_nat(public, leading_out)
        private = self._create_subnet("host", str(inner))
        self.route = self._create_route(
            "host",
            private,
            aws.ec2.RouteTableRouteArgs(cidr_block=EVERYWHERE, nat_gateway_id=nat.id),
        )
        self.subnet_id = private.id
        self.register_outputs({"subnet_id": self.subnet_id})

    def _create_subnet(self, which: str, cidr: str) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{self._name}-{which}",
            vpc_id=self._args.vpc_id,
            cidr_block=cidr,
            availability_zone=self._args.zone,
            map_public_ip_on_launch=False,
            tags=self._tags(which),
            opts=self._child,
        )

    def _create_nat(self, public: aws.ec2.Subnet, after: pulumi.Resource) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"{self._name}-address", domain="vpc", tags=self._tags("address"), opts=self._child
        )
        name, access = f"{self._name}-nat", AwsAccess(self._args.region, self._args.profile)
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=public.id,
            tags={**self._tags("nat"), TAG: owner_of(self._name)},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[after],
                import_=nat_gateway_left_behind(self, name, access),
            ),
        )

    def _create_route(
        self, which: str, subnet: aws.ec2.Subnet, route: aws.ec2.RouteTableRouteArgs
    ) -> aws.ec2.RouteTableAssociation:
        table = aws.ec2.RouteTable(
            f"{self._name}-{which}-routes",
            vpc_id=self._args.vpc_id,
            routes=[route],
            tags=self._tags(which),
            opts=self._child,
        )
        return aws.ec2.RouteTableAssociation(
            f"{self._name}-{which}-route",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._child,
        )

    def _tags(self, which: str) -> dict[str, str]:
        return {**self._args.tags, "Name": f"{self._name}-{which}"}


def _rights(secret_arns: Sequence[str]) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": list(AGENT_ACTIONS), "Resource": "*"},
                {
                    "Effect": "Allow",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": list(secret_arns),
                },
            ],
        }
    )


def _document(action: str, *, Principal: str) -> str:  # noqa: N803 - IAM's own word
    statement = {"Effect": "Allow", "Action": action, "Principal": {"Service": Principal}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
