"""What the engine asks a plugin, each question in a thread of its own."""

# ruff: noqa: ANN401, ARG002, D102, N802 - the methods are gRPC's

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import ResourceProviderServicer

import pulumi_cloudhsm

from ..errors import CloudHsmError
from ..serving import SERVING, Serving
from .custom_resources import check, create, delete, diff, read, update
from .engine import Engine
from .field_names import in_field_names

A = TypeVar("A")

_INTERRUPTED = "interrupted; what AWS was asked for goes on there: run `pulumi up` again to go on"


class Servicer(ResourceProviderServicer):
    """The plugin."""

    def __init__(self, version: str, engine: Engine) -> None:
        """Prepares.

        Args:
            version: of this package.
            engine: who asks.
        """
        self._version, self._engine = version, engine
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ends the waits of all calls, and of those to come."""
        self._cancelled.set()

    def _serving(self, urn: str) -> Serving:
        def report(line: str) -> None:
            self._engine.report(urn, in_field_names(line))

        return Serving(self._version, report, self._sleep)

    def _sleep(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CloudHsmError(_INTERRUPTED)

    # The plugin itself.

    def GetPluginInfo(self, request: Any, context: Any) -> proto.PluginInfo:
        return proto.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> proto.GetSchemaResponse:
        schema = json.loads(
            files(pulumi_cloudhsm).joinpath("plugin", "schema.json").read_text("utf-8")
        )
        return proto.GetSchemaResponse(schema=json.dumps({**schema, "version": self._version}))

    def CheckConfig(self, request: Any, context: Any) -> proto.CheckResponse:
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> proto.DiffResponse:
        # A newer plugin serves the resources of an older one.
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> proto.ConfigureResponse:
        # Without `acceptSecrets` a construction would be given its secrets in clear.
        return proto.ConfigureResponse(acceptSecrets=True, acceptOutputs=True)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self.cancel()
        return empty_pb2.Empty()

    # The component.

    def Construct(
        self, request: proto.ConstructRequest, context: grpc.ServicerContext
    ) -> proto.ConstructResponse:
        return self._answer(context, "", lambda: self._construct(request, context))

    def _construct(
        self, request: proto.ConstructRequest, context: grpc.ServicerContext
    ) -> proto.ConstructResponse:
        # It loads the large package of the aws provider, which a refresh needs not.
        from .construction import construct

        return construct(request, context, self._engine.address, self._serving(""))

    # The custom resources.

    def Check(
        self, request: proto.CheckRequest, context: grpc.ServicerContext
    ) -> proto.CheckResponse:
        return self._answer(context, request.urn, lambda: check(request))

    def Diff(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:
        return self._answer(context, request.urn, lambda: diff(request))

    def Create(
        self, request: proto.CreateRequest, context: grpc.ServicerContext
    ) -> proto.CreateResponse:
        return self._answer(context, request.urn, lambda: create(request))

    def Read(self, request: proto.ReadRequest, context: grpc.ServicerContext) -> proto.ReadResponse:
        return self._answer(context, request.urn, lambda: read(request))

    def Update(
        self, request: proto.UpdateRequest, context: grpc.ServicerContext
    ) -> proto.UpdateResponse:
        return self._answer(context, request.urn, lambda: update(request))

    def Delete(
        self, request: proto.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        return self._answer(context, request.urn, lambda: delete(request))

    def _answer(self, context: grpc.ServicerContext, urn: str, ask: Callable[[], A]) -> A:
        """Tells an expected error in one line, and any other one with its trace."""
        given = SERVING.set(self._serving(urn))
        try:
            return ask()
        except (CloudHsmError, pulumi.RunError) as error:
            line = in_field_names(str(error))
        except Exception:  # a defect of ours: its trace is needed
            line = traceback.format_exc()
        finally:
            SERVING.reset(given)  # gRPC uses the thread again
        context.abort(grpc.StatusCode.UNKNOWN, line)
