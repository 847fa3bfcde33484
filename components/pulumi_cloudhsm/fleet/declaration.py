"""The list of stacks that one command works on: a YAML file, or these records in Python."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ..given_files import read_text
from ..structure import record
from ..validation import InputError
from .stack_file import held_config

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/.+")
ONLY_WAVE = "all"
"""Of the stacks of a fleet that names no waves."""


@dataclass(frozen=True, kw_only=True)
class StackOfFleet:
    """One stack of the program.

    Attributes:
        name: of the stack.
        region: for example `eu-central-1`; becomes `aws:region`.
        account: twelve digits; the only account that the stack may act in.
        role: ARN of a role that is assumed for the stack, in that account.
        external_id: what the role demands, if anything.
        wave: of the fleet's waves; the last one when left out.
        config: further config of the stack, by full key; values may be nested.
    """

    name: str
    region: str
    account: str | None = None
    role: str | None = None
    external_id: str | None = None
    wave: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def place(self) -> tuple[str | None, str]:
        """Account and Region."""
        return self.account, self.region


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Stacks that begin when the wave before is through.

    Attributes:
        name: of the wave.
        check: a command, run after the wave; another status than 0 holds the later waves back.
        max_failures: stacks of the wave that may fail before the later waves are held back.
    """

    name: str
    check: Sequence[str] = ()
    max_failures: int = 0


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Stacks of one program.

    Attributes:
        project: the program's folder; in a file it is relative to the file.
        stacks: the stacks.
        waves: their order; all stacks at once when left out.
        parallel: stacks at the same time.
        parallel_per_place: of these in one Region of one account; all when left out.
        backend: URL of the state backend; Pulumi's own setting when left out.
        secrets_provider: of stacks that are made; Pulumi's default when left out.
        config: of every stack, by full key; a stack's own wins.
    """

    project: str
    stacks: Sequence[StackOfFleet]
    waves: Sequence[Wave] = ()
    parallel: int = 4
    parallel_per_place: int | None = None
    backend: str | None = None
    secrets_provider: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def check(self) -> None:
        """Refuses what cannot be carried out.

        Raises:
            InputError: names the field, its value and the fix.
        """
        if not self.stacks:
            raise InputError("fleet.stacks", [], "give at least one stack")
        _check_positive("fleet.parallel", self.parallel)
        if self.parallel_per_place is not None:
            _check_positive("fleet.parallel_per_place", self.parallel_per_place)
        names = [one.name for one in self.waves]
        _check_once("fleet.waves", names)
        _check_once("fleet.stacks", [one.name for one in self.stacks])
        for number, one in enumerate(self.stacks):
            _check_stack(f"fleet.stacks[{number}]", one, names)

    def in_waves(self) -> list[tuple[Wave, list[StackOfFleet]]]:
        """The waves that have stacks, in their order, each with its stacks."""
        waves = list(self.waves) or [Wave(name=ONLY_WAVE)]
        last = waves[-1].name
        found = [(one, [s for s in self.stacks if (s.wave or last) == one.name]) for one in waves]
        return [(wave, stacks) for wave, stacks in found if stacks]

    def next_of(
        self, waiting: Sequence[StackOfFleet], running: Counter[tuple[str | None, str]]
    ) -> StackOfFleet | None:
        """The next stack that may begin; None while there is no room for any.

        Args:
            waiting: those that have not begun, in the list's order.
            running: how many run in each place.
        """
        if running.total() >= self.parallel:
            return None
        here = self.parallel_per_place or self.parallel
        return next((one for one in waiting if running[one.place] < here), None)

    def config_of(self, stack: StackOfFleet) -> dict[str, Any]:
        """All config that the list declares for a stack, by full key."""
        config = {**self.config, **stack.config, "aws:region": stack.region}
        if stack.account:
            config["aws:allowedAccountIds"] = [stack.account]
        if stack.role:
            external = {"externalId": stack.external_id} if stack.external_id else {}
            config["aws:assumeRoles"] = [{"roleArn": stack.role, **external}]
        return config

    def held_config_of(self, stack: StackOfFleet) -> dict[str, Any]:
        """All config of a stack: what the list declares, laid over what its file holds."""
        return {**held_config(Path(self.project), stack.name), **self.config_of(stack)}

    def fingerprint_of(self, stack: StackOfFleet) -> str:
        """Changes whenever what is declared for a stack does."""
        declared = {"config": self.config_of(stack), "backend": self.backend}
        return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


def read_fleet(path: Path) -> Fleet:
    """Reads a list from a YAML file, whose keys are the records' fields in camelCase.

    Raises:
        InputError: a key or value is wrong.
        CloudHsmError: the file cannot be read.
    """
    try:
        given = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InputError("fleet", path.name, f"give YAML: {' '.join(str(error).split())}") from None
    fleet = record(Fleet, given, "fleet")
    fleet.check()
    project = path.parent / fleet.project
    if not (project / "Pulumi.yaml").exists():
        raise InputError("fleet.project", fleet.project, "give a folder that has a Pulumi.yaml")
    return replace(fleet, project=str(project.resolve()))


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise InputError(name, value, "give a whole number, 1 or more")


def _check_once(name: str, names: Sequence[str]) -> None:
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise InputError(name, twice, "give each name once")


def _check_stack(path: str, stack: StackOfFleet, waves: Sequence[str]) -> None:
    if not _NAME.fullmatch(stack.name):
        raise InputError(f"{path}.name", stack.name, "give letters, digits, hyphens, dots")
    if stack.account is not None and not _ACCOUNT.fullmatch(stack.account):
        raise InputError(f"{path}.account", stack.account, "give twelve digits, in quotes")
    if stack.role is not None:
        role = _ROLE.fullmatch(stack.role)
        if role is None:
            raise InputError(f"{path}.role", stack.role, "give the ARN of a role")
        if stack.account not in (None, role[1]):
            raise InputError(f"{path}.role", stack.role, f"give a role of account {stack.account}")
    elif stack.external_id is not None:
        raise InputError(f"{path}.external_id", stack.external_id, "give the role, too")
    if stack.wave is not None and stack.wave not in waves:
        raise InputError(f"{path}.wave", stack.wave, f"give one of {sorted(waves)}")
    for key in ("aws:region", "aws:allowedAccountIds", "aws:assumeRoles"):
        if key in stack.config:
            raise InputError(f"{path}.config", key, "give region, account or role instead")
    bare = [key for key in stack.config if ":" not in key]
    if bare:
        raise InputError(f"{path}.config", bare, "give full keys, such as cloudhsm:hsms")
