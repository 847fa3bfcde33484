"""The emulator's CloudHSM v2 below real boto3 clients of this process, with a clock to turn."""

from __future__ import annotations

import functools
import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse

from pulumi_cloudhsm.aws import session
from pulumi_cloudhsm.waiting.polling import Beat
from pulumi_cloudhsm.waiting.waiter import Clock, Waiter
from rehearsal.emulator.cloudhsmv2.pki import Pki
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline
from rehearsal.emulator.stepfunctions import interpreter
from tests.rehearsal.emulator.conftest import (
    PLACE,
    REGION,
    Account,
    CertificateAuthority,
    TurnedClock,
)

_PKI, _AUTHORITY = functools.cache(Pki), functools.cache(CertificateAuthority)
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/")
DAY = 86_400.0


class EmulatedCloudHsm:
    """One account with an active cluster, whose calls are counted; time passes by sleeping."""

    def __init__(self) -> None:
        self.clock, self.calls = TurnedClock(), list[tuple[str, str]]()
        service = CloudHsm(Timeline(self.clock, 1.0), Faults(), _PKI(), CallLog())
        vpc = moto_backends.ec2(PLACE).create_vpc("10.0.0.0/16")
        subnets = {
            zone: moto_backends.ec2(PLACE)
            .create_subnet(vpc.id, f"10.0.{number}.0/24", availability_zone=zone)
            .id
            for number, zone in enumerate(("us-east-1a", "us-east-1b"))
        }
        self.account = Account(service, self.clock, CallLog(), subnets, vpc.id, [])
        self.cluster_id = self.account.active(_AUTHORITY())
        self.lost_answers: set[str] = set()
        self._clients: dict[str, Any] = {}

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time, UTC)

    def pass_days(self, days: float) -> None:
        self.account.pass_time(days * DAY)

    def waiter(self, report: Any) -> Waiter:
        return Waiter(Clock(self.clock.now, self.account.pass_time), report, Beat(0.0))

    def backups(self, region: str = REGION) -> list[dict[str, Any]]:
        """What is there and shown, the newest first."""
        return self.ask(region, "DescribeBackups", {})["Backups"]

    def ask(self, region: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """One call of this account, past the package."""
        return self.account.service.call(Place(region), operation, parameters)

    def made(self, operation: str) -> int:
        """How many calls of this operation came."""
        return sum(name == operation for _, name in self.calls)

    def back_up(self) -> None:
        """Lets AWS make a backup: the second HSM comes, or goes again."""
        described = self.account.describe(self.cluster_id)
        assert described is not None
        _, *others = described["Hsms"]
        if others:
            self.account.call("DeleteHsm", ClusterId=self.cluster_id, HsmId=others[0]["HsmId"])
        else:
            zone = list(self.account.subnets)[1]
            self.account.call("CreateHsm", ClusterId=self.cluster_id, AvailabilityZone=zone)
        self.account.pass_time(400)

    @contextmanager
    def below_boto3(self) -> Iterator[None]:
        """While this lasts, the package's CloudHSM clients of all Regions call the emulator."""

        @functools.cache  # a client costs more than all its calls here
        def client(access: Any, service: str, **given: Any) -> Any:
            api = session.client(access, service, **given)
            api.meta.events.register("before-send.cloudhsmv2.*", self._answer)
            return api

        modules = ("pulumi_cloudhsm.aws.backups", "pulumi_cloudhsm.aws.cloudhsmv2")
        credentials = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
        with (
            patch.dict("os.environ", credentials),
            patch(f"{modules[0]}.client", client),
            patch(f"{modules[1]}.client", client),
        ):
            yield

    def run_workflow(self, definition: str, given: dict[str, Any], region: str = REGION) -> Any:
        """Has moto run a state machine whose tasks call this account's CloudHSM; how it ended."""
        interpreter.load(self._client)
        from moto.stepfunctions.models import StepFunctionBackend
        from moto.stepfunctions.parser.models import StepFunctionsParserBackend

        backend = StepFunctionsParserBackend(region, PLACE.account)
        role = f"arn:aws:iam::{PLACE.account}:role/workflow"
        # Without the parser's own check, since the run parses it again: 0.2 s each.
        machine = StepFunctionBackend.create_state_machine(backend, "workflow", definition, role)
        arn = backend.start_execution(machine.arn, "run", json.dumps(given)).execution_arn
        end = time.monotonic() + 60
        while (ended := backend.describe_execution(arn)).status == "RUNNING":
            assert time.monotonic() < end, "it never ended"
            time.sleep(0.005)
        return ended

    def _client(self, region: str, service: str) -> Any:
        if region not in self._clients:
            api: Any = boto3.client(service, region_name=region)
            api.meta.events.register("before-send.cloudhsmv2.*", self._answer)
            self._clients[region] = api
        return self._clients[region]

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        scope = _SCOPE.search(_text(request.headers["Authorization"]))
        assert scope is not None
        self.calls.append((scope[1], operation))
        status, headers = 200, dict[str, str]()
        try:
            answer = self.ask(scope[1], operation, json.loads(request.body))
        except ServiceError as refused:
            status, answer = refused.status, {"__type": refused.code, "Message": refused.message}
        if operation in self.lost_answers:
            self.lost_answers.remove(operation)
            status, answer = 500, {"__type": "CloudHsmInternalFailureException"}
        return AWSResponse("https://rehearsal", status, headers, _Raw(json.dumps(answer)))


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def __init__(self, text: str) -> None:
        super().__init__(text.encode())

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
