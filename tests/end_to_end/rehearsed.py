"""The unchanged program in a workspace of its own, against an emulator of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.session import rehearsal_config, rehearsal_session
from rehearsal.engine.workspace import Finished, Workspace, laid_over

SPEED = 120.0
READS = ("AssumeRole", "Describe", "Get", "List")
DEADLINES = {
    "waits": {
        step: {"deadlineSeconds": 60}
        for step in ("hsm", "initialization", "activation", "keyStore")
    }
}
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass
class Rehearsed:
    """A stack that can be brought up and looked at from both sides."""

    workspace: Workspace
    emulator: RunningEmulator

    def up(self, *arguments: str, check: bool = True, **keywords: Any) -> Finished:
        return self.workspace.pulumi(
            "up", "--yes", "--skip-preview", *arguments, check=check, **keywords
        )

    def calls(self, operation: str) -> int:
        """How often AWS was asked for an operation, whatever the outcome."""
        return len(self.emulator.log(operation))

    def accepted(self, operation: str) -> int:
        """How often AWS carried an operation out (a lost answer counts)."""
        return len(
            [
                entry
                for entry in self.emulator.log(operation)
                if entry["outcome"] in ("ok", "connection dropped")
            ]
        )

    def changing_calls(self) -> list[str]:
        """Operations that change something at AWS, in order."""
        return [
            entry["operation"]
            for entry in self.emulator.log()
            if entry["operation"] != "transition" and not entry["operation"].startswith(READS)
        ]

    def cluster(self) -> dict[str, Any]:
        """The one cluster as AWS shows it."""
        clusters = self.emulator.client("cloudhsmv2").describe_clusters()["Clusters"]
        live = [cluster for cluster in clusters if not cluster["State"].startswith("DELETE")]
        assert len(live) == 1, f"expected one cluster, AWS has {live}"
        return live[0]

    def certificate_files(self) -> dict[str, Path]:
        """File name to path of the certificates that the stack wrote."""
        listed = self.workspace.outputs()["certificateFiles"]
        return {name: self.workspace.project / path for name, path in listed.items()}

    def export(self) -> str:
        """The state as it is stored, secrets encrypted."""
        return self.workspace.pulumi("stack", "export").stdout


@contextmanager
def rehearsed(
    layout: Layout,
    folder: Path,
    config: Mapping[str, Any] | None = None,
    speed: float = SPEED,
) -> Iterator[Rehearsed]:
    """A fresh emulator and a fresh workspace with the committed dev stack.

    Args:
        layout: the engine.
        folder: where the workspace goes.
        config: added to the stack's config, over what a rehearsal needs.
        speed: seconds of AWS in one second here.
    """
    with rehearsal_session(
        layout, folder, speed=speed, config=laid_over(DEADLINES, config or {})
    ) as session:
        yield Rehearsed(session.workspace, session.emulator)


def beside(
    stack: Rehearsed, layout: Layout, folder: Path, name: str, config: Mapping[str, Any]
) -> Rehearsed:
    """Another stack of the program, in the same account.

    Args:
        stack: the stack that is there.
        layout: the engine.
        folder: where the other one's workspace goes.
        name: the other stack's name.
        config: its config, on top of what a rehearsal needs.
    """
    workspace = Workspace.create(
        layout,
        PROJECT,
        folder,
        stack=name,
        config=laid_over(laid_over(DEADLINES, rehearsal_config(stack.emulator, SPEED)), config),
    )
    workspace.variables.update(stack.workspace.variables)
    return Rehearsed(workspace, stack.emulator)


def changes_components_only(output: str) -> bool:
    """Whether an `up` changed the visible inputs of components, and nothing at AWS or elsewhere."""
    updated = re.findall(r"~\s+(\S+) \S+ updat", output)
    components = all(kind.startswith("cloudhsm:index:") for kind in updated)
    return bool(updated) and components and not re.search(r"\d+ (creat|delet|replac)ed", output)
