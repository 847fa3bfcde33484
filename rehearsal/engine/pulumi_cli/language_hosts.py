"""Pulumi's published language hosts but Python's: the CLI's own, or built from their Go modules.

The CLI built from its modules comes without hosts. The folders `go_yaml` and `go_hosts` pin them.
Each is built when a test first needs it, once per machine, in less than a minute.

The hosts of Node.js and Go are of the SDK's version 3.62.0, the last one whose module holds both.
They run today's programs with today's CLI. They cannot generate SDKs: see `sdk_generator`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.core.long_command import LongCommandFailure, log_line
from rehearsal.engine.pulumi_cli import go_build
from rehearsal.engine.pulumi_cli.cli import Cli, cache_folder

_HERE = Path(__file__).resolve().parent
_SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True)
class LanguageHost:
    """A language host of Pulumi's.

    Attributes:
        name: of the executable.
        module: folder with the go.mod and go.sum that pin it.
        package: its import path.
    """

    name: str
    module: Path
    package: str


YAML = LanguageHost(
    "pulumi-language-yaml",
    _HERE / "go_yaml",
    "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
)
NODEJS = LanguageHost(
    "pulumi-language-nodejs", _HERE / "go_hosts", f"{_SDK}/nodejs/cmd/pulumi-language-nodejs"
)
GO = LanguageHost("pulumi-language-go", _HERE / "go_hosts", f"{_SDK}/go/pulumi-language-go")


def get_host(host: LanguageHost, cli: Cli, cache: Path | None = None) -> Path:
    """Find a host, or build it.

    Args:
        host: which one.
        cli: the CLI that is to start it.
        cache: default the user's cache folder.

    Raises:
        RehearsalError: it cannot be had; the line says why.
    """
    if cli.has_hosts:
        bundled = cli.path.parent / host.name
        if not bundled.exists():
            raise RehearsalError(f"the installed Pulumi has no {host.name} beside {cli.path}")
        return bundled
    cache = cache or cache_folder()
    target = cache / f"{host.name}-{go_build.digest_of_pins(host.module)}" / host.name
    return built(target, host.module, host.package, cache)


def built(target: Path, module: Path, package: str, cache: Path) -> Path:
    """Build a program of Go modules into `target` unless it is there, and give that.

    Args:
        target: where it goes; its name is told.
        module: folder with the go.mod and go.sum that pin it.
        package: its import path, or its folder within `module`.
        cache: the cache folder, for a Go toolchain.

    Raises:
        RehearsalError: it cannot be built; the line says why.
    """
    name = target.name
    with file_lock(cache / f".{name}.lock", lambda: log_line(f"waiting for another {name}")):
        if target.exists():
            return target
        try:
            go = _go(cache)
            return go_build.compiled(go, module, package, target, "-w -s", f"building {name}")
        except (LongCommandFailure, go_build.NoGoError) as error:
            raise RehearsalError(f"no {name} can be had: {error}") from error


def _go(cache: Path) -> Path:
    try:
        return go_build.go_on_path()
    except go_build.NoGoError:
        return go_build.go_from_pypi(cache)
