"""The crypto user that KMS logs in as, made on all HSMs by a program."""

from __future__ import annotations

import pulumi

from ..client.component import Client
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..hsms.component import AdditionalHsms
from ..recovery.part import Part
from ..validation import InputError
from .kms_user_provider import KmsUser, KmsUserInputs


class KmsCryptoUser(Part):
    """`kmsuser` on every HSM of a cluster, looked at again whenever HSMs are added."""

    resource: pulumi.Resource
    """What a key store has to wait for."""
    secret: pulumi.Output[str]
    """ARN of the secret with its password, good until KMS's first connection changes it."""

    def __init__(
        self,
        name: str,
        *,
        cluster: HasClusterFacts,
        hsms: AdditionalHsms,
        client: Client,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the user.

        Args:
            name: logical name.
            cluster: an ACTIVE cluster, or its facts.
            hsms: all its HSMs; the user is made once all are ACTIVE, since it reaches none that
                joins later.
            client: where the program runs; made with `kms_user` True.
            opts: Pulumi's options.

        Raises:
            InputError: the client has no secret for kmsuser.
        """
        if not client.kms_user:
            raise InputError("kms_user", False, "give the Client kms_user=True")
        facts = cluster.facts
        own = pulumi.ResourceOptions(protect=facts.common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:KmsCryptoUser", name, {}, options)
        facts = facts.within(self)
        self.secret = client.kms_user_secret
        ids = hsms.hsms.apply(lambda known: sorted(str(hsm["id"]) for hsm in known))
        ips = hsms.hsms.apply(lambda known: [hsm["ip"] for hsm in known])
        active = [hsms.all_active] if hsms.all_active else []
        after = pulumi.ResourceOptions(parent=self, depends_on=active)
        run = client.runner.run(f"{name}-user", "kmsuser", ips, after, again_when=ids)
        self.resource = (
            run
            if isinstance(run, pulumi.Resource)
            else KmsUser(
                f"{name}-user",
                KmsUserInputs(
                    access=facts.common.access,
                    timing=facts.common.waits.activation,
                    cluster_id=resolved(facts.cluster_id),
                    hsm_ids=resolved(ids),
                    instance=run,
                ),
                after,
            )
        )
        self.register_outputs({"secret": self.secret})
