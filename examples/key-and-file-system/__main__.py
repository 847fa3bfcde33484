"""From a CA whose key never leaves KMS to a key that only the HSMs hold, and files under it."""

import pulumi

from pulumi_cloudhsm import (
    ActivationArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    FileSystemArgs,
    HsmsArgs,
    KeyStoreArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)

hsm = CloudHsmDeployment(
    "cloudhsm",
    CloudHsmDeploymentArgs(
        network=NetworkArgs(availability_zones=["eu-central-1a", "eu-central-1b"]),
        trust=TrustArgs(mode="kms", subject=Subject("Example CloudHSM CA", "Example Organization")),
        hsms=HsmsArgs(count=2),
        activation=ActivationArgs(mode="ssm"),
        key_store=KeyStoreArgs(),
        file_system=FileSystemArgs(),
    ),
)
pulumi.export("keyArn", hsm.key_arn)
pulumi.export("subnetIds", hsm.network.subnet_ids)
pulumi.export("securityGroupId", hsm.security_group_id)
pulumi.export("caCertificate", hsm.ca_certificate)
pulumi.export("mountCommands", hsm.mount_commands)
