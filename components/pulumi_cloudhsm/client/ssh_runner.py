"""Runs the host program on a host of yours by SSH: a resource of the command provider each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command

from . import program
from .args import SshArgs
from .program_advice import HOST_ADVICE
from .runner import HostSetup, Step

_SHELL = "sudo -n sh"


@dataclass(frozen=True, kw_only=True)
class SshRunner:
    """Runs steps on a host behind SSH."""

    setup: HostSetup
    """What the program is given."""
    host: SshArgs
    """Where it runs."""

    def run(
        self,
        name: str,
        step: Step,
        hsm_ips: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions,
        *,
        again_when: pulumi.Input[list[Any]] | None = None,
    ) -> pulumi.Resource:
        """Declares a command that runs the step."""
        # What runs once is done: neither another key nor another script is a reason to run again.
        once = None if again_when is not None else ["stdin", "connection"]
        return command.remote.Command(
            name,
            connection={
                "host": self.host.address,
                "port": self.host.port,
                "user": self.host.user,
                "private_key": pulumi.Output.secret(self.host.private_key),
                "host_key": self.host.host_key,
            },
            create=_SHELL,
            update=_SHELL,
            stdin=self._script(step, hsm_ips),
            triggers=again_when,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=once)),
        )

    def _script(self, step: Step, hsm_ips: pulumi.Input[Sequence[str]]) -> pulumi.Output[str]:
        """Not confidential; marked secret to keep diffs short."""
        setup = self.setup
        given = pulumi.Output.all(
            step=step,
            region=setup.region,
            hsm_ips=hsm_ips,
            ca_certificate=pulumi.Output.unsecret(pulumi.Output.from_input(setup.ca_certificate)),
            package=setup.package,
            package_sha256=setup.package_sha256,
            admin_secret=setup.admin_secret,
            kmsuser_secret=setup.kms_user_secret,
            check_password=False,
            kms_is_connected=False,
            advice=HOST_ADVICE,
        )
        return pulumi.Output.secret(given.apply(program.shell_script))
