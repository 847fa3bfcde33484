"""A client host of yours that is reached by SSH."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command

from . import checks, host
from .aws.advice import HOST_ADVICE


@dataclass(frozen=True)
class SshHost:
    """Where the host is and how to get in; `sudo` has to work there without a password."""

    address: str
    """Name or IP address, reachable from where `pulumi up` runs."""
    host_key: str
    """Its public key, as `ssh-keyscan` shows it without the name: `ssh-ed25519 AAAA…`."""
    private_key: pulumi.Input[str]
    """The user's private key in PEM or OpenSSH format; a secret."""
    user: str = "ec2-user"
    """Amazon Linux's user."""
    port: int = 22
    """TCP port."""

    def check(self) -> None:
        """Refuses a host that could be anybody.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if not self.address:
            raise checks.InputError("ssh_address", "", "give the host's name or IP address")
        if len(self.host_key.split()) < 2:
            raise checks.InputError(
                "ssh_host_key",
                self.host_key,
                "give the host's public key, as its /etc/ssh/ssh_host_ed25519_key.pub has it: "
                "without it anybody could answer in its place",
            )

    def run(
        self,
        name: str,
        given: pulumi.Output[Mapping[str, Any]],
        opts: pulumi.ResourceOptions,
        triggers: pulumi.Input[list[Any]] | None = None,
    ) -> command.remote.Command:
        """One step of the host program.

        Args:
            name: logical name.
            given: the program's arguments, see `host.arguments`.
            opts: Pulumi's options.
            triggers: what makes it run again when it changes.
        """
        script = given.apply(lambda known: host.shell_script({**known, "advice": HOST_ADVICE}))
        return command.remote.Command(
            name,
            connection={
                "host": self.address,
                "port": self.port,
                "user": self.user,
                "private_key": pulumi.Output.secret(self.private_key),
                "host_key": self.host_key,
            },
            create="sudo -n sh",
            update="sudo -n sh",
            # Secret only to keep the script's text out of diffs.
            stdin=pulumi.Output.secret(script),
            triggers=triggers,
            opts=opts,
        )
