"""A component of the consumer's own: a key that only its HSMs hold."""

from __future__ import annotations

from dataclasses import replace

import pulumi

from pulumi_cloudhsm import (
    ActivationArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    HsmsArgs,
    KeyStoreArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)

ARGS = CloudHsmDeploymentArgs(
    network=NetworkArgs(availability_zones=["eu-central-1a", "eu-central-1b"]),
    trust=TrustArgs(subject=Subject("Example CA", "Example Corp")),
    hsms=HsmsArgs(count=2),
    activation=ActivationArgs(mode="ssm"),
    key_store=KeyStoreArgs(abandon_pending_keys=True),
)


class Vault(pulumi.ComponentResource):
    """A CloudHSM deployment and its key."""

    key_arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(
        self,
        name: str,
        args: CloudHsmDeploymentArgs = ARGS,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("consumer:index:Vault", name, {}, opts)
        tagged = replace(args, tags={"team": pulumi.Output.from_input("payments")})
        hsm = CloudHsmDeployment("keys", tagged, opts=pulumi.ResourceOptions(parent=self))
        self.key_arn = hsm.key_arn
        self.register_outputs({"key_arn": self.key_arn})
