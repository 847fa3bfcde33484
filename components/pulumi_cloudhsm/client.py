"""The client of a cluster: where its HSMs' own commands run, and with which passwords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from . import checks
from .client_host import ClientHost, ClientHostArgs
from .passwords import Passwords, PasswordsArgs
from .ssh_host import SshHost

PACKAGE = (
    "https://s3.amazonaws.com/cloudhsmv2-software/CloudHsmClient/Amzn2023/"
    "cloudhsm-cli-latest.amzn2023.x86_64.rpm"
)
"""Client SDK 5's CLI for Amazon Linux 2023. Source: user guide, install the CloudHSM CLI."""
HOST_USD_PER_HOUR = 0.06
"""A t3.micro, its disk, and a NAT gateway; about, and different in every region."""


@dataclass(frozen=True)
class ClientArgs:
    """What a Client is made of; one of `host`, `instance_id` and `ssh`, or none while it is off."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """The cluster."""
    trust_anchor: pulumi.Input[str]
    """The cluster's `customerCA.crt`, PEM."""
    host: ClientHostArgs | None = None
    """A host that is made."""
    instance_id: str = ""
    """An instance of yours: Amazon Linux 2023, in the cluster's security group, managed by SSM, its
    role allowed to read the secrets."""
    ssh: SshHost | None = None
    """A host of yours that is reached by SSH; the same is asked of it, but for SSM."""
    admin_secret: str = ""
    """ARN of a secret of yours with the administrator's password; one is made when left out."""
    kms_user_secret: str = ""
    """ARN of a secret of yours with kmsuser's password; one is made when left out."""
    kms_user: bool = False
    """Whether kmsuser is wanted, too."""
    cli_package: str = PACKAGE
    """URL of the package with cloudhsm-cli, version 5."""
    protect: bool = True
    """Refuse to destroy the passwords; a host may always go."""

    def check(self) -> None:
        """Refuses what cannot work.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if self.instance_id and not self.instance_id.startswith("i-"):
            raise checks.InputError(
                "client_instance_id", self.instance_id, "give an instance's id such as i-0abc…"
            )
        if not self.cli_package.startswith("https://"):
            raise checks.InputError("cli_package", self.cli_package, "give an https:// URL")
        if self.ssh is not None:
            self.ssh.check()
        if self.host is not None:
            self.host.check()


class Client(pulumi.ComponentResource):
    """Passwords in Secrets Manager, and a host that may read them."""

    admin_secret: pulumi.Output[str]
    """ARN of the secret with the administrator's password."""
    kms_user_secret: pulumi.Output[str]
    """ARN of the secret with kmsuser's password; empty where no kmsuser is wanted."""
    instance_id: pulumi.Output[str] | None
    """The instance for SSM; None where it is off, or reached by SSH."""
    ssh: SshHost | None
    """The host that is reached by SSH."""

    def __init__(
        self, name: str, args: ClientArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        super().__init__("cloudhsm:index:Client", name, {}, opts)
        self._name, self._args = name, args
        passwords = self._create_passwords()
        self.admin_secret = passwords.admin_secret
        self.kms_user_secret = passwords.kms_user_secret
        self.ssh = args.ssh
        self.instance_id = self._instance()
        self.register_outputs({"admin_secret": self.admin_secret})

    def given(
        self, step: str, hsm_ips: pulumi.Input[Sequence[str]]
    ) -> pulumi.Output[Mapping[str, Any]]:
        """The host program's arguments for one step, see `host.arguments`."""
        return pulumi.Output.all(
            step=step,
            region=self._args.region,
            hsm_ips=hsm_ips,
            trust_anchor=pulumi.Output.unsecret(pulumi.Output.from_input(self._args.trust_anchor)),
            package=self._args.cli_package,
            admin_secret=self.admin_secret,
            kmsuser_secret=self.kms_user_secret,
            check_password=False,
            kms_is_connected=False,
        )

    def properties(self) -> dict[str, Any]:
        """What the resources that run on the instance need of it."""
        return {
            "region": self._args.region,
            "instance_id": self.instance_id,
            "trust_anchor": pulumi.Output.secret(self._args.trust_anchor),
            "package": self._args.cli_package,
            "admin_secret": self.admin_secret,
        }

    def _create_passwords(self) -> Passwords:
        args = self._args
        return Passwords(
            f"{self._name}-password",
            PasswordsArgs(
                region=args.region,
                cluster_id=args.cluster_id,
                admin_secret=args.admin_secret,
                kms_user_secret=args.kms_user_secret,
                kms_user=args.kms_user,
                protect=args.protect,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _instance(self) -> pulumi.Output[str] | None:
        args = self._args
        if args.instance_id:
            return pulumi.Output.from_input(args.instance_id)
        if args.host is None:
            return None
        secrets = [self.admin_secret, *([self.kms_user_secret] if args.kms_user else [])]
        wanted = args.host.reading(secrets)
        return ClientHost(
            f"{self._name}-host", wanted, pulumi.ResourceOptions(parent=self)
        ).instance_id
