"""A lost Region's cluster in another Region: what that needs is in the outputs of its stack."""

import pulumi

from pulumi_cloudhsm import (
    ActivationArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    HsmsArgs,
    KeyStoreArgs,
    NetworkArgs,
    RestoreArgs,
)
from pulumi_cloudhsm.put_aside import replica

config = pulumi.Config()
region = pulumi.Config("aws").require("region")
lost = pulumi.StackReference(config.require("lostStack"))
copies = lost.require_output("backupCopiesByRegion")

hsm = CloudHsmDeployment(
    "cloudhsm",
    CloudHsmDeploymentArgs(
        network=NetworkArgs(availability_zones=config.require_object("zones")),
        restore=RestoreArgs(
            backup_id=copies.apply(lambda by_region: by_region[region]["id"]),
            ca_certificate=lost.require_output("caCertificate"),
        ),
        # The passwords are those of the backup.
        activation=ActivationArgs(
            mode="ssm",
            admin_secret=lost.require_output("adminSecret").apply(lambda arn: replica(arn, region)),
        ),
        hsms=HsmsArgs(count=2),
        key_store=KeyStoreArgs(name="elsewhere"),
    ),
)
pulumi.export("clusterId", hsm.cluster_id)
pulumi.export("clusterState", hsm.cluster_state)
pulumi.export("keyArn", hsm.key_arn)
