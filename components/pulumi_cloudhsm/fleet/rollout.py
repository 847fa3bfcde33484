"""One command on all stacks: wave after wave, so many at a time, each in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from .declaration import Fleet, StackOfFleet, Wave
from .progress import DONE, FAILED, HELD, RUNNING, WAITING, Progress
from .stack_file import write_stack_file
from .stack_process import Job

PROCESS = (sys.executable, "-m", f"{__package__}.stack_process")
_WITHOUT_RESULT = (
    "its process ended without a result; if the stack is locked, run `pulumi cancel`, then go on "
    "with --resume"
)


class Rollout:
    """Carries a command out on the stacks of a fleet.

    Args:
        fleet: the list.
        command: `preview`, `up`, `refresh` or `destroy`.
        progress: where the stacks stand.
        changed: called after each change of it.
        process: command line of a stack's process; tests give another one.
    """

    def __init__(
        self,
        fleet: Fleet,
        command: str,
        progress: Progress,
        changed: Callable[[], None] = lambda: None,
        process: Sequence[str] = PROCESS,
    ) -> None:
        self._fleet, self._command, self._progress = fleet, command, progress
        self._changed, self._process = changed, process
        self._free = threading.Condition()
        self._running: Counter[tuple[str | None, str]] = Counter()
        self._stopped = False
        self.checks: dict[str, str] = {}
        """What a wave's check said that held later waves back, by wave."""

    def run(self) -> bool:
        """Carries it out; true where every stack is done.

        A stack that fails stops no other stack of its wave. Ctrl-C lets what runs come to its end
        and begins nothing more.
        """
        through = True
        for wave, stacks in self._fleet.in_waves():
            if not through or self._stopped:
                self._hold([one for one in stacks if self._state(one) == WAITING])
                continue
            self._run_wave(stacks)
            through = not self._stopped and self._is_through(wave, stacks)
        return all(one.state == DONE for one in self._progress.stacks.values())

    def stop(self) -> None:
        """Begins nothing more."""
        with self._free:
            self._stopped = True
            self._free.notify_all()

    def _run_wave(self, stacks: Sequence[StackOfFleet]) -> None:
        waiting = [one for one in stacks if self._state(one) == WAITING]
        # Destroyed and made in the list's order; a thread waits for each stack's process.
        threads: list[threading.Thread] = []
        while waiting and not self._stopped:
            with self._free:
                ready = self._fleet.next_of(waiting, self._running)
                if ready is None:
                    self._free.wait(0.5)
                    continue
                self._running[ready.place] += 1
            waiting.remove(ready)
            self._move(ready, state=RUNNING)
            thread = threading.Thread(target=self._run_stack, args=(ready,), name=ready.name)
            threads.append(thread)
            thread.start()
        for thread in threads:
            thread.join()

    def _run_stack(self, stack: StackOfFleet) -> None:
        try:
            self._move(stack, **self._ended(stack))
        except OSError as error:
            self._move(stack, state=FAILED, error=str(error))
        finally:
            with self._free:
                self._running[stack.place] -= 1
                self._free.notify_all()

    def _ended(self, stack: StackOfFleet) -> dict[str, Any]:
        if self._command in ("preview", "up"):
            write_stack_file(Path(self._fleet.project), stack.name, self._fleet.config_of(stack))
        folder = self._progress.folder / stack.name
        folder.mkdir(parents=True, exist_ok=True)
        backend = {"PULUMI_BACKEND_URL": self._fleet.backend} if self._fleet.backend else {}
        job = Job(
            command=self._command,
            stack=stack.name,
            project=self._fleet.project,
            events=str(folder / "events.jsonl"),
            output=str(folder / "output.txt"),
            secrets_provider=self._fleet.secrets_provider,
            environment={**backend, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        told: Mapping[str, Any] = {}
        with (
            (folder / "errors.txt").open("w") as errors,
            subprocess.Popen(
                [*self._process],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
            process.stdin.write(json.dumps(asdict(job)))
            process.stdin.close()
            for line in process.stdout:
                told = cast("dict[str, Any]", json.loads(line))
                if "step" in told:
                    self._move(stack, step=told["step"])
        if "succeeded" not in told:
            return {"state": FAILED, "error": _WITHOUT_RESULT}
        how = {name: told[name] for name in ("seconds", "changes", "error")}
        return {"state": DONE if told["succeeded"] else FAILED, "step": "", **how}

    def _is_through(self, wave: Wave, stacks: Sequence[StackOfFleet]) -> bool:
        failed = [one.name for one in stacks if self._state(one) != DONE]
        if len(failed) > wave.max_failures:
            self.checks[wave.name] = f"{len(failed)} of {len(stacks)} stacks are not done"
            return False
        if not wave.check:
            return True
        environment = {**os.environ, "FLEET_WAVE": wave.name, "FLEET_COMMAND": self._command}
        environment["FLEET_STACKS"] = " ".join(one.name for one in stacks)
        done = subprocess.run(
            [*wave.check],
            cwd=self._fleet.project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return True
        said = (done.stdout + done.stderr).strip().splitlines()
        self.checks[wave.name] = said[-1] if said else f"its check ended with {done.returncode}"
        return False

    def _hold(self, stacks: Sequence[StackOfFleet]) -> None:
        for one in stacks:
            self._move(one, state=HELD)

    def _state(self, stack: StackOfFleet) -> str:
        return self._progress.stacks[stack.name].state

    def _move(self, stack: StackOfFleet, **changes: Any) -> None:  # noqa: ANN401
        with self._free:
            self._progress.move(stack.name, **changes)
        self._changed()
