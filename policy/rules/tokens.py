"""Type tokens of the resources that rules look at."""

DYNAMIC = "pulumi-python:dynamic/cloudhsm:"
SERVED = "cloudhsm:index:"
"""What the type of the same resource begins with in a program that is not in Python."""

ACTIVATION = f"{DYNAMIC}ClusterActivation"
BACKUP_RETENTION = f"{DYNAMIC}BackupRetention"
CERTIFICATE_FILES = f"{DYNAMIC}CertificateFiles"
DUAL_STACK_CLUSTER = f"{DYNAMIC}DualStackCluster"
IDENTITY = f"{DYNAMIC}ClusterIdentity"
INITIALIZATION = f"{DYNAMIC}ClusterInitialization"
KEY_STORE = f"{DYNAMIC}CustomKeyStore"
KMS_CA = f"{DYNAMIC}KmsSignedCa"
KMS_USER = f"{DYNAMIC}KmsUser"
PASSWORD = f"{DYNAMIC}PasswordSecret"
PRIVATE_CA = f"{DYNAMIC}PrivateRootCa"

CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
CLUSTERS = (CLUSTER, DUAL_STACK_CLUSTER)
HSM = "aws:cloudhsmv2/hsm:Hsm"
KMS_KEY = "aws:kms/key:Key"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
INSTANCE = "aws:ec2/instance:Instance"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
TLS_KEY = "tls:index/privateKey:PrivateKey"

ONTAP = "aws:fsx/ontapFileSystem:OntapFileSystem"
SVM = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"
VOLUME = "aws:fsx/ontapVolume:OntapVolume"
FILE_SYSTEMS = (
    ONTAP,
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
    "aws:fsx/windowsFileSystem:WindowsFileSystem",
)

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"

CLIENT_HOST = "cloudhsm:index:ClientHost"
GENERATED_CA = "cloudhsm:index:GeneratedCa"
"""Components; their resources are known by their URN."""


def in_python(token: str) -> str:
    """The type that a resource has in a Python program; any other token as it is."""
    served = f"{DYNAMIC}{token.removeprefix(SERVED)}"
    return served if token.startswith(SERVED) and served in _DYNAMIC_TYPES else token


_DYNAMIC_TYPES = {
    value for value in globals().values() if isinstance(value, str) and value.startswith(DYNAMIC)
}
