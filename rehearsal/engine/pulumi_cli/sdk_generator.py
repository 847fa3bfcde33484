"""SDKs of the package for TypeScript and Go, as `pulumi package add` makes them.

With an installed Pulumi, the CLI does it. Elsewhere, the language hosts that can be built are older
than that request. A small program then calls the same generators, of the CLI's own module.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.pulumi_cli import go_build
from rehearsal.engine.pulumi_cli.cli import Cli, cache_folder
from rehearsal.engine.pulumi_cli.language_hosts import built

LANGUAGES = ("nodejs", "go")
_NAME = "pulumi-sdk-generator"
_MODULE = Path(__file__).resolve().with_name("go_sdk")
_SECONDS = 120.0


def generate_sdk(
    cli: Cli, pulumi: Path, environment: Mapping[str, str], language: str, folder: Path
) -> None:
    """Write the SDK of the package's plugin into `folder`.

    Args:
        cli: where the CLI came from.
        pulumi: the CLI to start.
        environment: of the CLI; it finds the plugin by that.
        language: one of LANGUAGES.
        folder: where the SDK goes; made when missing.

    Raises:
        RehearsalError: no generator can be had, or the plugin's schema is refused.
    """
    package = ["package"]
    if cli.has_hosts:
        command = [*package, "gen-sdk", "cloudhsm", "--local", "--language", language]
        _run([str(pulumi), *command, "--out", str(folder.parent)], environment)
        (folder.parent / language).replace(folder)
        return
    schema = _run([str(pulumi), *package, "get-schema", "cloudhsm"], environment)
    _run([str(_generator()), language, str(folder)], environment, schema)


def _generator() -> Path:
    source = hashlib.sha256((_MODULE / "main.go").read_bytes()).hexdigest()[:12]
    place = f"{_NAME}-{go_build.digest_of_pins(_MODULE)}-{source}"
    cache = cache_folder()
    return built(cache / place / _NAME, _MODULE, ".", cache)


def _run(command: list[str], environment: Mapping[str, str], given: str | None = None) -> str:
    done = subprocess.run(
        command,
        env=dict(environment),
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        raise RehearsalError(f"{' '.join(command[:3])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
