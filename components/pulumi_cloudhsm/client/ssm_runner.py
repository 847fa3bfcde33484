"""Runs the host program on an instance through SSM Run Command, and waits for how it ends.

The dynamic resource that needs the step done runs it from its provider, by `run_on_instance`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from ..aws.ssm import ENDED_BADLY, Invocation, Ssm
from ..dynamic_provider import Props, log_line, resolved
from ..errors import StateError
from ..once import call_once
from ..waiting.waiter import Goal, Observation, Timing, Waiter
from . import program
from .program_advice import host_advice
from .runner import HostSetup, InstanceInputs, Step

AGENT_EXPECTED_SECONDS = 90
"""From a started instance to its agent's first report."""
PROGRAM_EXPECTED_SECONDS = 60
"""Most of it is the installation of the CLI."""
MAX_PROGRAM_SECONDS = 1800
_NO_WAY_OUT = (
    "an agent that never reports usually has no way out: its subnet needs a NAT gateway, or "
    "endpoints of the VPC for ssm, ssmmessages, ec2messages, secretsmanager and s3; an instance "
    "of yours needs a role with AmazonSSMManagedInstanceCore, too"
)
"""After which the agent ends the program."""


@dataclass(frozen=True, kw_only=True)
class SsmRunner:
    """Runs steps on an instance that Systems Manager manages."""

    setup: HostSetup
    """What the program is given."""
    instance_id: pulumi.Input[str] | None
    """`i-…`; None while the client host is switched off."""

    def run(
        self,
        name: str,  # noqa: ARG002 - there is no resource to name
        step: Step,  # noqa: ARG002 - the provider knows its step
        hsm_ips: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions,  # noqa: ARG002
        *,
        again_when: pulumi.Input[list[Any]] | None = None,  # noqa: ARG002 - its `diff` decides
    ) -> InstanceInputs:
        """Leaves the step to the provider of the dynamic resource that needs it done."""
        setup = self.setup
        return InstanceInputs(
            instance_id=resolved(self.instance_id),
            region=resolved(setup.region),
            hsm_ips=resolved(hsm_ips),
            ca_certificate=resolved(pulumi.Output.secret(setup.ca_certificate)),
            package=setup.package,
            package_sha256=setup.package_sha256,
            admin_secret=resolved(setup.admin_secret),
            kms_user_secret=resolved(setup.kms_user_secret),
        )


def lacks_instance(news: Props) -> bool:
    """Whether a step is to run on an instance, and the client host is switched off.

    Args:
        news: a dynamic resource's inputs, `instance` among them.
    """
    instance = news.get("instance")
    return isinstance(instance, Mapping) and (
        cast("Mapping[str, Any]", instance).get("instance_id") is None
    )


def run_on_instance(
    ssm: Ssm,
    waiter: Waiter,
    instance: InstanceInputs,
    step: Step,
    timing: Timing,
    setting: str,
    **more: object,
) -> str:
    """Runs one step of the host program.

    Args:
        ssm: where.
        waiter: how to wait.
        instance: the instance, and what the program is given there.
        step: what to do.
        timing: the deadline of each wait; its expected duration, where it is shorter than ours.
        setting: the input that prolongs the deadline.
        more: further arguments of the step, see `program.arguments`; nothing secret.

    Returns:
        What the program says that it did.

    Raises:
        StateError: it failed, or there is no instance; says what to do.
        DeadlineError: the instance does not report, or the program does not end.
    """
    instance_id = instance.instance_id
    if not instance_id:
        raise StateError(
            f"{step} needs the client host, which is switched off: set client.host to True, then "
            "run `pulumi up` again"
        )
    online = Goal(
        f"agent of client host {instance_id}", "Online", ("Online",), (), setting, _NO_WAY_OUT
    )
    waiter.wait(
        online,
        _within(timing, AGENT_EXPECTED_SECONDS),
        lambda: Observation(ssm.ping(instance_id), None),
    )
    script = program.shell_script(
        {
            "step": step,
            "region": instance.region,
            "hsm_ips": instance.hsm_ips,
            "ca_certificate": instance.ca_certificate,
            "package": instance.package,
            "package_sha256": instance.package_sha256,
            "admin_secret": instance.admin_secret,
            **more,
        }
    )
    lasting = int(min(timing.deadline_seconds, MAX_PROGRAM_SECONDS))
    comment = f"CloudHSM: {step} ({secrets.token_hex(8)})"
    command_id = call_once(
        waiter,
        f"command {step} on {instance_id}",
        lambda: ssm.send(instance_id, script, comment, lasting),
        lambda: ssm.command(instance_id, comment),
        timing,
        setting,
    )
    ended = Goal(
        f"{step} on {instance_id} (command {command_id})",
        "Success",
        ("Success", *ENDED_BADLY),
        (),
        setting,
    )

    def look() -> Observation[Invocation | None]:
        found = ssm.invocation(command_id, instance_id)
        return Observation(found.state if found else "Pending", found)

    shorter = _within(timing, PROGRAM_EXPECTED_SECONDS)
    found = waiter.wait(ended, shorter, look).observation.value
    if found is None:  # a state without an invocation is none that ends the wait
        raise StateError(f"command {command_id} on {instance_id} is gone")
    return _outcome(found, step, f"{instance_id}, command {command_id}")


def _within(timing: Timing, expected_seconds: float) -> Timing:
    return Timing(min(expected_seconds, timing.expected_seconds), timing.deadline_seconds)


def _outcome(found: Invocation, step: str, where: str) -> str:
    said = _last_word(found.out)
    if found.state == "Success" and said.get("ok"):
        log_line(f"{step} on {where}: {said['message']}")
        return str(said["message"])
    code = str(said.get("code") or found.details)
    message = str(said.get("message") or _last_line(found.err) or "it said nothing")
    raise StateError(f"{step} on {where} ended {found.details}: {message}; {host_advice(code)}")


def _last_word(out: str) -> dict[str, Any]:
    for line in reversed(out.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and "ok" in said:
            return cast("dict[str, Any]", said)
    return {}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
