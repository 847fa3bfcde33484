"""The plugin as a process, asked over gRPC as the engine asks it, beside an engine's log."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

URN = "urn:pulumi:dev::vault::cloudhsm:index:CloudHsmDeployment$cloudhsm:index:{0}::{0}"
ROOT = Path(__file__).parents[3]


class EngineLog(engine_pb2_grpc.EngineServicer):
    """Keeps what is logged: URN and line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        self.lines.append((request.urn, request.message))
        return empty_pb2.Empty()


@dataclass
class Plugin:
    """A running plugin."""

    process: subprocess.Popen[str]
    stub: provider_pb2_grpc.ResourceProviderStub
    engine: grpc.Server
    log: EngineLog = field(default_factory=EngineLog)

    def create(self, name: str, properties: dict[str, Any]) -> Any:
        request = proto.CreateRequest(urn=URN.format(name), properties=struct(properties))
        return self.stub.Create(request, timeout=60)

    def error_of_create(self, name: str, properties: dict[str, Any]) -> str:
        try:
            self.create(name, properties)
        except grpc.RpcError as error:
            return str(error.details())  # pyright: ignore[reportAttributeAccessIssue]
        return ""


def struct(properties: dict[str, Any]) -> Any:
    """Properties as they travel; `rpc.wrap_rpc_secret` marks a secret one."""
    return asyncio.run(rpc.serialize_properties(properties, {}))


@contextmanager
def plugin(folder: Path, shell: dict[str, str] | None = None) -> Iterator[Plugin]:
    """Starts a plugin in a folder, with an engine beside it, and ends both in any case."""
    log = EngineLog()
    engine = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(log, engine)
    port = engine.add_insecure_port("127.0.0.1:0")
    engine.start()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi_cloudhsm.plugin", f"127.0.0.1:{port}", "--logflow"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "components"), **(shell or {})},
    )
    try:
        assert process.stdout is not None
        address = f"127.0.0.1:{int(process.stdout.readline())}"
        with grpc.insecure_channel(address) as channel:
            yield Plugin(process, provider_pb2_grpc.ResourceProviderStub(channel), engine, log)
    finally:
        process.kill()
        process.communicate()
        engine.stop(None).wait()
