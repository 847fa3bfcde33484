"""Starts a plugin as the engine does and speaks to it over gRPC."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.plugins.core.values import decode, encode

REPOSITORY = Path(__file__).resolve().parents[3]


BRIDGED = re.compile(r"1 error occurred:\n\t\* (.*)\n\n", re.DOTALL)
"""How Pulumi's bridge passes on an error of a Terraform provider."""


class RefusedError(Exception):
    """The plugin answered with an error.

    Its text is the provider's own; `told` is what the engine gets.
    """

    def __init__(self, error: grpc.RpcError) -> None:
        self.told: str = error.details() or ""
        bridged = BRIDGED.fullmatch(self.told)
        super().__init__(bridged[1] if bridged else self.told)
        self.partial = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = status_pb2.Status.FromString(value)
                failed = provider_pb2.ErrorResourceInitFailed()
                assert status.details[0].Unpack(failed)
                self.partial = failed


class Plugin:
    """A running plugin."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def connect(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise RefusedError(error) from error

    def configure(self, **config: Any) -> None:
        self.call("Configure", provider_pb2.ConfigureRequest(args=encode(config)))

    def check(self, token: str, inputs: Mapping[str, Any], name: str = "it") -> list[str]:
        request = provider_pb2.CheckRequest(urn=urn(token, name), news=encode(inputs))
        return [failure.reason for failure in self.call("Check", request).failures]

    def checked(self, token: str, inputs: Mapping[str, Any], name: str = "it") -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=urn(token, name), news=encode(inputs))
        answer = self.call("Check", request)
        assert not answer.failures, answer.failures
        return decode(answer.inputs)

    def as_checked(
        self, token: str, inputs: Mapping[str, Any], name: str = "it"
    ) -> Mapping[str, Any]:
        """Inputs as the engine passes them on: checked first, unless they have been."""
        return (
            inputs if {"region", "tagsAll"} & inputs.keys() else self.checked(token, inputs, name)
        )

    def preview(self, token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CreateRequest(
            urn=urn(token), properties=encode(self.as_checked(token, inputs)), preview=True
        )
        return decode(self.call("Create", request).properties)

    def create(
        self, token: str, inputs: Mapping[str, Any], name: str = "it", timeout: float = 0
    ) -> tuple[str, dict[str, Any]]:
        checked = self.as_checked(token, inputs, name)
        request = provider_pb2.CreateRequest(
            urn=urn(token, name), properties=encode(checked), timeout=timeout
        )
        answer = self.call("Create", request)
        return answer.id, decode(answer.properties)

    def diff(
        self,
        token: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        old_inputs: Mapping[str, Any] | None = None,
    ) -> Any:
        request = provider_pb2.DiffRequest(
            id="x",
            urn=urn(token),
            olds=encode(old),
            news=encode(self.as_checked(token, new)),
            old_inputs=encode(old_inputs or {}),
        )
        return self.call("Diff", request)

    def read(
        self,
        token: str,
        identifier: str,
        state: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        request = provider_pb2.ReadRequest(
            id=identifier,
            urn=urn(token),
            properties=encode(state or {}),
            inputs=encode(inputs or {}),
        )
        answer = self.call("Read", request)
        return answer.id, decode(answer.properties), decode(answer.inputs)

    def update(
        self,
        token: str,
        identifier: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        preview: bool = False,
    ) -> dict[str, Any]:
        checked = encode(self.as_checked(token, new))
        request = provider_pb2.UpdateRequest(
            id=identifier, urn=urn(token), olds=encode(old), news=checked, preview=preview
        )
        return decode(self.call("Update", request).properties)

    def delete(
        self, token: str, identifier: str, state: Mapping[str, Any], timeout: float = 0
    ) -> None:
        request = provider_pb2.DeleteRequest(
            id=identifier, urn=urn(token), properties=encode(state), timeout=timeout
        )
        self.call("Delete", request)

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        return decode(getattr(self.call("Invoke", request), "return"))

    def cancel(self) -> None:
        self.call("Cancel", empty_pb2.Empty())


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::cloudhsm::{token}::{name}"


@contextmanager
def running_plugin(
    provider: str, environment: Mapping[str, str] | None = None, engine: str = "127.0.0.1:1"
):
    """A plugin process, ended with the block."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", f"rehearsal.plugins.{provider}", engine],
        cwd=REPOSITORY,
        env=inherited | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.strip().isdigit(), process.stderr.read() if process.stderr else line
        plugin = Plugin(process)
        plugin.connect(int(line))
        yield plugin
        plugin.channel.close()
    finally:
        process.kill()
        process.communicate()
