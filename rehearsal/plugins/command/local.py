"""`command.local.Command`: runs a command when it is created, changed and deleted."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, ClassVar

from rehearsal.plugins.command.resource import UPDATABLE, CommandResource
from rehearsal.plugins.core.failures import CheckFailure, PartlyMadeError, ProviderError
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import UNKNOWN, Properties

SHELL = ["/bin/sh", "-c"]
_SIGNATURE = (
    "4dabf18193072939515e22adb298388d"  # marks assets, sdk/go/common/resource/properties.go
)
_ASSET = "c44067f5952c0a294b673a41bacd8c17"  # sdk/go/common/resource/asset of pulumi/pulumi


class Command(CommandResource):
    """A command of this machine."""

    token = "command:local:Command"  # noqa: S105 - a type token
    updatable: ClassVar = UPDATABLE | {"archivePaths", "assetPaths", "dir", "interpreter"}
    printed: ClassVar = CommandResource.printed | {"assets"}
    _running: ClassVar[set[subprocess.Popen[bytes]]] = set()

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Archives are the one thing this stand-in can't return."""
        if inputs.get("archivePaths"):
            reason = (
                "the rehearsal's stand-in for the command plugin can't do archivePaths: use "
                "assetPaths, or run it with the published plugins"
            )
            return [examine(reason, resource, "archivePaths")]
        return []

    def planned(self, inputs: Properties, old: Properties | None) -> Properties:
        """As every command, and neither are the files that it leaves."""
        planned = super().planned(inputs, old)
        return {**planned, "assets": UNKNOWN} if inputs.get("assetPaths") else planned

    def create(self, call: Call, inputs: Properties) -> Made:
        """Run `create`, if there is one."""
        return Made(self.new_identifier(call), self._after(call, inputs.get("create"), inputs, {}))

    def update(
        self, call: Call, identifier: str, old: Properties, inputs: Properties
    ) -> Properties:
        """Run `update`, without it `create`, without both nothing."""
        command = inputs.get("update") or inputs.get("create")
        try:
            return self._after(call, command, inputs, old)
        except ProviderError as error:
            kept = {name: old[name] for name in ("stdout", "stderr", "assets") if name in old}
            outputs = {**self.echoed(inputs), **kept}
            raise PartlyMadeError(str(error), identifier, outputs) from error

    def delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Run `delete`, if there is one."""
        del identifier
        self._after(call, old.get("delete"), old, old)

    def _after(
        self, call: Call, command: str | None, inputs: Properties, previous: Properties
    ) -> Properties:
        """The outputs after ``command`` has run."""
        outputs = {
            **self.echoed(inputs),
            "stdout": previous.get("stdout", ""),
            "stderr": previous.get("stderr", ""),
        }
        if command is None:
            return outputs
        stdout, stderr = self._run(call, command, inputs, previous)
        outputs |= {"stdout": stdout.removesuffix("\n"), "stderr": stderr.removesuffix("\n")}
        if inputs.get("assetPaths"):
            folder = Path(inputs.get("dir") or Path.cwd())
            outputs["assets"] = _assets(folder, inputs["assetPaths"])
        return outputs

    def _run(
        self, call: Call, command: str, inputs: Properties, previous: Properties
    ) -> tuple[str, str]:
        environment = {**os.environ, **(inputs.get("environment") or {})}
        if inputs.get("addPreviousOutputInEnv", True):
            for name in ("stdout", "stderr"):
                if previous.get(name):
                    environment[f"PULUMI_COMMAND_{name.upper()}"] = previous[name]
        logged = inputs.get("logging") or "stdoutAndStderr"
        both: list[str] = []
        try:
            process = subprocess.Popen(
                [*(inputs.get("interpreter") or SHELL), command],
                cwd=inputs.get("dir"),
                env=environment,
                stdin=subprocess.PIPE if inputs.get("stdin") else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # so that what the command started can be ended with it
            )
        except OSError as error:
            raise ProviderError(f'{error}: running "{command}":') from error
        self._running.add(process)
        try:
            out = _Reader(process.stdout, both, call.log if _logs(logged, "stdout") else None)
            err = _Reader(process.stderr, both, call.log if _logs(logged, "stderr") else None)
            _feed(process.stdin, inputs.get("stdin"))
            _wait(process, call)
            stdout, stderr = out.text(), err.text()
        finally:
            self._running.discard(process)
        if process.returncode != 0:
            number = process.returncode
            how = f"exit status {number}" if number > 0 else f"signal: {_signal_name(-number)}"
            raise ProviderError(f'{how}: running "{command}":\n{"".join(both)}')
        return stdout, stderr

    @classmethod
    def end_all(cls) -> None:
        """End every running command and what it started."""
        for process in list(cls._running):
            _kill(process)


class _Reader:
    """Collects what a command prints, and shows it line by line while it runs."""

    def __init__(
        self, stream: IO[bytes] | None, both: list[str], log: Callable[[str], None] | None
    ) -> None:
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream, both, log), daemon=True)
        self._thread.start()

    def _read(
        self, stream: Iterable[bytes] | None, both: list[str], log: Callable[[str], None] | None
    ) -> None:
        for data in stream or []:
            line = data.decode(errors="replace")
            self._lines.append(line)
            both.append(line)
            if log is not None:
                log(line.rstrip("\n"))

    def text(self) -> str:
        self._thread.join()
        return "".join(self._lines)


def _logs(logged: str, stream: str) -> bool:
    return logged in (stream, "stdoutAndStderr")


def _feed(stream: IO[bytes] | None, text: str | None) -> None:
    if stream is not None:
        with contextlib.suppress(BrokenPipeError):  # the command need not read it
            stream.write((text or "").encode())
        with contextlib.suppress(BrokenPipeError):
            stream.close()


def _wait(process: subprocess.Popen[bytes], call: Call) -> None:
    """Until it has ended; it is ended when the user cancels."""
    while True:
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if call.cancelled.is_set():
                _kill(process)
        else:
            return


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    return (signal.strsignal(number) or str(number)).lower()


def _assets(folder: Path, patterns: list[str]) -> dict[str, Any]:
    """Files by their path in ``folder``; a pattern that starts with ! takes files out again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    chosen: dict[str, Any] = {}
    for path in files:
        name = path.relative_to(folder).as_posix()
        taken = False
        for pattern in patterns:
            if _matches(name, pattern.removeprefix("!")):
                taken = not pattern.startswith("!")
        if taken:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            chosen[name] = {_SIGNATURE: _ASSET, "hash": digest, "path": str(path)}
    return chosen


def _matches(name: str, pattern: str) -> bool:
    """`*` stops at a slash, `**` does not."""
    if "**" in pattern:
        return fnmatch.fnmatchcase(name, pattern)
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
