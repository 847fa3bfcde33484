"""An initialized cluster with one HSM, in a VPC of its own."""

import pulumi

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)

hsm = CloudHsmDeployment(
    "cloudhsm",
    CloudHsmDeploymentArgs(
        network=NetworkArgs(availability_zones=["eu-central-1a", "eu-central-1b"]),
        trust=TrustArgs(subject=Subject("Example CloudHSM CA", "Example Organization")),
    ),
)
pulumi.export("clusterId", hsm.cluster_id)
pulumi.export("clusterState", hsm.cluster_state)
pulumi.export("nextStep", hsm.next_step)
