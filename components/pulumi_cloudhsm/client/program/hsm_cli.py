"""CloudHSM's CLI on a client host: commands, sessions on a terminal, and how its answers are read.

Standard library of Python 3.9 only, see `program`.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("CLOUDHSM_HOME", "/opt/cloudhsm"))
CLI = HOME / "bin" / "cloudhsm-cli"
PASSWORD_PROMPT = re.compile(r"password:\s*$", re.IGNORECASE)
SESSION_PROMPT = re.compile(r"aws-cloudhsm\s*>\s*$")
UNQUOTED = re.compile(r"(:\s*)(?!(?:true|false|null)\b)([A-Za-z][\w-]*)(?=\s*[,}\]])")
"""A word without quotation marks as the value of a property, as some pages of AWS show it."""
PATIENCE_SECONDS = 120


class Failed(Exception):  # noqa: N818 - said as it is, to people
    """A step that cannot go on; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def single(*words: str) -> dict[str, Any]:
    """The data of a command that needs no password."""
    done = run([str(CLI), *words])
    answer = found_answer(done.stdout)
    if answer is None:
        raise Failed(
            "cli", f"{' '.join(words)} said no JSON: {last_line(done.stderr or done.stdout)}"
        )
    if refused(answer):
        raise Failed("cli", f"{' '.join(words)} failed: {said(answer)}")
    return properties(answer.get("data"))


def listed(what: str, *words: str) -> list[Any]:
    """A list within the data of a command that needs no password."""
    found: Any = single(*words).get(what)
    if not isinstance(found, list):
        raise Failed("cli", f"{' '.join(words)} gave no list of {what}")
    return [*found]  # pyright: ignore[reportUnknownVariableType]


def properties(value: object) -> dict[str, Any]:
    """A JSON object's members; none of what is no object."""
    if not isinstance(value, dict):
        return {}
    return {str(key): member for key, member in value.items()}  # pyright: ignore


def refused(answer: dict[str, Any]) -> bool:
    """Whether the CLI did not do it."""
    return answer.get("error_code") not in (0, "0")


def said(answer: dict[str, Any]) -> str:
    """What the CLI says about that, in one line."""
    told = answer.get("data")
    return " ".join(str(told).split()) if told else "it gave no reason"


class Terminal:
    """A program on a terminal of its own, whose prompts are answered."""

    def __init__(self, command: list[str]) -> None:
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)  # noqa: S606 - no shell between
        attributes = termios.tcgetattr(self.tty)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self.tty, termios.TCSANOW, attributes)
        self.seen = ""

    def answer(self, passwords: list[str]) -> dict[str, Any]:
        """What a single command says in the end."""
        try:
            self._until(None, list(passwords))
            return found_answer(self.seen) or {"error_code": 1, "data": "no answer"}
        finally:
            self.end()

    def command(self, line: str, passwords: list[str]) -> dict[str, Any]:
        """What one command of a session says."""
        self._until(SESSION_PROMPT, [])
        self.seen = ""
        self._send(line)
        self._until(SESSION_PROMPT, list(passwords))
        return found_answer(self.seen) or {"error_code": 1, "data": "no answer"}

    def end(self) -> None:
        """Ends the program, if it has not ended."""
        os.close(self.tty)
        os.waitpid(self.pid, 0)

    def _until(self, prompt: re.Pattern[str] | None, passwords: list[str]) -> None:
        """Reads up to a prompt (None: the end), typing a password at each question for one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        asked = len(self.seen)
        while prompt is None or not prompt.search(self.seen):
            ready, _, _ = select.select([self.tty], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise Failed("cli", f"cloudhsm-cli said nothing for {PATIENCE_SECONDS} s")
            try:
                read = os.read(self.tty, 65536)
            except OSError:  # how Linux says that a terminal's program has ended
                return
            if not read:
                return
            self.seen += read.decode(errors="replace").replace("\r\n", "\n")
            if PASSWORD_PROMPT.search(self.seen[asked:]):
                asked = len(self.seen)
                if not passwords:
                    raise Failed("cli", "cloudhsm-cli asks for one password too many")
                self._send(passwords.pop(0))

    def _send(self, line: str) -> None:
        os.write(self.tty, (line + "\n").encode())


def run(command: list[str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a program without a terminal; with a code, its failure ends the step."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise Failed("cli", f"{command[0]}: {error.strerror}") from error
    if code and done.returncode != 0:
        told = last_line(done.stderr or done.stdout)
        raise Failed(code, f"{Path(command[0]).name} failed: {told}")
    return done


def found_answer(text: str) -> dict[str, Any] | None:
    """The last JSON object with an error_code in what a program printed."""
    found: dict[str, Any] | None = None
    text = UNQUOTED.sub(r'\1"\2"', text)
    for start in (match.start() for match in re.finditer(r"\{", text)):
        try:
            value, _ = json.JSONDecoder().raw_decode(text[start:])
        except RecursionError:
            break
        except ValueError:
            continue
        if "error_code" in (answer := properties(value)):
            found = answer
    return found


def last_line(text: str) -> str:
    """The last line with anything in it."""
    return next(
        (line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing"
    )
