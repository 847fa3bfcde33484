"""Pulumi's own host of dynamic providers as a process, asked over gRPC as the engine asks it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import provider_pb2_grpc

ROOT = Path(__file__).parents[2]


@dataclass
class Host:
    """A running host."""

    stub: provider_pb2_grpc.ResourceProviderStub

    def error_of(self, method: str, properties: dict[str, Any]) -> str:
        """What the engine shows when a method fails; empty when it does not."""
        values = asyncio.run(rpc.serialize_properties(properties, {}))
        try:
            if method == "Create":
                self.stub.Create(proto.CreateRequest(properties=values), timeout=30)
            elif method == "Read":
                self.stub.Read(proto.ReadRequest(id="id", properties=values), timeout=30)
            else:
                assert method == "Diff"
                request = proto.DiffRequest(id="id", olds=values, news=values)
                self.stub.Diff(request, timeout=30)
        except grpc.RpcError as error:
            return str(error.details())  # pyright: ignore[reportAttributeAccessIssue]
        return ""


@contextmanager
def dynamic_host(
    shell: dict[str, str] | None = None, config: dict[str, str] | None = None
) -> Iterator[Host]:
    """Starts a host with an environment and a stack's config, and ends it in any case."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "components"), **(shell or {})},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            args = asyncio.run(rpc.serialize_properties(config or {}, {}))
            stub.Configure(proto.ConfigureRequest(args=args), timeout=30)
            yield Host(stub)
    finally:
        process.kill()
        process.communicate()
