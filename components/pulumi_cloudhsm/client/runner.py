"""How a step of the host program gets to a host; who asks for one does not know which way it is.

Another way is one more class with a `run`, beside `ssm_runner` and `ssh_runner`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pulumi

Step = Literal["activate", "kmsuser"]
"""The steps of the host program, see `program/program.py`."""


@dataclass(frozen=True, kw_only=True)
class HostSetup:
    """What the host program is given in each step; nothing of it is confidential."""

    region: pulumi.Input[str] | None
    """Region of the secrets; None only in a unit test that gives no Region."""
    ca_certificate: pulumi.Input[str]
    """The cluster's `customerCA.crt`, PEM."""
    package: str
    """URL of the package with cloudhsm-cli."""
    package_sha256: str
    """Its checksum."""
    admin_secret: pulumi.Input[str]
    """ARN of the secret with the administrator's password."""
    kms_user_secret: pulumi.Input[str] | None = None
    """ARN of the secret with kmsuser's password; None where no kmsuser is wanted."""


@dataclass(frozen=True, kw_only=True)
class InstanceInputs:
    """What a dynamic provider needs to run a step on a client instance by itself."""

    instance_id: str | None
    """`i-…`; None while the client host is switched off."""
    region: str | None
    """Region of the secrets."""
    hsm_ips: Sequence[str]
    """IP addresses of the HSMs that the step reaches."""
    ca_certificate: str
    """The cluster's `customerCA.crt`, PEM. Not confidential; marked secret to keep diffs short."""
    package: str
    """URL of the package with cloudhsm-cli."""
    package_sha256: str
    """Its checksum."""
    admin_secret: str
    """ARN of the secret with the administrator's password."""
    kms_user_secret: str | None = None
    """ARN of the secret with kmsuser's password."""


class Runner(Protocol):
    """Runs steps of the host program on a host that reaches the HSMs."""

    def run(
        self,
        name: str,
        step: Step,
        hsm_ips: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions,
        *,
        again_when: pulumi.Input[list[Any]] | None = None,
    ) -> pulumi.Resource | InstanceInputs:
        """Has one step run: by a resource, or by the dynamic resource that needs it done.

        Args:
            name: logical name of the resource that runs it, if there is one.
            step: what to do.
            hsm_ips: IP addresses of the HSMs.
            opts: Pulumi's options of that resource.
            again_when: a change of this runs the step again; None: it runs once.

        Returns:
            The resource that runs it, or the instance (fields hold Outputs). On that instance, the
            provider of the dynamic resource that needs it done has to run it.
        """
        ...
