"""The table of recovery: how each type of resource is found at AWS, and what its states mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ..aws import ec2_owned, iam, kms, scheduler, stepfunctions
from ..aws.acmpca import AcmPca
from ..aws.cloudhsmv2 import DELETING_OR_DELETED, CloudHsm, Cluster
from ..aws.found import ID_TAG, Found, resource_name
from ..aws.fsx import BROKEN, Fsx, Part
from ..aws.session import AwsAccess

T = TypeVar("T")

CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
HSM = "aws:cloudhsmv2/hsm:Hsm"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
PRIVATE_CA = "aws:acmpca/certificateAuthority:CertificateAuthority"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
ELASTIC_IP = "aws:ec2/eip:Eip"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INSTANCE = "aws:ec2/instance:Instance"
ROLE = "aws:iam/role:Role"
INSTANCE_PROFILE = "aws:iam/instanceProfile:InstanceProfile"
FILE_SYSTEM = "aws:fsx/ontapFileSystem:OntapFileSystem"
STORAGE_VIRTUAL_MACHINE = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"
VOLUME = "aws:fsx/ontapVolume:OntapVolume"
SCHEDULE_GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
SCHEDULE = "aws:scheduler/schedule:Schedule"


class Survey:
    """What AWS is asked in one run, about one deployment in one Region: each question once."""

    def __init__(self, access: AwsAccess, deployment_id: str) -> None:
        self.access, self.deployment_id = access, deployment_id
        self._answers: dict[str, Any] = {}

    def ask(self, question: str, ask: Callable[[], T]) -> T:
        """The answer, from AWS or from an earlier time."""
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]

    def ec2(self) -> list[Found]:
        """Everything of EC2 that carries the id."""
        return self.ask("ec2", lambda: ec2_owned.tagged(self.access, self.deployment_id))

    def clusters(self) -> list[Cluster]:
        """Every cluster of the Region."""
        return self.ask("clusters", lambda: CloudHsm(self.access).clusters())

    def file_systems(self) -> list[Part]:
        """Every ONTAP file system of the Region."""
        return self.ask("file systems", lambda: Fsx(self.access).file_systems())

    def svms(self) -> list[Part]:
        """Every storage virtual machine of the Region."""
        return self.ask("storage virtual machines", lambda: Fsx(self.access).svms())

    def volumes(self) -> list[Part]:
        """Every volume of the Region."""
        return self.ask("volumes", lambda: Fsx(self.access).volumes())

    def kms_keys(self) -> list[Found]:
        """The KMS keys that carry the id."""
        return self.ask("keys", lambda: kms.owned_keys(self.access, self.deployment_id))

    def aliases(self) -> list[tuple[str, str]]:
        """Name and key of every alias of the Region."""
        return self.ask("aliases", lambda: kms.aliases(self.access))

    def key_stores(self) -> list[kms.KeyStore]:
        """Every custom key store of the Region that is on a CloudHSM cluster."""
        return self.ask("key stores", lambda: kms.Kms(self.access).key_stores())


GONE = "gone"
"""State of what only a tag is left of."""
Find = Callable[[Survey, str], list[Found]]
"""Takes the run's survey and a key, which is the resource's name in its tag unless the row says
otherwise; returns what may be meant."""


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes:
        what: how to call several of it.
        find: finds it at AWS.
        making: states in which AWS is still making it: an update waits for `usable` in the graph.
        usable: states in which it can be imported and used, the usual one first; none: any state.
        gone: states in which it is going or gone, so a new one may be made.
        fix: what to do about one that is in another state.
        setting: what prolongs the wait for it.
        discard: deletes one that is HALF_MADE, just before another one is made; None: there is no
            such state. An import would leave it to an update that no second crash may interrupt.
    """

    what: str
    find: Find
    making: tuple[str, ...] = ()
    usable: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    fix: str = "repair what AWS names, then run `pulumi up` again"
    setting: str = ""
    discard: Callable[[AwsAccess, str], None] | None = None

    def usable_in(self, states: tuple[str, ...]) -> Kind:
        """The same, usable in other states; unchanged for none."""
        return replace(self, usable=states) if states else self


def _tagged(prefix: str) -> Find:
    """Of EC2, by the tag; what is gone keeps its tags for a while, so the states are asked for."""

    def find(survey: Survey, key: str) -> list[Found]:
        found = [one for one in survey.ec2() if one.identifier.startswith(prefix)]
        named = [one for one in found if one.name == key]
        ids = [one.identifier for one in named]
        shown = ec2_owned.states(survey.access, ids) if ids else {}
        return [Found(one, key, shown.get(one, GONE)) for one in ids]

    return find


def _association(survey: Survey, key: str) -> list[Found]:
    tables = _tagged("rtb-")(survey, key)
    return ec2_owned.associations(survey.access, tables) if tables else []


def _alias(survey: Survey, key: str) -> list[Found]:
    ours = {one.identifier for one in survey.kms_keys()}
    return [
        Found(name, name) for name, target in survey.aliases() if name == key and target in ours
    ]


def _cluster(survey: Survey, key: str) -> list[Found]:
    return [
        Found(one.cluster_id, key, one.state, one.message)
        for one in survey.clusters()
        if one.tags.get(ID_TAG) == survey.deployment_id and resource_name(one.tags) == key
    ]


def _hsm(survey: Survey, key: str) -> list[Found]:
    """The key is its id: whether an address is of our cluster is known where that was looked at."""
    return [
        Found(hsm.hsm_id, hsm.ip)
        for cluster in survey.clusters()
        for hsm in cluster.live_hsms
        if hsm.hsm_id == key
    ]


def _fsx(listed: Callable[[Survey], list[Part]]) -> Find:
    def find(survey: Survey, key: str) -> list[Found]:
        return [
            Found(one.identifier, key, one.state, one.reason)
            for one in listed(survey)
            if one.tags.get(ID_TAG) == survey.deployment_id and resource_name(one.tags) == key
        ]

    return find


def _role(survey: Survey, key: str) -> list[Found]:
    """The key is the name that it has at AWS."""
    return iam.role(survey.access, key, survey.deployment_id)


def _instance_profile(survey: Survey, key: str) -> list[Found]:
    return iam.instance_profile(survey.access, key, survey.deployment_id)


def _schedule_group(survey: Survey, key: str) -> list[Found]:
    """The key is the name that it has at AWS."""
    return scheduler.group(survey.access, key, survey.deployment_id)


def _schedule(survey: Survey, key: str) -> list[Found]:
    """The key is the group's name, a slash and its own."""
    return scheduler.schedule(survey.access, key, survey.deployment_id)


def _state_machine(survey: Survey, key: str) -> list[Found]:
    """The key is the name that it has at AWS."""
    return stepfunctions.state_machine(survey.access, key, survey.deployment_id)


def _private_ca(survey: Survey, key: str) -> list[Found]:
    owned = survey.ask("private CAs", lambda: AcmPca(survey.access).owned(survey.deployment_id))
    return [one for one in owned if one.name == key]


_RESTORE = "restore the state (`pulumi stack import` of a backup)"
_GIVE_UP = f"to give it up, take its tag {ID_TAG} off"
_DELETING, _FILE_SYSTEM = "DELETING", "waits.file_system.deadline_seconds"
KINDS = {
    CLUSTER: Kind(
        "clusters",
        _cluster,
        making=("CREATE_IN_PROGRESS",),
        usable=("UNINITIALIZED",),
        gone=tuple(DELETING_OR_DELETED),
        setting="waits.hsm.deadline_seconds",
        fix=f"{_RESTORE}; {_GIVE_UP} (aws cloudhsmv2 untag-resource)",
    ),
    HSM: Kind("HSMs", _hsm),
    KEY: Kind(
        "KMS keys",
        lambda survey, key: [one for one in survey.kms_keys() if one.name == key],
        making=("Creating",),
        usable=("Enabled", "Disabled", "Unavailable"),
        gone=("PendingDeletion", "PendingReplicaDeletion"),
    ),
    ALIAS: Kind("aliases", _alias),
    PRIVATE_CA: Kind(
        "private CAs",
        _private_ca,
        making=("CREATING",),
        usable=("PENDING_CERTIFICATE",),
        setting="waits.signing.deadline_seconds",
        gone=("DELETED", "FAILED"),
        fix=f"{_RESTORE}, or name it in trust.private_ca_arn; {_GIVE_UP} (aws acm-pca "
        "untag-certificate-authority): it is charged for until it is deleted",
    ),
    VPC: Kind("VPCs", _tagged("vpc-")),
    SUBNET: Kind("subnets", _tagged("subnet-")),
    INTERNET_GATEWAY: Kind("internet gateways", _tagged("igw-"), discard=ec2_owned.delete),
    NAT_GATEWAY: Kind(
        "NAT gateways",
        _tagged("nat-"),
        making=("pending",),
        usable=("available",),
        gone=("failed", "deleting", "deleted"),
    ),
    ELASTIC_IP: Kind("Elastic IPs", _tagged("eipalloc-")),
    ROUTE_TABLE: Kind("route tables", _tagged("rtb-"), discard=ec2_owned.delete),
    ASSOCIATION: Kind("route table associations", _association),
    SECURITY_GROUP: Kind("security groups", _tagged("sg-"), discard=ec2_owned.delete),
    INGRESS_RULE: Kind("security group rules", _tagged("sgr-")),
    EGRESS_RULE: Kind("security group rules", _tagged("sgr-")),
    INSTANCE: Kind(
        "instances",
        _tagged("i-"),
        gone=("shutting-down", "terminated"),
    ),
    ROLE: Kind("roles", _role),
    INSTANCE_PROFILE: Kind(
        "instance profiles", _instance_profile, discard=iam.delete_instance_profile
    ),
    SCHEDULE_GROUP: Kind("schedule groups", _schedule_group, gone=("DELETING",)),
    SCHEDULE: Kind("schedules", _schedule),
    STATE_MACHINE: Kind("state machines", _state_machine),
    FILE_SYSTEM: Kind(
        "file systems",
        _fsx(Survey.file_systems),
        making=("CREATING",),
        usable=("AVAILABLE", "UPDATING", *BROKEN[1:]),
        gone=(_DELETING,),
        setting=_FILE_SYSTEM,
        fix="it holds nothing: delete it (aws fsx delete-file-system), then run `pulumi up` again",
    ),
    STORAGE_VIRTUAL_MACHINE: Kind(
        "storage virtual machines",
        _fsx(Survey.svms),
        making=("CREATING", "PENDING"),
        usable=("CREATED", "MISCONFIGURED"),
        gone=(_DELETING,),
        setting=_FILE_SYSTEM,
        fix="delete it (aws fsx delete-storage-virtual-machine), then run `pulumi up` again",
    ),
    VOLUME: Kind(
        "volumes",
        _fsx(Survey.volumes),
        making=("CREATING", "PENDING"),
        usable=("CREATED", "AVAILABLE", "MISCONFIGURED"),
        gone=(_DELETING,),
        setting=_FILE_SYSTEM,
        fix="delete it (aws fsx delete-volume), then run `pulumi up` again",
    ),
}
"""Type token to row."""
