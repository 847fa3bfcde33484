"""Pulumi's YAML language host: the CLI's own, or built from its Go module.

The CLI built from its modules comes without hosts. `go_yaml/` pins the host; it is built when a
test first needs it, once per machine: a minute of one core.
"""

from __future__ import annotations

from pathlib import Path

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.core.long_command import LongCommandFailure, log_line
from rehearsal.engine.pulumi_cli import go_build
from rehearsal.engine.pulumi_cli.cli import Cli, cache_folder

NAME = "pulumi-language-yaml"
MODULE = Path(__file__).resolve().with_name("go_yaml")
PACKAGE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def get_yaml_host(cli: Cli, cache: Path | None = None) -> Path:
    """Find the host, or build it.

    Args:
        cli: the CLI that is to start it.
        cache: default the user's cache folder.

    Raises:
        RehearsalError: it cannot be had; the line says why.
    """
    if cli.has_hosts:
        bundled = cli.path.parent / NAME
        if not bundled.exists():
            raise RehearsalError(f"the installed Pulumi has no {NAME} beside {cli.path}")
        return bundled
    cache = cache or cache_folder()
    target = cache / f"{NAME}-{go_build.digest_of_pins(MODULE)}" / NAME
    with file_lock(cache / f".{NAME}.lock", lambda: log_line(f"waiting for another {NAME}")):
        if target.exists():
            return target
        try:
            return go_build.compiled(
                _go(cache), MODULE, PACKAGE, target, "-w -s", "building Pulumi's YAML host"
            )
        except (LongCommandFailure, go_build.NoGoError) as error:
            raise RehearsalError(f"no YAML host can be had: {error}") from error


def _go(cache: Path) -> Path:
    try:
        return go_build.go_on_path()
    except go_build.NoGoError:
        return go_build.go_from_pypi(cache)
