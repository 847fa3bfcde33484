"""The aws provider: its configuration, default tags, and which resource types it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from rehearsal.plugins.aws.acmpca import CertificateAuthority
from rehearsal.plugins.aws.cloudhsmv2.cluster import Cluster
from rehearsal.plugins.aws.cloudhsmv2.hsm import Hsm
from rehearsal.plugins.aws.cloudwatch.dashboard import Dashboard
from rehearsal.plugins.aws.cloudwatch.events import EventRule, EventTarget
from rehearsal.plugins.aws.cloudwatch.log_metric_filter import LogMetricFilter
from rehearsal.plugins.aws.cloudwatch.metric_alarm import MetricAlarm
from rehearsal.plugins.aws.core.connection import (
    Connection,
    EndpointError,
    endpoints_from,
    keys_from,
    region_from,
)
from rehearsal.plugins.aws.core.errors import TerraformError
from rehearsal.plugins.aws.core.tags import TagRules
from rehearsal.plugins.aws.ec2.gateways import Eip, InternetGateway, NatGateway
from rehearsal.plugins.aws.ec2.instance import Instance
from rehearsal.plugins.aws.ec2.route_tables import RouteTable, RouteTableAssociation
from rehearsal.plugins.aws.ec2.security_groups import (
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
)
from rehearsal.plugins.aws.ec2.subnet import Subnet
from rehearsal.plugins.aws.ec2.vpc import Vpc
from rehearsal.plugins.aws.fsx.file_system import OntapFileSystem
from rehearsal.plugins.aws.fsx.storage_virtual_machine import OntapStorageVirtualMachine
from rehearsal.plugins.aws.fsx.volume import OntapVolume
from rehearsal.plugins.aws.functions import FUNCTIONS
from rehearsal.plugins.aws.iam import InstanceProfile, Role, RolePolicy
from rehearsal.plugins.aws.kms import Alias, Key
from rehearsal.plugins.aws.scheduler import Schedule, ScheduleGroup
from rehearsal.plugins.aws.sns import Topic, TopicPolicy, TopicSubscription
from rehearsal.plugins.aws.sqs import Queue
from rehearsal.plugins.aws.stepfunctions import StateMachine
from rehearsal.plugins.core.failures import CheckFailure, PartlyMadeError, ProviderError
from rehearsal.plugins.core.input_checks import check_arguments
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.resource_type import ResourceType
from rehearsal.plugins.core.servicer import ProviderServicer
from rehearsal.plugins.core.values import UNKNOWN, Properties

if TYPE_CHECKING:
    from google.protobuf.message import Message

TYPES: list[type[ResourceType]] = [
    Alias,
    CertificateAuthority,
    Cluster,
    Dashboard,
    Eip,
    EventRule,
    EventTarget,
    Hsm,
    Instance,
    InstanceProfile,
    InternetGateway,
    Key,
    LogMetricFilter,
    MetricAlarm,
    NatGateway,
    OntapFileSystem,
    OntapStorageVirtualMachine,
    OntapVolume,
    Queue,
    Role,
    RolePolicy,
    RouteTable,
    RouteTableAssociation,
    Schedule,
    ScheduleGroup,
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
    StateMachine,
    Subnet,
    Topic,
    TopicPolicy,
    TopicSubscription,
    Vpc,
]


class AwsProvider(ProviderServicer):
    """Talks to the rehearsal's AWS on loopback, and to nothing else."""

    def __init__(self, engine_address: str = "") -> None:
        super().__init__(InstalledPackage("aws"), TYPES, engine_address)
        self._connection: Connection | None = None
        self._tags = TagRules()

    def check_config(self, config: Properties) -> list[CheckFailure]:
        """Refuse a configuration without a region, as the published plugin does."""
        if config.get("region") is UNKNOWN or region_from(config):
            return []
        return [
            CheckFailure(
                "Missing region information. Make sure you have set your AWS region, "
                "e.g. `pulumi config set aws:region us-west-2`."
            )
        ]

    def configure(self, config: Properties) -> None:
        """Take endpoints, region and credentials; anything but loopback is refused."""
        region = region_from(config)
        try:
            endpoints = endpoints_from(config)
        except EndpointError as error:
            raise ProviderError(str(error)) from error
        connection = Connection(region or "", endpoints)
        self._connection = replace(connection, keys=keys_from(config, connection))
        self._tags = TagRules.from_config(config)

    def make_resource_type(self, kind: type[ResourceType], token: str) -> ResourceType:
        """Give a resource type the connection and the rules for tags."""
        from rehearsal.plugins.aws.core.resource import AwsResource

        aws_kind = cast("type[AwsResource]", kind)
        return aws_kind(self.package.resource(token), self._connection, self._tags)

    def told(self, request: Message, error: ProviderError) -> str:
        """Tell an error of AWS twice, as Pulumi's bridge does: in the log, and in several lines."""
        if not isinstance(error, TerraformError | PartlyMadeError):
            return str(error)
        text = str(error)
        package = f"{self.package.provider}@{self.package.version}"
        self._log.error(
            getattr(request, "urn", ""),
            f"sdk-v2/provider2.go:572: sdk.helper_schema: {text}: provider={package}",
        )
        return f"1 error occurred:\n\t* {text}\n\n"

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Call one of the functions."""
        function = FUNCTIONS.get(token)
        if function is None:
            raise ProviderError(self.unsupported("function", token, FUNCTIONS))
        if self._connection is None:
            raise ProviderError("the aws provider was not configured")
        described = self.package.function(token)
        check_arguments(arguments, described, self.package.version)
        region = arguments.get("region")
        connection = self._connection.in_region(region) if region else self._connection
        return function(connection, arguments)
