"""A cluster from a backup: its keys, its users and its CA are those of the lost cluster."""

from pathlib import Path

import pulumi

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    NetworkArgs,
    RestoreArgs,
)

hsm = CloudHsmDeployment(
    "cloudhsm",
    CloudHsmDeploymentArgs(
        network=NetworkArgs(availability_zones=["eu-central-1a", "eu-central-1b"]),
        restore=RestoreArgs(
            backup_id=pulumi.Config().require("backupId"),
            ca_certificate=Path("customerCA.crt").read_text(),
        ),
    ),
)
pulumi.export("clusterId", hsm.cluster_id)
pulumi.export("clusterState", hsm.cluster_state)
