"""The client of a cluster: where its HSMs' own commands run, and with which passwords."""

from __future__ import annotations

import pulumi

from ..common import visible_inputs
from ..facts import HasClusterFacts
from ..recovery.part import Part
from .args import ClientArgs
from .host_component import ClientHost
from .passwords_component import Passwords
from .runner import HostSetup, Runner
from .ssh_runner import SshRunner
from .ssm_runner import SsmRunner

HOST_USD_PER_HOUR = 0.06
"""A t3.micro, its disk, and a NAT gateway; about, and different in every region."""


class Client(Part):
    """Passwords in Secrets Manager, and a host that may read them."""

    admin_secret: pulumi.Output[str]
    """ARN of the secret with the administrator's password."""
    kms_user_secret: pulumi.Output[str]
    """ARN of the secret with kmsuser's password; empty where no kmsuser is wanted."""
    kms_user: bool
    """Whether kmsuser is wanted."""
    makes_host: bool
    """Whether a host is made here."""
    instance_id: pulumi.Output[str] | None
    """The instance for SSM; None where it is switched off, or the host is reached by SSH."""
    runner: Runner
    """Runs the steps of the host program, whichever way the host is reached."""

    def __init__(
        self,
        name: str,
        args: ClientArgs,
        *,
        cluster: HasClusterFacts,
        admin_secret: pulumi.Input[str] | None = None,
        kms_user_secret: pulumi.Input[str] | None = None,
        kms_user: bool = False,
        read_until: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares passwords and host.

        Args:
            name: logical name.
            args: where the commands run.
            cluster: the cluster, or its facts.
            admin_secret: ARN of a secret of yours with the administrator's password; one is made
                when left out.
            kms_user_secret: ARN of a secret of yours with kmsuser's password; one is made when left
                out and `kms_user`.
            kms_user: whether kmsuser is wanted, too. Plain: it decides what exists.
            read_until: moment from which on the role of a host that is made reads no password; ISO
                8601, UTC. No end when left out.
            opts: Pulumi's options.

        Raises:
            InputError: names the input, the value and the fix.
        """
        args.check()
        facts = cluster.facts
        args.check_host(own_vpc=facts.vpc_cidr is not None)
        super().__init__("cloudhsm:index:Client", name, visible_inputs(args), opts)
        facts = facts.within(self)
        child = pulumi.ResourceOptions(parent=self)
        passwords = Passwords(
            f"{name}-password",
            cluster=facts,
            admin_secret=admin_secret,
            kms_user_secret=kms_user_secret,
            kms_user=kms_user,
            kms_key=args.secrets_kms_key,
            opts=child,
        )
        self.admin_secret = passwords.admin_secret
        self.kms_user_secret = passwords.kms_user_secret
        self.kms_user = kms_user
        self.instance_id, self.makes_host = None, args.makes_host
        if args.makes_host:
            secrets = [self.admin_secret, *([self.kms_user_secret] if kms_user else [])]
            host = ClientHost(
                f"{name}-host",
                args,
                cluster=facts,
                secret_arns=secrets,
                read_until=read_until,
                opts=child,
            )
            self.instance_id = host.instance_id
        elif args.instance_id is not None:
            self.instance_id = pulumi.Output.from_input(args.instance_id)
        setup = HostSetup(
            region=facts.common.region,
            ca_certificate=facts.ca_certificate,
            package=args.cli_package,
            package_sha256=args.package_sha256,
            admin_secret=self.admin_secret,
            kms_user_secret=self.kms_user_secret if kms_user else None,
        )
        self.runner = (
            SshRunner(setup=setup, host=args.ssh)
            if args.ssh is not None
            else SsmRunner(setup=setup, instance_id=self.instance_id)
        )
        self.register_outputs(
            {
                "admin_secret": self.admin_secret,
                "kms_user_secret": self.kms_user_secret,
                "instance_id": self.instance_id,
            }
        )
