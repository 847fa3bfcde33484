"""A shell in which plain `pulumi preview`, `up`, `refresh` and `destroy` run without AWS.

    python -m rehearsal.engine.play                       opens $SHELL (`make play`)
    python -m rehearsal.engine.play -- pulumi up --yes    runs one command
    python -m rehearsal.engine.play --print-exports       prints the exports and serves till Ctrl-C

Everything ends with it: the emulator is the account, so a new play starts from an empty one.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import Busy, only_one
from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import Layout, ensure_layout
from rehearsal.engine.session import Session, add_time_options, rehearsal_session, told_durations
from rehearsal.engine.workspace import PulumiFailed

BANNER = """
A rehearsal of AWS in {region}, {speed:g} times as fast, at {endpoint}.
{durations}.
Stack dev is selected; edits of __main__.py and components/ count at once.

    pulumi preview      the plan
    pulumi up           from nothing to an initialized cluster
    pulumi up           again: no changes
    pulumi destroy      and gone

`exit` ends the rehearsal and its AWS; certificates and state stay in {folder}
until the next one.
"""


def main(arguments: list[str] | None = None) -> int:
    """Start the session, run the shell or the command, and give its exit status."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        layout = ensure_layout()
        folder: Path = options.folder or layout.root / "play"
        with (
            only_one(folder.with_name(f"{folder.name}.lock")),
            with_fork_server(layout) as layout,
            rehearsal_session(
                layout, folder, speed=options.speed, seed=options.seed, spread=options.spread
            ) as session,
        ):
            if options.print_exports:
                return _serve_exports(session)
            return _run(session, layout, options.command)
    except Busy:
        return _fail("another play is open; leave it first, or give this one its own --folder")
    except RehearsalError as error:
        return _fail(str(error))
    except PulumiFailed as failure:
        return _fail(str(failure))
    except KeyboardInterrupt:
        return 130


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.engine.play", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_time_options(parser)
    parser.add_argument("--folder", type=Path, help="the workspace (default .rehearsal/play)")
    parser.add_argument("--print-exports", action="store_true", help="for scripts")
    parser.add_argument("command", nargs="*", help="instead of a shell, after --")
    return parser.parse_args(arguments)


def _run(session: Session, layout: Layout, command: list[str]) -> int:
    if not command:
        command = [os.environ.get("SHELL") or "/bin/sh"]
        print(
            BANNER.format(
                region=session.region,
                speed=session.speed,
                endpoint=session.emulator.endpoint,
                durations=told_durations(session.emulator),
                folder=os.path.relpath(session.workspace.folder),
            ),
            flush=True,
        )
    elif command[0] == "pulumi":  # Popen searches our own PATH, not the one it is given
        command = [str(layout.pulumi), *command[1:]]
    # Ctrl-C in the shell is the shell's; ignoring it here (not SIG_IGN, a child would inherit it)
    # keeps the emulator until the shell has ended. A SIGTERM before the `try` would orphan it.
    told: list[int] = []
    on_interrupt = signal.signal(signal.SIGINT, lambda *_: None)
    on_term = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    process = subprocess.Popen(
        command, cwd=session.workspace.project, env=session.workspace.environment
    )
    try:
        signal.signal(signal.SIGTERM, on_term)
        if told:
            raise KeyboardInterrupt
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
        if process.poll() is None:
            process.terminate()
            process.wait()


def _serve_exports(session: Session) -> int:
    ours = session.workspace.environment
    names = [
        name
        for name in sorted(ours)
        if ours[name] != os.environ.get(name) and not name.startswith("_")
    ]
    foreign = [name for name in sorted(os.environ) if name not in ours]
    lines = [f"unset {name}" for name in foreign if name.isidentifier()]
    lines += [f"export {name}={shlex.quote(ours[name])}" for name in names]
    lines.append(f"cd {shlex.quote(str(session.workspace.project))}")
    print("\n".join(lines), flush=True)
    print("serving until Ctrl-C or SIGTERM", file=sys.stderr, flush=True)
    session.emulator.process.wait()
    return _fail("the emulator ended by itself")


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(text: str) -> int:
    print(f"error: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
