"""From INITIALIZED to ACTIVE: the first administrator sets a password on the HSM itself."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from ..aws.cloudhsmv2 import ACTIVE_OR_CHANGING
from ..client.args import PACKAGE
from ..client.component import Client
from ..client.runner import InstanceInputs
from ..common import visible_inputs
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..recovery.part import Part
from ..validation import InputError
from .activation_provider import ClusterActivation, ClusterActivationInputs
from .args import ActivationArgs, ActivationMode


class Activation(Part):
    """An activated cluster, or what is to be done for one."""

    state: pulumi.Output[str]
    """ACTIVE, or INITIALIZED where it is not activated."""
    next_step: pulumi.Output[str]
    """What is to be done now, in words."""
    resource: pulumi.Resource | None
    """What everything that needs an ACTIVE cluster depends on."""

    def __init__(
        self,
        name: str,
        args: ActivationArgs,
        *,
        cluster: HasClusterFacts,
        client: Client | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the activation, unless there is nothing to activate yet or any more.

        Args:
            name: logical name.
            args: who activates it.
            cluster: the cluster, or its facts.
            client: where a program does it; needed with `ssm` and `ssh`.
            opts: Pulumi's options.

        Raises:
            InputError: names the input, the value and the fix.
        """
        args.check()
        self._name, self._facts = name, cluster.facts
        own = pulumi.ResourceOptions(protect=self._facts.common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:Activation", name, visible_inputs(args), options)
        self._facts = self._facts.within(self)
        self._by_program = client is not None
        self.state = pulumi.Output.from_input(self._facts.state)
        self.resource = self._facts.restoration
        if self._facts.restoration is not None:
            self.next_step = self._next_step()
        elif self._facts.signing_instructions is not None:
            self.next_step = pulumi.Output.from_input(self._facts.signing_instructions)
        elif args.mode == ActivationMode.NONE:
            self.next_step = pulumi.Output.all(self._facts.state, self._instructions()).apply(
                lambda known: known[1] if known[0] == "INITIALIZED" else _next_step(known[0])
            )
        else:
            activation = self._activate(args, client)
            self.resource, self.state = activation, activation.state
            self.next_step = self._next_step()
        self.register_outputs({"state": self.state, "next_step": self.next_step})

    def _activate(self, args: ActivationArgs, client: Client | None) -> ClusterActivation:
        if args.mode == ActivationMode.MANUAL:
            return self._wait(instructions=self._instructions())
        if client is None:
            raise InputError("mode", str(args.mode), "it needs a client, on which the program runs")
        run = client.runner.run(
            f"{self._name}-activate", "activate", self._hsm_ips(), self._after()
        )
        if isinstance(run, pulumi.Resource):
            return self._wait(after=run)
        return self._wait(instance=run)

    def _wait(
        self,
        *,
        instructions: pulumi.Output[str] | None = None,
        instance: InstanceInputs | None = None,
        after: pulumi.Resource | None = None,
    ) -> ClusterActivation:
        common = self._facts.common
        return ClusterActivation(
            f"{self._name}-wait",
            ClusterActivationInputs(
                access=common.access,
                timing=common.waits.activation,
                cluster_id=resolved(self._facts.cluster_id),
                instructions=resolved(instructions),
                instance=instance,
            ),
            self._after(after),
        )

    def _after(self, done: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
        first = [one for one in (self._facts.initialization, done) if one is not None]
        return pulumi.ResourceOptions(parent=self, depends_on=first)

    def _hsm_ips(self) -> pulumi.Output[list[str]]:
        return pulumi.Output.from_input(self._facts.hsms).apply(
            lambda hsms: [hsm["ip"] for hsm in hsms]
        )

    def _instructions(self) -> pulumi.Output[str]:
        facts = self._facts
        return pulumi.Output.all(facts.security_group_id, self._hsm_ips(), facts.ca_file).apply(
            lambda known: _instructions(*known)
        )

    def _next_step(self) -> pulumi.Output[str]:
        by_program = self._by_program
        return self.state.apply(lambda state: _next_step(state, by_program=by_program))


def _instructions(security_group_id: str, hsm_ips: Sequence[str], ca_file: str) -> str:
    """One line that can be pasted; it holds no password: the CLI asks for one."""
    addresses = " ".join(ip for ip in hsm_ips if ip) or "HSM_IP"
    return (
        f"Activate it from an Amazon Linux 2023 host in {security_group_id}, with {ca_file} copied "
        f"to it as customerCA.crt: sudo dnf install -y {PACKAGE} && "
        "sudo cp customerCA.crt /opt/cloudhsm/etc/ && "
        f"sudo /opt/cloudhsm/bin/configure-cli -a {addresses} && "
        "/opt/cloudhsm/bin/cloudhsm-cli cluster activate (it asks for the new password of the "
        "administrator `admin`, 7 to 32 characters without a colon: keep it, it cannot be reset)"
    )


def _next_step(state: str, *, by_program: bool = False) -> str:
    if state == "DEGRADED":
        return (
            "the cluster is DEGRADED: AWS replaces an HSM that has failed; run `pulumi refresh` "
            "later, and ask AWS Support if it stays so"
        )
    if state not in ACTIVE_OR_CHANGING:
        return f"the cluster is {state}: nothing to do here"
    if by_program:
        return (
            "the cluster is active; for KMS: hsms.count 2 and key_store; once all is done, the "
            "client host is not needed: client.host False deletes it"
        )
    return (
        "the cluster is active; for KMS: 2 HSMs (hsms.count), then the crypto user kmsuser "
        "on them (cloudhsm-cli user create --username kmsuser --role crypto-user; its password in "
        "a secret, too), then key_store with its kms_user_secret"
    )
