"""Lays out one clone's engine in `.rehearsal/` so that it behaves like an installed Pulumi.

    .rehearsal/bin/pulumi                          the CLI
    .rehearsal/bin/pulumi-language-python          our language host
    .rehearsal/bin/pulumi-resource-pulumi-python   our host for dynamic providers
    .rehearsal/home/plugins/resource-…             stand-ins for the aws, tls and command plugins,
                                                   and the package's own plugin

Hosts beside the CLI count as bundled: elsewhere on PATH it would warn on every run. With a Pulumi
on PATH, its own hosts are used and `bin/pulumi` is a link to it. `python -m
rehearsal.engine.layout` makes the layout (`make setup`).
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rehearsal.engine.core.environment import engine_variables
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.pulumi_cli.cli import Cli, get_cli
from rehearsal.engine.pulumi_cli.language_hosts import LanguageHost, get_host

PROJECT = Path(__file__).resolve().parents[2]
HOSTS = Path(__file__).resolve().with_name("hosts")
SERVER_VARIABLE = "REHEARSAL_FORK_SERVER"  # as in hosts/launch.py
STAND_INS = ("aws", "tls", "command")
OWN_PLUGIN = "cloudhsm"
SCHEMA = PROJECT / "components" / "pulumi_cloudhsm" / "plugin" / "schema.json"
PLUGINS_VARIABLE = "REHEARSAL_PLUGINS"
PLUGIN_CHOICES = ("stand-in", "published")


@dataclass(frozen=True)
class Layout:
    """One clone's engine.

    Attributes:
        root: the `.rehearsal` folder.
        python: the interpreter that holds the rehearsal and runs programs without their own.
        cli: where the CLI came from.
        plugins: "stand-in", or "published" to let the CLI fetch the published plugins.
        fork_server: folder of a running fork server, see `forking.py`; None: none is used.
    """

    root: Path
    python: Path
    cli: Cli
    plugins: str = PLUGIN_CHOICES[0]
    fork_server: Path | None = None

    @property
    def binaries(self) -> Path:
        """The folder to put first on PATH."""
        return self.root / "bin"

    @property
    def pulumi(self) -> Path:
        """The CLI to start."""
        return self.binaries / "pulumi"

    @property
    def home(self) -> Path:
        """PULUMI_HOME: plugins and the selected stacks."""
        return self.root / ("home" if self.plugins == PLUGIN_CHOICES[0] else "home-published")

    @property
    def virtualenv(self) -> Path:
        """The virtual environment of `python`."""
        return self.python.parent.parent

    @property
    def empty_file(self) -> Path:
        """An empty file, for settings that must not be read from the user's home."""
        return self.root / "empty"

    def variables(self, state: Path) -> dict[str, str]:
        """Environment variables for the CLI, with its state in the folder `state`."""
        variables = engine_variables(self.binaries, self.home, state)
        if self.plugins != PLUGIN_CHOICES[0]:
            del variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]
        if self.fork_server is not None:
            variables[SERVER_VARIABLE] = str(self.fork_server)
        return variables


def ensure_layout(
    root: Path | None = None, python: Path | None = None, plugins: str | None = None
) -> Layout:
    """Make what is missing of the layout, get the CLI if need be, and return it.

    Fast when nothing is missing, and safe against several at a time.

    Args:
        root: default `.rehearsal` in this clone.
        python: default the interpreter running this.
        plugins: default $REHEARSAL_PLUGINS, else "stand-in".

    Raises:
        RehearsalError: no CLI can be had, or an unknown choice of plugins.
    """
    root = root or PROJECT / ".rehearsal"
    python = python or Path(sys.executable)
    plugins = plugins or os.environ.get(PLUGINS_VARIABLE) or PLUGIN_CHOICES[0]
    if plugins not in PLUGIN_CHOICES:
        raise RehearsalError(
            f"{PLUGINS_VARIABLE}={plugins!r} is not one of {', '.join(PLUGIN_CHOICES)}"
        )
    with file_lock(root / ".lock"):
        cli = get_cli()
        layout = Layout(root, python, cli, plugins)
        layout.binaries.mkdir(exist_ok=True)
        layout.home.mkdir(exist_ok=True)
        if not layout.empty_file.exists():
            layout.empty_file.touch()
        _place_cli(layout)
        _place_own_plugin(layout)
        if plugins == PLUGIN_CHOICES[0]:
            _place_stand_ins(layout)
    return layout


def _place_cli(layout: Layout) -> None:
    hosts = {
        "pulumi-language-python": _launcher(
            layout.python, "language", "rehearsal.engine.hosts.language_host"
        ),
        "pulumi-resource-pulumi-python": _dynamic_launcher(layout.python),
    }
    if layout.cli.has_hosts:
        # The CLI looks beside the file the link leads to: its own hosts are found there.
        if not (layout.pulumi.is_symlink() and layout.pulumi.readlink() == layout.cli.path):
            _replace(layout.pulumi, lambda new: new.symlink_to(layout.cli.path))
        for name in hosts:
            (layout.binaries / name).unlink(missing_ok=True)
        return
    if not _is_copy(layout.pulumi, layout.cli.path):
        _replace(layout.pulumi, lambda new: _link_or_copy(layout.cli.path, new))
    for name, text in hosts.items():
        _write_executable(layout.binaries / name, text)


def ensure_host(layout: Layout, host: LanguageHost) -> None:
    """Make programs in another language run.

    Raises:
        RehearsalError: the language's host cannot be had.
    """
    found = get_host(host, layout.cli)
    with file_lock(layout.root / ".lock"):
        if not layout.cli.has_hosts and not _is_copy(layout.binaries / host.name, found):
            _replace(layout.binaries / host.name, lambda new: _link_or_copy(found, new))


def _place_own_plugin(layout: Layout) -> None:
    command = shlex.join([str(layout.python), "-u", "-m", "pulumi_cloudhsm.plugin"])
    _place_plugin(layout, OWN_PLUGIN, f'#!/bin/sh\nexec {command} "$@"\n')
    # The CLI keeps a schema by its version, and that of a working tree changes within one.
    for schema in (layout.home / "plugins").glob(f"schema-{OWN_PLUGIN}-*.json"):
        if schema.stat().st_mtime < SCHEMA.stat().st_mtime:
            schema.unlink(missing_ok=True)


def _place_stand_ins(layout: Layout) -> None:
    for name in STAND_INS:
        _place_plugin(layout, name, _launcher(layout.python, name, f"rehearsal.plugins.{name}"))


def _place_plugin(layout: Layout, name: str, launcher: str) -> None:
    folder = layout.home / "plugins"
    # The engine asks for exactly the version of the installed Python package.
    wanted = folder / f"resource-{name}-v{version(f'pulumi_{name}')}"
    for other in folder.glob(f"resource-{name}-v*"):
        if other != wanted:
            shutil.rmtree(other, ignore_errors=True)
    wanted.mkdir(parents=True, exist_ok=True)
    _write_executable(wanted / f"pulumi-resource-{name}", launcher)


def _launcher(python: Path, kind: str, module: str) -> str:
    command = [str(python), "-u", "-P", str(HOSTS / "start.py"), module]
    return f"#!/bin/sh\n{_start(python, kind, shlex.join(command))}"


def _dynamic_launcher(python: Path) -> str:
    command = f'"$python" -u {shlex.quote(str(HOSTS / "dynamic_host.py"))}'
    return f"""#!/bin/sh
# The program's interpreter, by the rules of the published host.
environment="${{PULUMI_RUNTIME_VIRTUALENV%/}}"
if [ -n "$environment" ] && [ -x "$environment/bin/python" ]; then
    python="$environment/bin/python"
else
    python="${{PULUMI_PYTHON_CMD:-python3}}"
fi
{_start(python, "dynamic", command)}"""


def _start(python: Path, kind: str, command: str) -> str:
    # `exec` keeps the process id: Python gets the signals, and the CLI is its parent. A #! line
    # with the interpreter would break on spaces and long paths.
    launch = shlex.join([str(python), "-I", "-S", str(HOSTS / "launch.py"), kind])
    return f"""if [ -n "${SERVER_VARIABLE}" ]; then
    exec {launch} {command} "$@"
fi
exec {command} "$@"
"""


def _is_copy(copy: Path, original: Path) -> bool:
    if copy.is_symlink() or not copy.exists():
        return False
    have, want = copy.stat(), original.stat()
    return (have.st_size, have.st_mtime_ns) == (want.st_size, want.st_mtime_ns)


def _link_or_copy(original: Path, new: Path) -> None:
    try:
        new.hardlink_to(original)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(original, new)


def _write_executable(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text and os.access(path, os.X_OK):
        return

    def write(new: Path) -> None:
        new.write_text(text)
        new.chmod(0o755)

    _replace(path, write)


def _replace(path: Path, make: Callable[[Path], None]) -> None:
    """Make a file under another name, then rename it, so that it is never seen half-written."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    make(new)
    new.replace(path)


def main() -> None:
    """Make the layout and say what it uses."""
    try:
        layout = ensure_layout()
    except RehearsalError as error:
        sys.exit(f"error: {error}")
    print(f"Pulumi {layout.cli.version} {layout.cli.origin}; {layout.plugins} provider plugins")


if __name__ == "__main__":
    main()
