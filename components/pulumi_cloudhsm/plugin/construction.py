"""Constructs the component for a program in another language, as if a Python program did."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.resource import DependencyResource
from pulumi.runtime import proto
from pulumi.runtime.settings import (
    _shutdown_callbacks,  # pyright: ignore[reportPrivateUsage]
    set_root_resource,
)
from pulumi.runtime.stack import wait_for_rpcs

from ..deployment.component import CloudHsmDeployment
from ..deployment.kept import DEPLOYMENT
from ..serving import SERVING, Serving
from ..validation import name_inputs
from .program_inputs import PROGRAM_NAMES, args_of, settled

_MAX_REGISTRATIONS = 1024
"""Threads of one construction: each resource that is being made holds one."""
_DECLARING = threading.Lock()
"""Modules of pulumi_aws load on first use, which two threads of Python 3.11 cannot share."""


class _Known(DependencyResource):
    """A resource of the program, of which only the URN is known."""

    def __init__(self, urn: str) -> None:
        super().__init__(urn)
        *_, chain, self._name = urn.split("::", 3)
        self._type = chain.rpartition("$")[2]
        self._protect, self._aliases = None, []


class _Components(Provider):
    """What the package has for other languages: one component."""

    def __init__(self, version: str, stack: str, parent: str) -> None:
        """Prepares one construction.

        Args:
            version: of this package.
            stack: URN of the stack.
            parent: URN of the component's parent.
        """
        super().__init__(version)
        self._stack, self._parent = stack, parent

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declares the component.

        Raises:
            RunError: an input is wrong, or the package has no such component.
        """
        # As in a Python program: resources without a parent are the stack's.
        stack = _Known(self._stack)
        set_root_resource(stack)
        name_inputs(PROGRAM_NAMES)
        if resource_type != DEPLOYMENT:
            raise pulumi.RunError(f"{resource_type} is no component: use {DEPLOYMENT}")
        opts = options or pulumi.ResourceOptions()
        opts.parent = None if self._parent in ("", self._stack) else _Known(self._parent)
        args = args_of(inputs)
        with _DECLARING:
            made = CloudHsmDeployment(name, args, opts)
        return ConstructResult(made.urn, made.outputs)


def construct(
    request: proto.ConstructRequest,
    context: Any,  # noqa: ANN401
    engine: str,
    serving: Serving,
) -> proto.ConstructResponse:
    """Constructs the component, in a loop of its own: one construction waits for no other one.

    Args:
        request: the engine's.
        context: gRPC's.
        engine: address of the engine.
        serving: how its resources are registered, and where its lines go.

    Raises:
        Exception: of any kind; its text tells what is wrong.
    """
    inputs: Mapping[str, Any] = json_format.MessageToDict(request.inputs)
    request.inputs.CopyFrom(struct_pb2.Struct())
    request.inputs.update(settled(inputs))
    stack = (
        f"urn:pulumi:{request.stack}::{request.project}::pulumi:pulumi:Stack"
        f"::{request.project}-{request.stack}"
    )
    components = _Components(serving.version, stack, request.parent)
    servicer = ProviderServicer(components, [], engine)

    async def run() -> proto.ConstructResponse:
        SERVING.set(serving)
        try:
            answer = await servicer.Construct(request, context)
            # What an Output leads to may refuse something, too.
            await wait_for_rpcs()
        finally:
            # As the SDK does at a program's end; it has no public name for it.
            await _shutdown_callbacks()
        return answer

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(ThreadPoolExecutor(_MAX_REGISTRATIONS))
        loop.set_exception_handler(_without_races)
        return runner.run(run())


def _without_races(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """grpcio's loops share one descriptor, and the slower one finds it empty (grpc/grpc#25364)."""
    if not isinstance(context.get("exception"), BlockingIOError):
        loop.default_exception_handler(context)
