"""Two deployments of one logical name, in components of the program's own, in two accounts."""

from __future__ import annotations

import json
import os
from typing import Any

import pulumi
import pulumi_aws as aws

from pulumi_cloudhsm import (
    AssumedRole,
    AwsAccessArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    FilesArgs,
    IdentityArgs,
    NetworkArgs,
    PinnedRoot,
    Subject,
    Timing,
    TrustArgs,
    WaitsArgs,
)

ROOTS = {name: PinnedRoot(**root) for name, root in json.loads(os.environ["ROOTS"]).items()}
WAITS = WaitsArgs(hsm=Timing(2, 120), initialization=Timing(1, 120))
CONFIG = pulumi.Config()
RENAMED = CONFIG.get_bool("renamed")
ROLE, EXTERNAL_ID = os.environ["ROLE"], "agreed"


def args(
    region: str, directory: str, access: AwsAccessArgs | None = None
) -> CloudHsmDeploymentArgs:
    return CloudHsmDeploymentArgs(
        # As an output of another stack: not plain when AWS is looked at.
        region=pulumi.Output.from_input(CONFIG.get("region") or region),
        network=NetworkArgs([f"{region}a", f"{region}b"]),
        trust=TrustArgs(subject=Subject("Example CA", "Example Corp"), key_bits=2048),
        identity=IdentityArgs(aws_roots=[ROOTS["aws"]], manufacturer_roots=[ROOTS["manufacturer"]]),
        files=FilesArgs(directory=directory),
        waits=WAITS,
        aws_access=access,
        protect=False,
    )


class Vault(pulumi.ComponentResource):
    """A component of the author's own; its provider serves the deployment in it."""

    hsm: CloudHsmDeployment

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("author:index:Vault", name, {}, opts)
        role = AssumedRole(role_arn=ROLE, external_id=EXTERNAL_ID)
        access = None if CONFIG.get_bool("withoutAccess") else AwsAccessArgs(assume_roles=[role])
        self.hsm = CloudHsmDeployment(
            "keys", args("eu-west-1", "vault", access), opts=pulumi.ResourceOptions(parent=self)
        )
        self.register_outputs({"cluster_id": self.hsm.cluster_id})


class Safe(pulumi.ComponentResource):
    """Another component with a deployment of the same name; renamed later, under an alias."""

    hsm: CloudHsmDeployment

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("author:index:Safe", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        if RENAMED:
            child.aliases = [pulumi.Alias(name="keys")]
        self.hsm = CloudHsmDeployment(
            "hsm" if RENAMED else "keys", args("eu-central-1", "safe"), opts=child
        )
        self.register_outputs({"cluster_id": self.hsm.cluster_id})


def owned(given: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    """Tags whatever can carry tags."""
    props: dict[str, Any] = given.props
    if "tags" in props:
        props = {**props, "tags": {**props["tags"], "owner": "payments"}}
    return pulumi.ResourceTransformationResult(props, given.opts)


assumed = [aws.ProviderAssumeRoleArgs(role_arn=ROLE, external_id=EXTERNAL_ID)]
ireland = aws.Provider("ireland", region="eu-west-1", assume_roles=assumed)
vault = Vault("vault", pulumi.ResourceOptions(provider=ireland))
safe = Safe("safe", pulumi.ResourceOptions(transformations=[owned]))
pulumi.export("vault", vault.hsm.cluster_id)
pulumi.export("safe", safe.hsm.cluster_id)
