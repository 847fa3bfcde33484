"""The crypto user that KMS logs in as, made on all HSMs by a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from .client import Client
from .providers.kms_user import KmsUser


@dataclass(frozen=True)
class KmsCryptoUserArgs:
    """What a KmsCryptoUser is made of."""

    cluster_id: pulumi.Input[str]
    """An ACTIVE cluster."""
    hsms: pulumi.Input[Sequence[Mapping[str, str]]]
    """Id and IP address of every HSM."""
    client: Client
    """Where it runs."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be done first: all HSMs ACTIVE, since a user reaches none that joins later."""
    usual_seconds: float = 60
    """How long the program usually takes."""
    deadline_seconds: float = 3600
    """When to give up; a later `up` goes on."""
    protect: bool = True
    """Refuse to destroy."""


class KmsCryptoUser(pulumi.ComponentResource):
    """`kmsuser` on every HSM of a cluster, looked at again whenever HSMs are added."""

    resource: pulumi.Resource
    """What a key store has to wait for."""

    def __init__(
        self, name: str, args: KmsCryptoUserArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:KmsCryptoUser", name, {}, options)
        hsms = pulumi.Output.from_input(args.hsms)
        ids = hsms.apply(lambda known: sorted(hsm["id"] for hsm in known))
        ips = hsms.apply(lambda known: [hsm["ip"] for hsm in known])
        after = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        client = args.client
        if client.ssh is not None:
            given = client.given("kmsuser", ips)
            self.resource = client.ssh.run(f"{name}-user", given, after, triggers=ids)
        else:
            self.resource = KmsUser(
                f"{name}-user",
                {
                    **client.properties(),
                    "cluster_id": args.cluster_id,
                    "hsm_ids": ids,
                    "hsm_ips": ips,
                    "kmsuser_secret": client.kms_user_secret,
                    "usual_seconds": args.usual_seconds,
                    "deadline_seconds": args.deadline_seconds,
                },
                after,
            )
        self.register_outputs({})
