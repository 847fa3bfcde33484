"""A dynamic resource that takes a nap: its create lasts as long as it is told."""

import os
import time
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

BEGUN = "NAP_BEGUN"
"""Names the file that says that a nap has begun."""


def note_begin() -> None:
    """Tell who waits for it."""
    if BEGUN in os.environ:
        Path(os.environ[BEGUN]).touch()


class NapProvider(ResourceProvider):
    """Sleeps, or fails."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Nap."""
        print("napping", flush=True)
        note_begin()
        time.sleep(props["seconds"])
        if props["fail"]:
            raise RuntimeError("fell out of bed")
        return CreateResult("nap-1", {**props, "dream": "hello"})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Only another length is another nap."""
        return DiffResult(changes=olds["seconds"] != news["seconds"])

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change the length."""
        return UpdateResult({**news, "dream": "hello"})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Remember."""
        return ReadResult(id_, props)


class Nap(Resource, module="tiny", name="Nap"):
    """A nap of some seconds."""

    dream: pulumi.Output[str]

    def __init__(
        self, name: str, seconds: float, fail: bool, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {"seconds": seconds, "fail": fail, "dream": None}
        super().__init__(NapProvider(), name, props, opts)
