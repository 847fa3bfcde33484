"""SSM Run Command in front of moto: scripts really run, each instance in a folder of its own.

Only in an emulator that was started for it, and only on its own instances. Requests have to be
signed with the access key that it was started with. Anything else of SSM is moto's.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.client_host import instances
from rehearsal.emulator.client_host.machine import Machine
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest

DOCUMENT = "AWS-RunShellScript"
SHOWN_CHARACTERS = 24_000
"""Of standard output in an invocation. Source: SSM API reference, GetCommandInvocation."""
SHOWN_ERROR_CHARACTERS = 8_000


@dataclass
class Invocation:
    """One command on one instance."""

    command_id: str
    instance_id: str
    place: Place
    comment: str
    script: str
    status: str = "Pending"
    details: str = "Pending"
    code: int = -1
    out: str = ""
    err: str = ""


class RunCommand:
    """Answers the SSM calls that are about instances and commands.

    Args:
        hsms: for its clock, lock and faults.
        durations: how long an agent takes to report.
        access_key: the key whose requests may run commands; None runs none.
        control: gives the address of the control interface, for the machines.
    """

    def __init__(
        self,
        hsms: CloudHsm,
        durations: Durations,
        access_key: str | None,
        control: Callable[[], str],
    ) -> None:
        self._hsms, self._durations = hsms, durations
        self._access_keys = {access_key} if access_key else set[str]()
        self._control = control
        self._invocations: dict[tuple[str, str], Invocation] = {}
        self._machines: dict[str, Machine] = {}
        self._online_from: dict[str, float] = {}

    def derive(self, access_key: str, derived: str) -> None:
        """Let a role's key do what the key that assumed the role may do."""
        if access_key in self._access_keys:
            self._access_keys.add(derived)

    def clear(self) -> None:
        """Forget all commands, and remove the folders of all machines."""
        for machine in self._machines.values():
            machine.end()
        self._machines.clear()
        self._invocations.clear()
        self._online_from.clear()

    def answer(self, asked: AwsRequest) -> dict[str, Any] | None:
        """The answer to a call, None if it is moto's.

        Raises:
            ServiceError: SSM would refuse it.
        """
        handlers: dict[str, Callable[[AwsRequest], dict[str, Any]]] = {
            "DescribeInstanceInformation": self._describe_instances,
            "SendCommand": self._send,
            "GetCommandInvocation": self._get,
            "ListCommandInvocations": self._list,
            "ListCommands": self._list_commands,
        }
        handler = handlers.get(asked.operation)
        if handler is None:
            return None
        with self._hsms.lock:
            self._hsms.timeline.advance()
            return handler(asked)

    def _describe_instances(self, asked: AwsRequest) -> dict[str, Any]:
        wanted = [
            value
            for each in asked.parameters.get("Filters") or []
            if each["Key"] == "InstanceIds"
            for value in each["Values"]
        ]
        lost = self._hsms.faults.find("ssm_agent_lost") is not None
        found = [one for one in wanted if self._online(asked.place, one)]
        return {
            "InstanceInformationList": [
                {
                    "InstanceId": instance_id,
                    "PingStatus": "ConnectionLost" if lost else "Online",
                    "PlatformName": "Amazon Linux",
                    "PlatformVersion": "2023",
                }
                for instance_id in found
            ]
        }

    def _online(self, place: Place, instance_id: str) -> bool:
        if instances.why_offline(place, instance_id):
            return False
        now = self._hsms.timeline.now()
        if instance_id not in self._online_from:
            wait = self._durations.agent_online / self._hsms.timeline.speed
            self._online_from[instance_id] = now + wait
        return now >= self._online_from[instance_id]

    def _send(self, asked: AwsRequest) -> dict[str, Any]:
        given = asked.parameters
        if asked.access_key not in self._access_keys:
            raise ServiceError(
                "AccessDeniedException",
                "This emulator runs commands only when it is started for that, and only for the "
                "access key that it is started with.",
            )
        (instance_id,) = given["InstanceIds"]
        why = instances.why_offline(asked.place, instance_id)
        if why:
            # AWS says only that the instance is not in a valid state.
            raise ServiceError(
                "InvalidInstanceId", f"Instances not in a valid state: {instance_id} ({why})"
            )
        if given["DocumentName"] != DOCUMENT:
            raise ServiceError("InvalidDocument", f"{given['DocumentName']} is not emulated.")
        script = "\n".join(given["Parameters"]["commands"])
        seconds = float((given["Parameters"].get("executionTimeout") or ["3600"])[0])
        made = Invocation(
            str(uuid.uuid4()), instance_id, asked.place, given.get("Comment", ""), script
        )
        self._invocations[made.command_id, instance_id] = made
        if self._hsms.faults.take("ssm_agent_lost"):
            self._after(
                float(given.get("TimeoutSeconds") or 3600),
                lambda: self._ended(made, "TimedOut", "DeliveryTimedOut"),
            )
        elif self._hsms.faults.take("ssm_command_times_out"):
            made.status = made.details = "InProgress"
            self._after(seconds, lambda: self._ended(made, "TimedOut", "ExecutionTimedOut"))
        else:
            made.status = made.details = "InProgress"
            machine = self._machine(asked.place, instance_id)
            arguments = (made, machine, seconds)
            threading.Thread(target=self._run, args=arguments, daemon=True, name="ssm").start()
        return {"Command": {**_shown_command(made), "RequestedDateTime": self._hsms.timeline.now()}}

    def _machine(self, place: Place, instance_id: str) -> Machine:
        if instance_id not in self._machines:
            self._machines[instance_id] = Machine(self._control(), instance_id, place.account)
        return self._machines[instance_id]

    def _run(self, made: Invocation, machine: Machine, seconds: float) -> None:
        ran = machine.run(made.script, seconds)
        with self._hsms.lock:
            made.out, made.err = ran.out, ran.err
            if ran.code is None:
                self._ended(made, "TimedOut", "ExecutionTimedOut")
            else:
                made.code = ran.code
                ended = "Success" if ran.code == 0 else "Failed"
                self._ended(made, ended, ended)

    def _ended(self, made: Invocation, status: str, details: str) -> None:
        made.status, made.details = status, details

    def _get(self, asked: AwsRequest) -> dict[str, Any]:
        made = self._invocations.get(
            (asked.parameters["CommandId"], asked.parameters["InstanceId"])
        )
        if made is None or made.place != asked.place:
            raise ServiceError("InvocationDoesNotExist", "")
        return {
            "CommandId": made.command_id,
            "InstanceId": made.instance_id,
            "Comment": made.comment,
            "DocumentName": DOCUMENT,
            "PluginName": "aws:RunShellScript",
            "ResponseCode": made.code,
            "Status": made.status,
            "StatusDetails": made.details,
            "StandardOutputContent": made.out[:SHOWN_CHARACTERS],
            "StandardErrorContent": made.err[:SHOWN_ERROR_CHARACTERS],
        }

    def _list(self, asked: AwsRequest) -> dict[str, Any]:
        wanted = asked.parameters.get("CommandId")
        return {
            "CommandInvocations": [
                {
                    "CommandId": made.command_id,
                    "InstanceId": made.instance_id,
                    "Comment": made.comment,
                    "DocumentName": DOCUMENT,
                    "Status": made.status,
                    "StatusDetails": made.details,
                    "CommandPlugins": [{"Name": "aws:RunShellScript", "Output": made.out}],
                }
                for made in self._invocations.values()
                if wanted in (None, made.command_id) and made.place == asked.place
            ]
        }

    def _list_commands(self, asked: AwsRequest) -> dict[str, Any]:
        wanted = asked.parameters.get("InstanceId")
        here = [one for one in self._invocations.values() if one.place == asked.place]
        found = [one for one in here if wanted in (None, one.instance_id)]
        return {"Commands": [_shown_command(one) for one in found]}

    def _after(self, seconds: float, done: Callable[[], None]) -> None:
        timeline = self._hsms.timeline
        timeline.after(seconds, lambda _: done(), since=timeline.now())


def _shown_command(made: Invocation) -> dict[str, Any]:
    return {
        "CommandId": made.command_id,
        "DocumentName": DOCUMENT,
        "Comment": made.comment,
        "Parameters": {"commands": [made.script]},
        "InstanceIds": [made.instance_id],
        "Status": made.status,
        "StatusDetails": made.details,
    }
