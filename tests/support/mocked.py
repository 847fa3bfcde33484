"""Runs a program as the unit test of an importing stack does: with Pulumi's mocks alone."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar
from unittest.mock import patch

import pulumi

M = TypeVar("M", bound=pulumi.runtime.Mocks)


class PlainMocks(pulumi.runtime.Mocks):
    """As Pulumi's documentation shows them: inputs come back, look-ups tell nothing."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.made[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        assert not args.token.startswith("pulumi:"), "the state is not read"
        return {}


def mocked(program: Callable[[], object]) -> PlainMocks:
    """Runs a program with plain mocks, with neither credentials nor organization."""
    return under(PlainMocks(), program)


def under(mocks: M, program: Callable[[], object]) -> M:
    """Runs a program as `pulumi.runtime.test` does; whatever asks AWS fails."""

    def body() -> None:
        # The SDK takes the thread's loop, and an earlier test may have closed it.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        pulumi.runtime.set_mocks(mocks)
        try:
            pulumi.runtime.test(program)()
        finally:
            loop.close()

    refused = AssertionError("asks AWS")
    with (
        patch("boto3.Session", side_effect=refused),
        patch("boto3.client", side_effect=refused),
        patch("botocore.client.BaseClient._make_api_call", side_effect=refused),
    ):
        contextvars.copy_context().run(body)
    return mocks
