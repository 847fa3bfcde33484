"""One HTTP server on loopback: the control interface, CloudHSM v2, and moto for the rest."""

from __future__ import annotations

import ipaddress
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from rehearsal.emulator.acm_pca.service import PrivateCas
from rehearsal.emulator.client_host.data_plane import DataPlane
from rehearsal.emulator.client_host.program_requests import Hosts
from rehearsal.emulator.client_host.run_command import RunCommand
from rehearsal.emulator.cloudhsmv2.pki import Pki
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.cloudtrail.service import CloudTrail
from rehearsal.emulator.control import Control
from rehearsal.emulator.core import moto_backends, network_use, request, service_roles, validation
from rehearsal.emulator.core.answers import Answer, StartResponse, error, json_result, xml_result
from rehearsal.emulator.core.call_log import CallLog, Entry, presentable
from rehearsal.emulator.core.denial import access_denied, action
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Fault, Faults
from rehearsal.emulator.core.moto_server import Moto
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest, Environ
from rehearsal.emulator.core.timeline import SystemClock, Timeline
from rehearsal.emulator.fsx.service import FileSystems
from rehearsal.emulator.kms import signing
from rehearsal.emulator.kms.key_stores import KeyStores
from rehearsal.emulator.kms.lateness import Lateness
from rehearsal.emulator.stepfunctions import interpreter
from rehearsal.emulator.sts import roles

CONTROL_PATH = "/_rehearsal"
"""Where the control interface is; no S3 bucket name can begin with an underscore."""

Front = Callable[[AwsRequest], dict[str, Any] | None]
"""Answers a service's calls in front of moto; None leaves a call to moto."""


class Emulator:
    """The WSGI application.

    Args:
        speed: seconds of AWS time that pass in one second.
        region: of calls that are not signed.
        access_key: the key whose requests may run commands on instances; None: no request may.
        durations: how long AWS takes for each step.
    """

    def __init__(
        self,
        speed: float,
        region: str,
        access_key: str | None = None,
        durations: Durations | None = None,
    ) -> None:
        self.pki = Pki()
        self.region = region
        self._log = CallLog()
        durations = durations or Durations()
        timeline = Timeline(SystemClock(), speed)
        self._service = CloudHsm(timeline, Faults(), self.pki, self._log, durations)
        self._moto = Moto(self._service.lock)
        self._key_stores = KeyStores(self._service, self._log, durations)
        self._late = Lateness(self._service.faults)
        self._file_systems = FileSystems(
            self._service, self._log, durations, self._key_stores.key_trouble
        )
        self._private_cas = PrivateCas(self._service, self._log, durations)
        self._commands = RunCommand(self._service, durations, access_key, lambda: self.control)
        self.control = ""
        self._fronts: dict[str, Front] = {
            "acm-pca": self._private_cas.answer,
            "cloudhsmv2": self._ask_cloudhsm,
            "cloudtrail": CloudTrail(self._service, self._log).answer,
            "fsx": self._file_systems.answer,
            "kms": self._ask_kms,
            "ssm": self._commands.answer,
            "states": interpreter.front(lambda: self.control.removesuffix(CONTROL_PATH)),
            "sts": roles.check,
        }
        self._places = {Place(region)}
        self._loading = threading.Lock()
        self._warm = False
        self._control = Control(
            self._service,
            self._log,
            lambda: set(self._places),
            self._key_stores,
            self._file_systems,
            self._private_cas,
            Hosts(DataPlane(self._service, durations)),
            self._reset_others,
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        self.warm_up()
        path: str = environ.get("PATH_INFO", "/")
        if path.startswith(CONTROL_PATH + "/"):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = environ["wsgi.input"].read(length)
            method = environ["REQUEST_METHOD"]
            return self._control.answer(method, path[len(CONTROL_PATH) :], body).send(
                start_response
            )
        asked = request.read(environ, self.region, moto_backends.account_of)
        self._places.add(asked.place)
        arrived = self._service.timeline.now()
        request_id = str(uuid.uuid4())
        fault, refusal = self._refused_by_fault(asked)
        held: Fault | None = None
        if refusal:
            answer = error(refusal, asked.style, request_id)
        else:
            answer = self._carry_out(asked, environ, request_id)
            with self._service.lock:
                if self._strike("drop_after_write", asked):
                    fault = "drop_after_write"
                held = self._struck("answer_held", asked)
                fault = "answer_held" if held else fault
        self._log.add(
            Entry(
                time=arrived,
                operation=asked.operation,
                service=asked.service,
                region=asked.place.region,
                account=asked.place.account,
                parameters=presentable(asked.parameters),
                outcome=answer.error_code(),
                request_id=dict(answer.headers).get("x-amzn-RequestId", request_id),
                seconds=round(self._service.timeline.now() - arrived, 4),
                fault=fault,
            )
        )
        if fault == "drop_after_write":
            _hang_up(environ)
        if held:
            # Real seconds: what waits for this answer is to be killed meanwhile.
            self._service.faults.hold(held)
        return answer.send(start_response)

    def warm_up(self) -> None:
        """Load what is slow to import, once; ahead of the first call, that need not wait for it."""
        # Under a lock: two threads that import moto at once can see half of it.
        with self._loading:
            if not self._warm:
                validation.service_model()
                moto_backends.account_of("")
                moto_backends.ec2(Place(self.region))
                moto_backends.logs(Place(self.region))
                self._warm = True

    def end(self) -> None:
        """Remove what commands on instances have left on this machine."""
        self._commands.clear()

    def _reset_others(self) -> None:
        self._commands.clear()
        self._late.clear()
        self._moto.reset()

    def _refused_by_fault(self, asked: AwsRequest) -> tuple[str | None, ServiceError | None]:
        with self._service.lock:
            if self._strike("access_denied", asked) or self._not_allowed(asked):
                return "access_denied", access_denied(asked)
            if self._strike("throttle", asked):
                # What AWS's front door answers; EC2 has a code of its own.
                if asked.style == "ec2":
                    return "throttle", ServiceError(
                        "RequestLimitExceeded", "Request limit exceeded.", 503
                    )
                return "throttle", ServiceError("ThrottlingException", "Rate exceeded")
            if struck := self._strike("server_error", asked):
                ours = asked.service == "cloudhsmv2"
                code = "CloudHsmInternalFailureException" if ours else "InternalFailure"
                text = "The request failed because of an internal error; it can be retried."
                return "server_error", ServiceError(code, text, struck.get("status", 500))
        return None, None

    def _not_allowed(self, asked: AwsRequest) -> bool:
        """Whether the user has no right for this call, where a fault says which ones there are."""
        rights = self._service.faults.find("only_allowed")
        # STS tells everybody who they are.
        if (
            rights is None
            or asked.service == "sts"
            or action(asked) in rights.parameters["actions"]
        ):
            return False
        rights.strike()
        return True

    def _struck(self, kind: str, asked: AwsRequest) -> Fault | None:
        return self._service.faults.take(
            kind,
            service=asked.service,
            operation=asked.operation,
            region=asked.place.region,
            account=asked.place.account,
        )

    def _strike(self, kind: str, asked: AwsRequest) -> dict[str, Any] | None:
        fault = self._struck(kind, asked)
        return fault.parameters if fault else None

    def _carry_out(self, asked: AwsRequest, environ: Environ, request_id: str) -> Answer:
        if asked.service != "kms":
            return self._answer(asked, environ, request_id)
        before = self._late.stores(asked, self._key_stores.answer)
        return self._late.shown(asked, self._answer(asked, environ, request_id), before)

    def _answer(self, asked: AwsRequest, environ: Environ, request_id: str) -> Answer:
        try:
            front = self._fronts.get(asked.service)
            own = front(asked) if front else None
            if own is not None:
                return json_result(own, request_id)
            iam = asked.service == "iam"
            if iam and (role := service_roles.answer(asked, self._service.faults)) is not None:
                return xml_result(role, request_id)
            if asked.service == "ec2":
                # What CloudHSM gives back by now must be gone before EC2 is asked about it.
                with self._service.lock:
                    self._service.timeline.advance()
                    if asked.operation == "DescribeVpcEndpointServices":
                        faults = self._service.faults
                        network_use.show_zones(
                            asked.place,
                            lambda zone: bool(faults.find("zone_without_cloudhsm", zone=zone)),
                        )
                    refused = network_use.dependency(asked.place, asked.operation, asked.parameters)
                if refused:
                    raise refused
        except ServiceError as refused:
            return error(refused, asked.style, request_id)
        answer = self._moto.answer(environ)
        if asked.operation == "AssumeRole":
            self._commands.derive(asked.access_key, roles.access_key_in(answer.body))
        return answer

    def _ask_kms(self, asked: AwsRequest) -> dict[str, Any] | None:
        self._late.refuse(asked)
        signed = signing.answer(asked)
        return signed if signed is not None else self._key_stores.answer(asked)

    def _ask_cloudhsm(self, asked: AwsRequest) -> dict[str, Any]:
        if asked.cbor or asked.operation not in validation.service_model().operation_names:
            raise ServiceError(
                "UnknownOperationException",
                f"{asked.operation} is not an operation of CloudHSM v2 in JSON 1.1.",
            )
        return self._service.call(asked.place, asked.operation, asked.parameters)


def _hang_up(environ: Environ) -> None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    # werkzeug takes this as the client having gone, and says nothing.
    raise ConnectionAbortedError("dropped after the write, as the fault demands")


class _Handler(WSGIRequestHandler):
    # Header and body go out in two writes; without this every answer on a kept connection
    # waits 40 ms for the other side's delayed acknowledgement.
    disable_nagle_algorithm = True
    # Answers have lengths, so connections can be kept, as AWS does.
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the call log has it all, and errors come with a trace of their own."""


def make(emulator: Emulator, host: str, port: int) -> BaseWSGIServer:
    """A threaded server for ``emulator``, bound but not serving yet.

    Raises:
        ValueError: ``host`` is not a loopback address.
    """
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"host {host!r} is not a loopback address; use 127.0.0.1")
    return make_server(host, port, emulator, threaded=True, request_handler=_Handler)


def endpoint(server: BaseWSGIServer) -> str:
    """The address clients use."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"
