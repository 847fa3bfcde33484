"""Lines shown in the engine's display, at the resource they are about."""

from __future__ import annotations

import threading

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """The engine's log. A plugin works without one: what can't be sent is dropped."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def info(self, urn: str, line: str) -> None:
        """Show ``line`` as information."""
        self._send(engine_pb2.INFO, urn, line)

    def warning(self, urn: str, line: str) -> None:
        """Show ``line`` as a warning."""
        self._send(engine_pb2.WARNING, urn, line)

    def error(self, urn: str, line: str) -> None:
        """Show ``line`` as an error."""
        self._send(engine_pb2.ERROR, urn, line)

    def _send(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, line: str) -> None:
        if not self._address:
            return
        try:
            self._engine().Log(
                engine_pb2.LogRequest(severity=severity, urn=urn, message=line), timeout=10
            )
        except grpc.RpcError:
            return  # the engine is ending and shows nothing any more

    def _engine(self) -> engine_pb2_grpc.EngineStub:
        with self._lock:
            if self._stub is None:
                channel = grpc.insecure_channel(self._address)
                self._stub = engine_pb2_grpc.EngineStub(channel)
            return self._stub
