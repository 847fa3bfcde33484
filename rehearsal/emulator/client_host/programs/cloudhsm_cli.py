"""`cloudhsm-cli`: one command, or `interactive`; passwords are asked for on the terminal."""

import getpass
import json
import os
import shlex
import sys
from pathlib import Path

from asking import ask

VERSION = "5.17.2"
ETC = Path(os.environ["CLOUDHSM_HOME"], "etc")
ASKS_TWICE = (["cluster", "activate"], ["user", "create"], ["user", "change-password"])


class Session:
    """What a login lasts for."""

    def __init__(self) -> None:
        self.login: dict[str, str] | None = None

    def run(self, words: list[str]) -> int:
        """Carry out one command and print its answer."""
        if words == ["logout"]:
            self.login = None
            return _show({"error_code": 0, "data": "Logout successful"})
        password = self._password(words)
        try:
            servers = json.loads((ETC / "cloudhsm-cli.cfg").read_text())["clusters"][0]["cluster"]
            anchor = (ETC / "customerCA.crt").read_text()
        except OSError as error:
            return _show({"error_code": 1, "data": f"not configured: {error}"})
        answer = ask(
            "/host/data-plane",
            ips=servers["servers"],
            trust_anchor=anchor,
            command=words,
            login=self.login,
            password=password,
        )
        if words[:1] == ["login"] and answer["error_code"] == 0:
            self.login = {"name": words[2], "password": password}
        return _show(answer)

    def _password(self, words: list[str]) -> str:
        twice = words[:2] in ASKS_TWICE
        if not twice and words[:1] != ["login"]:
            return ""
        with Path("/dev/tty").open("w"):  # there has to be a terminal
            password = getpass.getpass("Enter password:\n")
            if twice and getpass.getpass("Confirm password:\n") != password:
                sys.exit("Passwords do not match.")
        return password


def _show(answer: dict) -> int:
    print(json.dumps(answer, indent=2), flush=True)
    return int(answer["error_code"])


def main(words: list[str]) -> int:
    """The whole program."""
    if words == ["--version"]:
        print(f"cloudhsm-cli {VERSION}")
        return 0
    session = Session()
    if words != ["interactive"]:
        return session.run(words)
    while True:
        try:
            line = input("aws-cloudhsm > ")
        except EOFError:
            return 0
        if line.strip() == "quit":
            return 0
        if line.strip():
            session.run(shlex.split(line))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
