"""From nothing to storage under a key that only the HSMs hold, and back, without AWS.

Previews, brings the stack up and shows what happened. Brings it up again (no changes), refreshes
(no drift), grows and shrinks. Destroys it and looks whether anything is left in AWS or in the
working tree. With `--part initialized` it ends with the initialized cluster.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.rule import Rule

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import Busy, only_one
from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import PROJECT, Layout, ensure_layout
from rehearsal.engine.pictures import draw
from rehearsal.engine.session import Session, add_time_options, rehearsal_session, told_durations
from rehearsal.engine.summary import asked, print_summary
from rehearsal.engine.timings.events import DEBUG_FLAGS, EventFollower
from rehearsal.engine.workspace import PulumiFailed

QUIET = ("--suppress-progress", "--suppress-permalink=true")
PLAIN_WIDTH = 140
SPEED = 100.0
"""Times as fast as AWS. AWS takes about 80 minutes for the chain up and down."""
NO_QUESTION = ("--yes", "--skip-preview")
FSXADMIN = "fsxadmin"
"""Name of the secret with the password of the file system's user of the same name."""
WHOLE: dict[str, Any] = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"abandonPendingKeys": True},
    "fileSystem": {"passwordSecret": FSXADMIN},
}
"""Config of the whole chain, on top of the development stack's."""
GOALS = {
    "whole": "to storage under a KMS key that only the HSMs hold",
    "initialized": "to an initialized cluster",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the demo and give its exit status: 0 only if everything held."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    console = _console()
    started = time.monotonic()
    try:
        layout = ensure_layout()
        folder: Path = options.folder or layout.root / "demo"
        with (
            only_one(folder.with_name(f"{folder.name}.lock")),
            with_fork_server(layout) as layout,
        ):
            _rehearse(layout, options, folder, console)
    except Busy:
        return _fail("another demo is running in this clone; wait for its end")
    except RehearsalError as error:
        return _fail(str(error))
    except PulumiFailed as failure:
        print(failure.finished.output, end="", file=sys.stderr)  # of what did not run live
        return _fail(f"`pulumi {failure.finished.arguments[0]}` failed; the lines above say why")
    except KeyboardInterrupt:
        return _fail("interrupted; nothing of the demo is left running", status=130)
    console.print(f"[bold green]Done[/] in {time.monotonic() - started:.0f} s.")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.engine.demo", description=__doc__)
    add_time_options(parser, SPEED)
    parser.add_argument("--part", choices=GOALS, default="whole", help="how far it goes")
    parser.add_argument("--folder", type=Path, help="the workspace (default .rehearsal/demo)")
    parser.add_argument("--program", type=Path, default=PROJECT, help="folder with Pulumi.yaml")
    return parser.parse_args(arguments)


def _console() -> Console:
    console = Console()
    # Logs have no width; rich would take 80 columns and cut fingerprints in two.
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)


def _rehearse(layout: Layout, options: argparse.Namespace, folder: Path, console: Console) -> None:
    before = _working_tree()
    speed, whole = options.speed, options.part == "whole"
    config = WHOLE if whole else {}
    with rehearsal_session(
        layout,
        folder,
        program=options.program,
        speed=speed,
        config=config,
        seed=options.seed,
        spread=options.spread,
    ) as session:
        console.print(
            f"Pulumi {layout.cli.version} {layout.cli.origin}; an AWS of our own in "
            f"{session.region} at {session.emulator.endpoint}, "
            f"{speed:g} times as fast as the real one. {told_durations(session.emulator)}."
        )
        if whole:
            password = "Rehearsed" + secrets.token_hex(8)
            session.emulator.client("secretsmanager").create_secret(
                Name=FSXADMIN, SecretString=password
            )
        pulumi = session.workspace.pulumi
        _title(console, "pulumi preview: the plan")
        before_it = len(session.emulator.log())
        pulumi("preview", *QUIET, live=True)
        console.print(asked(session.emulator.log()[before_it:]), soft_wrap=True)

        _title(console, f"pulumi up: from nothing {GOALS[options.part]}")
        with EventFollower(folder / "events.jsonl") as events:
            up = pulumi(
                "up",
                *NO_QUESTION,
                *QUIET,
                "--suppress-outputs",
                *events.arguments,
                live=True,
                env=DEBUG_FLAGS,
            )
        log = session.emulator.log()

        _title(console, "What happened")
        print_summary(console, session, events.steps, log, up.seconds)
        pictures = draw(session, events.timed, log, folder)
        console.print(f"Pictures: {', '.join(map(str, pictures))}")

        _title(console, "pulumi up, again: no changes")
        before_it = len(session.emulator.log())
        pulumi("up", *NO_QUESTION, *QUIET, "--suppress-outputs", "--expect-no-changes", live=True)
        console.print(asked(session.emulator.log()[before_it:]), soft_wrap=True)

        _title(console, "pulumi refresh: no drift")
        before_it = len(session.emulator.log())
        pulumi(
            "refresh", *NO_QUESTION, *QUIET, "--suppress-outputs", "--expect-no-changes", live=True
        )
        console.print(asked(session.emulator.log()[before_it:]), soft_wrap=True)

        for count in (3, 2) if whole else ():
            _title(console, f"pulumi config set --path cloudhsm:hsms.count {count}, and up")
            pulumi("config", "set", "--path", "cloudhsm:hsms.count", str(count))
            pulumi("up", *NO_QUESTION, *QUIET, "--suppress-outputs", live=True)

        _title(console, "pulumi destroy: and gone")
        pulumi("destroy", *NO_QUESTION, *QUIET, live=True)
        _check_nothing_is_left(session)
        console.print(
            "Nothing is left in AWS but what KMS keeps (the key, pending deletion, and its store) "
            "and what CloudHSM keeps (backups, and the log group)."
            if whole
            else "Nothing is left in AWS."
        )
    changed = sorted(before ^ _working_tree())
    if changed:
        raise RehearsalError(
            "`git status` has changed during the demo, which writes nothing there (did somebody "
            f"else?): {', '.join(changed)}"
        )
    console.print("The working tree is as it was.")


def _check_nothing_is_left(session: Session) -> None:
    left = {kind: ids for kind, ids in session.emulator.resources().items() if ids}
    # Keys pending deletion hold their store, which costs nothing; the destroy has said so. And
    # CloudHSM keeps a deleted cluster's backups and its audit log.
    if set(left) - {"key_stores", "backups", "log_groups"}:
        raise RehearsalError(f"destroy has left something behind in AWS: {left}")


def _working_tree() -> frozenset[str]:
    """Every line of `git status`; none where there is no git or no repository."""
    try:
        result = subprocess.run(
            ["git", "status", "--porcelain"], cwd=PROJECT, capture_output=True, text=True
        )
    except OSError:
        return frozenset()
    return frozenset(result.stdout.splitlines())


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Rule(text, align="left"))
    # The CLI writes to the same terminal past Python's buffer.
    sys.stdout.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(text: str, status: int = 1) -> int:
    print(f"error: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
