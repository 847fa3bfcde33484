"""Runs the emulator: ``python -m rehearsal.emulator --port 0 --speed 60``.

Prints one JSON line when it is ready. It ends, silently and with exit code 0, on SIGTERM and
SIGINT. Unless told to stand alone, it also ends when the process that started it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

from rehearsal.parent_watch import end_with_parent

MAX_SPREAD = 2.0

if TYPE_CHECKING:
    from rehearsal.emulator.cloudhsmv2.pki import Authority


def main(arguments: list[str]) -> int:
    """Serve until told to end; returns the exit code."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        return _serve(_parser().parse_args(arguments))
    except KeyboardInterrupt:
        return 0


def _serve(options: argparse.Namespace) -> int:
    if not options.stand_alone:
        end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    # After the signals are in place, because it takes a while.
    from rehearsal.emulator import server
    from rehearsal.emulator.core.durations import Durations

    durations = Durations(options.seed, options.spread)
    emulator = server.Emulator(options.speed, options.region, options.run_commands_for, durations)
    try:
        serving = server.make(emulator, options.host, options.port)
    except (ValueError, OSError) as refused:
        print(f"rehearsal.emulator: {refused}", file=sys.stderr)
        return 2
    endpoint = server.endpoint(serving)
    emulator.control = endpoint + server.CONTROL_PATH
    ready = {
        "endpoint": endpoint,
        "control": emulator.control,
        "roots": {
            "aws": _root(emulator.pki.aws),
            "manufacturer": _root(emulator.pki.manufacturer),
        },
    }
    print(json.dumps(ready), flush=True)
    threading.Thread(target=emulator.warm_up, daemon=True, name="warm-up").start()
    try:
        serving.serve_forever(poll_interval=0.1)
    finally:
        emulator.end()
    return 0


def _root(authority: Authority) -> dict[str, str]:
    return {"pem": authority.pem, "sha256": authority.sha256}


def _end(_signum: int, _frame: FrameType | None) -> None:
    # The server's loop takes this as the wish to end.
    raise KeyboardInterrupt


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return speed


def _spread(text: str) -> float:
    spread = float(text)
    if not 0 <= spread <= MAX_SPREAD:
        raise argparse.ArgumentTypeError(f"{text} must be from 0 to {MAX_SPREAD:g}")
    return spread


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.emulator",
        description="CloudHSM v2 as AWS behaves, and moto for every other service, on loopback.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0 takes a free one")
    parser.add_argument(
        "--speed", type=_speed, default=60.0, help="seconds of AWS time per second (default 60)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the durations; the same again gives the same"
    )
    parser.add_argument(
        "--spread",
        type=_spread,
        default=0.0,
        help="how much durations differ from the usual ones: standard deviation of the logarithm "
        "(default 0: not at all)",
    )
    parser.add_argument(
        "--region", default="us-east-1", help="region of unsigned calls, and loaded first"
    )
    parser.add_argument(
        "--run-commands-for",
        metavar="ACCESS_KEY",
        help="really run the commands that SSM is asked for with this access key, each instance in "
        "a throw-away folder; without it nothing is run",
    )
    parser.add_argument(
        "--stand-alone", action="store_true", help="go on when the starting process ends"
    )
    return parser


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # Threads that still import moto or hold a connection would delay the end, or trace.
    os._exit(code)
