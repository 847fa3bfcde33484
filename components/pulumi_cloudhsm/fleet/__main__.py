"""Runs one command on all stacks of a list.

    python -m pulumi_cloudhsm.fleet plan fleet.yaml
    python -m pulumi_cloudhsm.fleet up fleet.yaml
    python -m pulumi_cloudhsm.fleet up fleet.yaml --resume
    python -m pulumi_cloudhsm.fleet export operator fleet.yaml --repository URL > stacks.yaml

Exit status: 0 where every stack is done. 1: some are not; `--resume` takes them up. 2: the list or
an option is wrong, and nothing was begun.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ..errors import CloudHsmError
from ..validation import InputError
from .capacity import plan
from .declaration import Fleet, read_fleet
from .export import Source, deployment_settings, operator_stacks
from .page import page, rows, table
from .progress import Progress
from .rollout import Rollout
from .stack_process import COMMANDS

NOT_DONE, WRONG = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives the exit status."""
    options = _options(arguments)
    try:
        fleet = read_fleet(options.file)
        if options.command == "plan":
            print(plan(fleet), end="")
            return 0
        if options.command == "export":
            source = Source(options.repository, options.branch, options.directory)
            write = {"operator": operator_stacks, "deployments": deployment_settings}
            print(write[options.form](fleet, source), end="")
            return 0
        return _roll_out(fleet, options)
    except (InputError, CloudHsmError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG


def _roll_out(fleet: Fleet, options: argparse.Namespace) -> int:
    folder: Path = options.folder or options.file.parent / f".{options.file.stem}"
    progress = Progress(folder / options.command)
    fingerprints = {one.name: fleet.fingerprint_of(one) for one in fleet.stacks}
    progress.begin(fingerprints, resume=options.resume)
    with _shown(fleet, progress) as changed:
        rollout = Rollout(fleet, options.command, progress, changed)
        with _stopped_by_ctrl_c(rollout):
            done = rollout.run()
    summary = progress.folder / "summary.md"
    summary.write_text(page(fleet, options.command, progress, rollout.checks))
    for wave, said in rollout.checks.items():
        print(f"wave {wave}: {said}; later waves were held back", file=sys.stderr)
    print(f"summary: {summary}")
    return 0 if done else NOT_DONE


@contextmanager
def _stopped_by_ctrl_c(rollout: Rollout) -> Generator[None]:
    """The CLIs get Ctrl-C from the terminal, too, and write their state."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        rollout.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _shown(fleet: Fleet, progress: Progress) -> Generator[Callable[[], None]]:
    """A live table on a terminal; elsewhere a line for each change of state."""
    if sys.stdout.isatty():
        try:
            from rich.live import Live
        except ImportError:
            pass
        else:
            with Live(table(fleet, progress), refresh_per_second=4) as live:
                yield lambda: live.update(table(fleet, progress))
            return
    told: dict[str, str] = {}
    lock = threading.Lock()

    def tell() -> None:
        with lock:
            for row in rows(fleet, progress):
                if told.get(row[1], "waiting") != row[4]:
                    told[row[1]] = row[4]
                    print("  ".join(cell for cell in row if cell), flush=True)

    yield tell


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudhsm.fleet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        one = commands.add_parser(name, help=f"pulumi {name} on every stack")
        one.add_argument("file", type=Path, help="the list of stacks, YAML")
        one.add_argument(
            "--resume", action="store_true", help="take up only what the last run has not done"
        )
        one.add_argument("--folder", type=Path, help="of the run's files; beside the list")
    first = commands.add_parser("plan", help="quotas to raise, and about how long a first up takes")
    first.add_argument("file", type=Path, help="the list of stacks, YAML")
    export = commands.add_parser("export", help="the list for an engine that schedules by itself")
    export.add_argument("form", choices=("operator", "deployments"))
    export.add_argument("file", type=Path, help="the list of stacks, YAML")
    export.add_argument("--repository", required=True, help="URL of the program's git repository")
    export.add_argument("--branch", default="main", help="of the repository")
    export.add_argument("--directory", default=".", help="of the program in the repository")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
