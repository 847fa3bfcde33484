"""Runs one Pulumi program inside the program's own interpreter; started by the language host.

Usage: python -u program_runner.py SETTINGS_JSON. Config comes in PULUMI_CONFIG and
PULUMI_CONFIG_SECRET_KEYS. Exit codes: 0 done, 32 failed and the reason has been shown.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# A script's own folder is first on sys.path; parent_watch.py lies two folders above it.
sys.path[0] = str(Path(__file__).resolve().parents[2])
from parent_watch import end_with_parent  # noqa: E402

# Neither stays: all other names belong to the program.
del sys.path[0], sys.modules["parent_watch"]

ERROR_ALREADY_SHOWN = 32


def _explanation(error: BaseException, run_error: type[BaseException]) -> str:
    """One line for a RunError wherever it was raised, the whole trace for anything unexpected."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if isinstance(link, run_error):
            return str(link)
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(error)).rstrip()


def run(settings: dict[str, Any]) -> int:
    """Run the program that `settings` describes and return the exit code."""
    import pulumi
    import pulumi.runtime

    pulumi.runtime.set_all_config(
        json.loads(os.environ.get("PULUMI_CONFIG", "{}")),
        json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS", "[]")),
    )
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=settings["project"],
            stack=settings["stack"],
            organization=settings["organization"],
            parallel=settings["parallel"],
            dry_run=settings["dry_run"],
            monitor=settings["monitor"],
            engine=settings["engine"],
            root_directory=settings["root_directory"],
        )
    )
    program = Path(settings["program_directory"], settings["entry_point"])
    sys.path.insert(0, settings["program_directory"])
    sys.argv = [str(program), *settings["arguments"]]

    def run_program() -> None:
        runpy.run_path(str(program), run_name="__main__")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(4, 4 * settings["parallel"])))
    # A failed program leaves futures behind; asyncio would print a warning for each.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run_program))
    except SystemExit as exit_:
        code = exit_.code
        return code if isinstance(code, int) else int(code is not None)
    except Exception as error:
        pulumi.log.error(_explanation(error, pulumi.RunError))
        return ERROR_ALREADY_SHOWN
    return 0


def main() -> None:
    """Run and leave at once: waiting workers of a failed program must not hold up the exit."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(ERROR_ALREADY_SHOWN))
    end_with_parent()
    code = run(json.loads(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
