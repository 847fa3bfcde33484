"""From INITIALIZED to ACTIVE: the first administrator sets a password on the HSM itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pulumi

from . import checks
from .aws.cloudhsmv2 import ACTIVE_OR_LATER
from .client import PACKAGE, Client
from .providers.cluster_activation import ClusterActivation


class ActivationMode(StrEnum):
    """Who activates the cluster."""

    NONE = "none"
    """Nobody: the stack is complete with one HSM and says what is next."""
    MANUAL = "manual"
    """A person: `up` prints the commands and waits."""
    SSM = "ssm"
    """A program, on an instance that Systems Manager commands."""
    SSH = "ssh"
    """A program, on a host of yours that is reached by SSH."""


BY_PROGRAM = (ActivationMode.SSM, ActivationMode.SSH)
"""Modes in which a program types the passwords, and nobody sees them."""


@dataclass(frozen=True)
class ActivationArgs:
    """What an Activation is made of."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """An initialized cluster."""
    security_group_id: pulumi.Input[str]
    """The cluster's security group; the host has to be in it."""
    hsm_ips: pulumi.Input[Sequence[str]]
    """IP addresses of the cluster's HSMs."""
    cluster_state: pulumi.Input[str] = "INITIALIZED"
    """The cluster's state, for what is next where nobody activates it."""
    activation: str = ActivationMode.NONE
    """`none`; `manual`: prints the commands for a host of yours and waits for ACTIVE; `ssm`, `ssh`:
    runs them on the client."""
    client: Client | None = None
    """Where they run; needed with `ssm` and `ssh`."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be done first: the initialization."""
    activated: pulumi.Resource | None = None
    """What shows that the cluster was activated before, if it comes from a backup."""
    blocked_by: pulumi.Input[str] | None = None
    """What has to be done before; nothing is activated then, and this is the next step."""
    ca_file: pulumi.Input[str] = "customerCA.crt"
    """Where the trust anchor's certificate lies, for the instructions."""
    protect: bool = True
    """Refuse to destroy."""
    activation_usual_seconds: float = 900
    """How long it usually takes a person; AWS itself shows it some 80 s after the command."""
    activation_deadline_seconds: float = 3600
    """When to give up waiting; a later `up` goes on."""

    def check(self) -> None:
        """Refuses what makes no sense, before anything is waited for.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if self.activation not in set(ActivationMode):
            raise checks.InputError("activation", self.activation, "use none, manual, ssm or ssh")
        checks.wait("activation", self.activation_usual_seconds, self.activation_deadline_seconds)


class Activation(pulumi.ComponentResource):
    """An activated cluster, or what is to be done for one."""

    state: pulumi.Output[str]
    """ACTIVE, or INITIALIZED where nobody activates it."""
    next_step: pulumi.Output[str]
    """What is to be done now, in words."""
    resource: pulumi.Resource | None
    """What everything that needs an ACTIVE cluster depends on."""

    def __init__(
        self, name: str, args: ActivationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:Activation", name, {}, options)
        instructions = pulumi.Output.all(args.security_group_id, args.hsm_ips, args.ca_file).apply(
            lambda known: _instructions(*known)
        )
        by_program = args.client is not None
        self.resource = args.activated
        if args.activated is not None:
            self.state = pulumi.Output.from_input(args.cluster_state)
            self.next_step = self.state.apply(
                lambda state: _next_step(state, by_program=by_program)
            )
        elif args.blocked_by is not None:
            self.state = pulumi.Output.from_input(args.cluster_state)
            self.next_step = pulumi.Output.from_input(args.blocked_by)
        elif args.activation == ActivationMode.NONE:
            self.state = pulumi.Output.from_input(args.cluster_state)
            self.next_step = pulumi.Output.all(self.state, instructions).apply(
                lambda known: known[1] if known[0] == "INITIALIZED" else _next_step(known[0])
            )
        else:
            activation = (
                self._wait(name, args, {"instructions": instructions})
                if args.client is None
                else self._activate(name, args, args.client)
            )
            self.resource, self.state = activation, activation.state
            self.next_step = self.state.apply(
                lambda state: _next_step(state, by_program=by_program)
            )
        self.register_outputs({"state": self.state})

    def _activate(self, name: str, args: ActivationArgs, client: Client) -> ClusterActivation:
        if client.ssh is None:
            return self._wait(
                name, args, {**client.properties(), "runs_on": "instance", "hsm_ips": args.hsm_ips}
            )
        # Activated is activated: neither another key nor another script is a reason to run again.
        once = ["stdin", "connection"]
        command = client.ssh.run(
            f"{name}-activate",
            client.given("activate", args.hsm_ips),
            pulumi.ResourceOptions(parent=self, ignore_changes=once, depends_on=list(args.after)),
        )
        return self._wait(name, args, {}, command)

    def _wait(
        self, name: str, args: ActivationArgs, how: dict[str, Any], *after: pulumi.Resource
    ) -> ClusterActivation:
        return ClusterActivation(
            f"{name}-wait",
            {
                "cluster_id": args.cluster_id,
                "region": args.region,
                "usual_seconds": args.activation_usual_seconds,
                "deadline_seconds": args.activation_deadline_seconds,
                **how,
            },
            pulumi.ResourceOptions(parent=self, depends_on=[*args.after, *after]),
        )


def _instructions(security_group_id: str, hsm_ips: Sequence[str], ca_file: str) -> str:
    """One line that can be pasted; it holds no password: the CLI asks for one."""
    addresses = " ".join(hsm_ips) or "HSM_IP"
    return (
        f"Activate it from an Amazon Linux 2023 host in {security_group_id}, with {ca_file} copied "
        f"to it as customerCA.crt: sudo dnf install -y {PACKAGE} && "
        "sudo cp customerCA.crt /opt/cloudhsm/etc/ && "
        f"sudo /opt/cloudhsm/bin/configure-cli -a {addresses} && "
        "/opt/cloudhsm/bin/cloudhsm-cli cluster activate (it asks for the new password of the "
        "administrator `admin`, 7 to 32 characters without a colon: keep it, nobody can reset it)"
    )


def _next_step(state: str, *, by_program: bool = False) -> str:
    if state not in ACTIVE_OR_LATER:
        return f"the cluster is {state}: nothing to do here"
    if by_program:
        return (
            "the cluster is active; for KMS: cloudhsm:hsmCount 2 and cloudhsm:keyStore true; once "
            "all is done, nothing needs the client host: cloudhsm:clientHost false takes it away"
        )
    return (
        "the cluster is active; for KMS: 2 HSMs (cloudhsm:hsmCount), then the crypto user kmsuser "
        "on them (cloudhsm-cli user create --username kmsuser --role crypto-user; its password in "
        "a secret, too), then cloudhsm:keyStore and cloudhsm:kmsUserSecret"
    )
