"""The runs of a campaign: one undisturbed, then one for each point, or many kills of one stack."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.engine.campaign import inventory
from rehearsal.engine.campaign.inventory import Inventory, kinds, more_of
from rehearsal.engine.campaign.killing import Killed, Stack, reasons
from rehearsal.engine.campaign.points import PHASES, Call, Point, Result, changing_calls
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import Layout
from rehearsal.engine.session import rehearsal_session
from rehearsal.engine.workspace import Finished

FSXADMIN = "fsxadmin"
WHOLE_CHAIN: dict[str, Any] = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"abandonPendingKeys": True},
    "fileSystem": {"clients": ["10.42.0.0/16"], "passwordSecret": FSXADMIN},
}
"""Config of everything that the program can make, from the network to a volume."""
_TRIES = 3
"""Further commands after a kill, until a point counts as stuck."""


@dataclass(frozen=True)
class End:
    """What a run has led to."""

    outputs: Mapping[str, str]
    in_state: Inventory
    at_aws: Inventory

    def differences(self, found: End) -> list[str]:
        """How another end differs from this one, but for what there is more of at AWS."""
        names = sorted({*self.outputs, *found.outputs})
        lines = [
            f"output {name}: {found.outputs.get(name)} instead of {self.outputs.get(name)}"
            for name in names
            if self.outputs.get(name) != found.outputs.get(name)
        ]
        lines += [f"not in the state: {one}" for one in more_of(self.in_state, found.in_state)]
        lines += [f"only in the state: {one}" for one in more_of(found.in_state, self.in_state)]
        return lines + [f"not at AWS: {one}" for one in more_of(self.at_aws, found.at_aws)]


@dataclass(frozen=True)
class Undisturbed:
    """What an undisturbed run does: its calls in order, its end, what its destroy leaves."""

    calls: Mapping[str, list[Call]]
    end: End
    left: Inventory


@dataclass(frozen=True)
class Campaign:
    """How stacks are made.

    Attributes:
        layout: the engine.
        folder: for workspaces, one in it for each stack.
        config: of the stack, on top of the development stack's.
        speed: seconds of AWS in one second.
        twins: whether hosts and plugins outlive a killed CLI.
    """

    layout: Layout
    folder: Path
    config: Mapping[str, Any]
    speed: float
    twins: bool = False

    @contextmanager
    def stack(self, name: str) -> Iterator[Stack]:
        """A stack of which nothing is made yet, in an emulator of its own."""
        folder = self.folder / name
        with rehearsal_session(
            self.layout, folder, speed=self.speed, config=self.config
        ) as session:
            secret = "Rehearsed" + secrets.token_hex(8)
            session.emulator.client("secretsmanager", region=session.region).create_secret(
                Name=FSXADMIN, SecretString=secret
            )
            stack = Stack(session, self.twins)
            try:
                yield stack
            finally:
                stack.end_twins()

    def undisturbed(self) -> Undisturbed:
        """Brings a stack up and takes it down.

        Raises:
            RehearsalError: that fails already, or a second `up` is not without changes.
        """
        calls: dict[str, list[Call]] = {}
        with self.stack("undisturbed") as stack:
            for phase in PHASES:
                before = len(stack.session.emulator.log())
                _expect_success(stack.run(phase))
                calls[phase] = changing_calls(stack.session.emulator.log()[before:])
                if phase == "up":
                    end = end_of(stack)
                    _expect_success(stack.run(phase, "--expect-no-changes"))
            return Undisturbed(calls, end, at_aws(stack))  # pyright: ignore

    def single(self, point: Point, wanted: Undisturbed, name: str) -> Result | None:
        """A stack of its own for one point; None where the run does not come to the call.

        Args:
            point: where it is killed.
            wanted: the undisturbed run.
            name: of the workspace's folder.
        """
        begun = time.monotonic()
        result = Result(str(point), self.twins, "single")
        with self.stack(name) as stack:
            if point.phase == "down":
                _expect_success(stack.run("up"))
            points, skip = {point.call: 1}, point.number - 1
            killed = stack.run_or_kill(point.phase, point.mode, points, skip)
            if isinstance(killed, Finished):
                return None
            result.backend = killed.backend
            _go_on(stack, point.phase, [result])
            if point.phase == "up":
                _judge_end(stack, wanted, [result])
            _judge_rest(stack, wanted, [result])
        result.seconds = round(time.monotonic() - begun, 1)
        return result

    def chain(
        self, phases: Sequence[str], mode: str, points: Sequence[Point], wanted: Undisturbed
    ) -> list[Result]:
        """One stack that is brought up and taken down, and killed at one point after the other.

        A run that follows a kill adopts what the one before has left, and goes on to the next.

        Args:
            phases: which commands are killed; without `up`, that one is undisturbed.
            mode: when they are killed.
            points: those of other phases and modes are left out.
            wanted: the undisturbed run.
        """
        results: list[Result] = []
        with self.stack("-".join(["chain", *phases, mode])) as stack:
            if PHASES[0] not in phases:
                _expect_success(stack.run(PHASES[0]))
            for phase in phases:
                mine = [one for one in points if (one.phase, one.mode) == (phase, mode)]
                found = _chain_of_kills(stack, phase, mode, mine, wanted)
                if phase == PHASES[0]:
                    _judge_end(stack, wanted, found)
                results += found
            _judge_rest(stack, wanted, results)
        return results


def end_of(stack: Stack) -> End:
    """What there is now."""
    session = stack.session
    return End(
        inventory.outputs(session.workspace),
        inventory.in_state(session.workspace),
        at_aws(stack),
    )


def at_aws(stack: Stack) -> Inventory:
    """What there is at AWS now."""
    return inventory.at_aws(stack.session.emulator, stack.session.region)


def _chain_of_kills(
    stack: Stack, phase: str, mode: str, points: Sequence[Point], wanted: Undisturbed
) -> list[Result]:
    remaining = Counter(one.call for one in points)
    times: Counter[Call] = Counter()
    results: list[Result] = []
    latest: list[Result] = []
    begun, failed = time.monotonic(), 0
    while failed < _TRIES:
        done = stack.run_or_kill(phase, mode, remaining)
        for one in latest:
            one.ups += 1
            one.seconds = round(time.monotonic() - begun, 1)
            if phase == "up":
                # On the way they may be half made: only their number counts.
                one.twice = more_of(kinds(at_aws(stack)), kinds(wanted.end.at_aws))
        begun = time.monotonic()
        if isinstance(done, Killed):
            latest = []
            for call in done.calls:
                times[call] += 1
                point = Point(phase, call, times[call], mode)
                latest.append(Result(str(point), stack.twins, "chain", backend=done.backend))
            results += latest
            failed = 0
            remaining -= Counter(done.calls)
            print(f"{', '.join(one.point for one in latest)}: killed", flush=True)
            continue
        told = reasons(done)
        if not told:
            return results
        failed += 1
        if not latest:
            raise RehearsalError(f"`{phase}` fails without a kill: {told}")
        for one in latest:
            one.failures += told
    return results


def _go_on(stack: Stack, phase: str, results: Sequence[Result]) -> None:
    for _ in range(_TRIES):
        told = reasons(stack.run(phase))
        for one in results:
            one.ups += 1
            one.failures += told
        if not told:
            return


def _judge_end(stack: Stack, wanted: Undisturbed, results: Sequence[Result]) -> None:
    found = end_of(stack)
    different, twice = wanted.end.differences(found), more_of(found.at_aws, wanted.end.at_aws)
    changed = _changes(stack.run("up", "--expect-no-changes"))
    for one in results:
        one.different, one.twice, one.changed = different, [*one.twice, *twice], changed


def _changes(finished: Finished) -> list[str]:
    if not finished.returncode:
        return []
    marks = ("+ ", "- ", "~ ", "+-", "= ")
    lines = [line.strip() for line in finished.stdout.splitlines()]
    return [line for line in lines if line.startswith(marks)] or reasons(finished)


def _judge_rest(stack: Stack, wanted: Undisturbed, results: Sequence[Result]) -> None:
    told = reasons(stack.run("down"))
    left = more_of(at_aws(stack), wanted.left)
    for one in results:
        one.left_over, one.failures = left, [*one.failures, *told]


def _expect_success(finished: Finished) -> None:
    if told := reasons(finished):
        raise RehearsalError(f"`{finished.arguments[0]}` fails without a kill: {'; '.join(told)}")
