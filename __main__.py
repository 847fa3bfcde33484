"""The program: configuration in, one deployment, its outputs for people and other stacks."""

import pulumi

from pulumi_cloudhsm import CloudHsmDeployment
from pulumi_cloudhsm.config import load

config = load()
deployment = CloudHsmDeployment(config.name, config.args)
for name, value in deployment.outputs.items():
    pulumi.export(name, value)
