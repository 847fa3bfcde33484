"""The plugin's side of the engine: its log, and its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_LOG_SECONDS = 10.0
_GONE_SECONDS = 3.0
"""How long the engine may not answer before it counts as gone."""


class Engine:
    """The engine that started this process; everything is dropped where there is none."""

    def __init__(self, address: str) -> None:
        """Connects.

        Args:
            address: the engine's; empty where none started this process.
        """
        self.address = address
        self._channel = grpc.insecure_channel(address) if address else None

    def report(self, urn: str, line: str) -> None:
        """Shows a line at a resource."""
        if self._channel is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, urn=urn, message=line)
        try:
            stub: Any = engine_pb2_grpc.EngineStub(self._channel)
            stub.Log(request, timeout=_LOG_SECONDS)
        except grpc.RpcError:
            return  # it is ending, and shows nothing any more

    def end_with_it(self, end: Callable[[], object] = lambda: os._exit(1)) -> None:
        """Ends this process when the engine is gone: after `kill -9` it would go on calling AWS.

        The process that started us may be another one, a language host for example.

        Args:
            end: how; called in a thread of its own.
        """
        channel = self._channel
        if channel is None:
            return
        changed = threading.Event()
        channel.subscribe(lambda _: changed.set(), try_to_connect=True)

        def watch() -> None:
            while True:
                changed.wait()
                changed.clear()
                try:
                    grpc.channel_ready_future(channel).result(timeout=_GONE_SECONDS)
                except grpc.FutureTimeoutError:
                    end()
                    return

        threading.Thread(target=watch, name="engine-watch", daemon=True).start()
