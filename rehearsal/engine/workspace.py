"""A throw-away project folder in which the unchanged program runs.

The CLI writes a salt into the stack's file, and the program writes certificates. In a workspace
both land beside a link to the program, never in the working tree.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import yaml

from rehearsal.engine.core.environment import aws_variables, without_the_users_own
from rehearsal.engine.core.processes import end_session, session_members
from rehearsal.engine.layout import Layout

COMMAND_SECONDS = 300.0
INTERRUPT_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Finished:
    """A CLI command that has ended.

    Attributes:
        arguments: what was asked, without the program's name.
        returncode: the exit status.
        stdout, stderr: what it printed ("" when it printed to the terminal).
        seconds: wall time.
    """

    arguments: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        """Everything it printed."""
        return self.stdout + self.stderr


class PulumiFailed(Exception):  # noqa: N818 - the name says what happened
    """A CLI command failed or took too long; `finished` holds what it printed."""

    def __init__(self, finished: Finished, reason: str) -> None:
        super().__init__(f"pulumi {' '.join(finished.arguments)}: {reason}\n{finished.output}")
        self.finished = finished


class Running:
    """A CLI command under way, in a session of its own. Leaving the `with` block ends all of it."""

    def __init__(self, process: subprocess.Popen[str], arguments: tuple[str, ...]) -> None:
        self.process = process
        self.arguments = arguments
        self._started = time.monotonic()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def members(self) -> list[int]:
        """List the living processes of this command: CLI, hosts, plugins and program."""
        return session_members(self.process.pid)

    def interrupt(self) -> None:
        """Do what Ctrl-C does: the CLI gets it, its plugins do not."""
        self.process.send_signal(signal.SIGINT)

    def kill_cli(self) -> None:
        """`kill -9` the CLI alone; its plugins learn of it by themselves."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Kill everything of this command that still lives."""
        end_session(self.process.pid)
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def finish(self, seconds: float = COMMAND_SECONDS) -> Finished:
        """Wait for the end and give what was printed.

        Raises:
            PulumiFailed: not ended after `seconds`; everything of it has been killed.
        """
        try:
            stdout, stderr = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            end_session(self.process.pid)
            stdout, stderr = self.process.communicate()
            late = self._finished(stdout, stderr)
            raise PulumiFailed(late, f"not done after {seconds:.0f} s, killed") from None
        except KeyboardInterrupt:
            self._interrupt_kindly()
            raise
        return self._finished(stdout, stderr)

    def _interrupt_kindly(self) -> None:
        # The user's Ctrl-C reaches only us (the CLI has a session of its own): hand it on, so that
        # the engine can write its state, and wait for that.
        self.interrupt()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            self.process.wait(timeout=INTERRUPT_PATIENCE_SECONDS)
        self.end()

    def _finished(self, stdout: str | None, stderr: str | None) -> Finished:
        seconds = time.monotonic() - self._started
        return Finished(
            self.arguments, self.process.returncode, stdout or "", stderr or "", seconds
        )


@dataclass
class Workspace:
    """One project folder with its state and its environment.

    Attributes:
        layout: the engine.
        folder: holds `project` (the program as the CLI sees it) and `state` (the file backend).
        stack: the stack's name.
        variables: environment of every command, on top of the engine's own.
    """

    layout: Layout
    folder: Path
    stack: str = "dev"
    variables: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def create(
        cls,
        layout: Layout,
        program: Path,
        folder: Path,
        stack: str = "dev",
        config: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Workspace:
        """Lay out an empty workspace for `program` in `folder` and select the stack.

        Args:
            layout: see `ensure_layout`.
            program: the folder with Pulumi.yaml; its Python files and its policy pack are linked,
                so edits count.
            folder: made when missing; a workspace that was there is replaced.
            stack: the stack's name; `Pulumi.<stack>.yaml` of the program is copied if it exists.
            config: added to the copy's config; a key without namespace gets the project's own;
                values may be nested.
            variables: environment for every command, see `point_at_emulator`.
        """
        workspace = cls(layout, folder, stack, dict(variables or {}))
        for part in (workspace.project, workspace.state):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        workspace._link_program(program)
        workspace._write_stack_file(program, config or {})
        workspace.pulumi("stack", "select", "--create", stack)
        return workspace

    @property
    def project(self) -> Path:
        """The folder with Pulumi.yaml, where commands run and the program writes its files."""
        return self.folder / "project"

    @property
    def state(self) -> Path:
        """The folder of the file backend."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        """Every variable a command gets."""
        return {
            **without_the_users_own(),
            **self.layout.variables(self.state),
            **self.variables,
        }

    def point_at_emulator(self, endpoint: str, region: str, access_key: str = "rehearsal") -> None:
        """Send every AWS call of the commands to come to the emulator at `endpoint`."""
        self.variables.update(aws_variables(endpoint, region, self.layout.empty_file, access_key))

    def popen(
        self, *arguments: str, env: Mapping[str, str] | None = None, live: bool = False
    ) -> Running:
        """Start the CLI and return at once.

        Args:
            arguments: for instance "up", "--yes".
            env: added to the environment of this command.
            live: print to our own stdout and stderr instead of capturing.
        """
        stream: int | IO[str] | None = None if live else subprocess.PIPE
        process = subprocess.Popen(
            [str(self.layout.pulumi), *arguments],
            cwd=self.project,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            text=True,
            start_new_session=True,
        )
        return Running(process, arguments)

    def pulumi(
        self,
        *arguments: str,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        live: bool = False,
        seconds: float = COMMAND_SECONDS,
    ) -> Finished:
        """Run the CLI to its end; nothing of it lives on, however it ends.

        Args:
            arguments: for instance "up", "--yes".
            check: raise when the exit status is not 0.
            env: added to the environment of this command.
            live: print to our own stdout and stderr instead of capturing.
            seconds: time limit.

        Raises:
            PulumiFailed: it failed (and `check`), or took longer than `seconds`.
        """
        with self.popen(*arguments, env=env, live=live) as running:
            finished = running.finish(seconds)
        if check and finished.returncode != 0:
            raise PulumiFailed(finished, f"exit status {finished.returncode}")
        return finished

    def outputs(self) -> dict[str, Any]:
        """Give the stack's outputs; secrets are not shown."""
        return json.loads(self.pulumi("stack", "output", "--json").stdout)

    def _link_program(self, program: Path) -> None:
        shutil.copy2(program / "Pulumi.yaml", self.project / "Pulumi.yaml")
        for source in [*program.glob("*.py"), program / "requirements.txt", program / "policy"]:
            if source.exists():
                (self.project / source.name).symlink_to(source.resolve())
        own = program / ".venv"
        environment = own if own.exists() else self.layout.virtualenv
        (self.project / ".venv").symlink_to(environment.absolute())

    def _write_stack_file(self, program: Path, config: Mapping[str, Any]) -> None:
        name = f"Pulumi.{self.stack}.yaml"
        original = program / name
        content = (yaml.safe_load(original.read_text()) if original.exists() else None) or {}
        namespace = yaml.safe_load((program / "Pulumi.yaml").read_text())["name"]
        added = {key if ":" in key else f"{namespace}:{key}": one for key, one in config.items()}
        content["config"] = laid_over(content.get("config") or {}, added)
        (self.project / name).write_text(yaml.safe_dump(content, sort_keys=False))


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Give `under` with the values of `over`, section by section; None takes a key away."""
    merged = dict(under)
    for key, value in over.items():
        before = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(before, Mapping)
        merged[key] = laid_over(before, value) if both else value  # pyright: ignore
    return {key: value for key, value in merged.items() if value is not None}


def stack_resources(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Give every resource in the stack's state, secrets still encrypted."""
    state = json.loads(workspace.pulumi("stack", "export").stdout)
    yield from state["deployment"].get("resources") or []
