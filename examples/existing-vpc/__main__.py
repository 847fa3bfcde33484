"""A cluster in private subnets that exist, under an aws provider of its own."""

import pulumi
import pulumi_aws as aws

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)

config = pulumi.Config()
ireland = aws.Provider("ireland", region="eu-west-1")
hsm = CloudHsmDeployment(
    "cloudhsm",
    CloudHsmDeploymentArgs(
        network=NetworkArgs(subnet_ids=config.require_object("subnetIds")),
        trust=TrustArgs(subject=Subject("Example CloudHSM CA", "Example Organization")),
    ),
    opts=pulumi.ResourceOptions(provider=ireland),
)
pulumi.export("clusterId", hsm.cluster_id)
pulumi.export("clusterState", hsm.cluster_state)
