"""Runs on a client host as root: installs the CloudHSM CLI, activates, makes kmsuser.

Standard library of Python 3.9 only (Amazon Linux 2023). Every step asks first, so that it may run
twice, or from two callers at once. Passwords are fetched from Secrets Manager under the host's own
role and typed into the CLI's prompts. None is in a command line, an environment, a file or what
this prints. The last line printed is JSON: `ok`, `code`, `message`.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("CLOUDHSM_HOME", "/opt/cloudhsm"))
CLI = HOME / "bin" / "cloudhsm-cli"
MAJOR_VERSION = "5"
ADMIN = "admin"
KMSUSER = "kmsuser"
PASSWORD_PROMPT = re.compile(r"password:\s*$", re.IGNORECASE)
SESSION_PROMPT = re.compile(r"aws-cloudhsm\s*>\s*$")
PATIENCE_SECONDS = 120


class Failed(Exception):  # noqa: N818 - said as it is, to people
    """A step that cannot go on; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def main(given: dict[str, Any]) -> str:
    """Runs one step; two callers at once go one after the other."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / ".client-program.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(given["package"], given["package_sha256"])
        configure(given["hsm_ips"], given["ca_certificate"])
        return STEPS[given["step"]](given)


def install(package: str, sha256: str) -> None:
    """Installs the CLI where it is missing, and insists on its checksum and its major version."""
    if not CLI.exists():
        file = str(HOME / ".client-package.rpm")
        run(["curl", "-fsSL", "-o", file, package], "package")
        loaded = run(["sha256sum", file], "package").stdout.partition(" ")[0]
        if loaded != sha256:
            raise Failed("checksum", f"{package} has the SHA-256 {loaded}, not {sha256}")
        run(["dnf", "install", "-y", file], "package")
        Path(file).unlink()
    shown = run([str(CLI), "--version"]).stdout
    found = re.search(r"(\d+)\.\d+", shown)
    if not found or found.group(1) != MAJOR_VERSION:
        raise Failed("version", f"cloudhsm-cli is {shown.strip()!r}, not version {MAJOR_VERSION}")


def configure(hsm_ips: list[str], ca_certificate: str) -> None:
    """Places the CA certificate and names the HSMs; both as often as wanted."""
    (HOME / "etc").mkdir(parents=True, exist_ok=True)
    (HOME / "etc" / "customerCA.crt").write_text(ca_certificate.strip() + "\n")
    # All addresses in one -a: it is variadic, and there is no `update` (SDK 5.18).
    run([str(HOME / "bin" / "configure-cli"), "-a", *hsm_ips], "configure")


def activate(given: dict[str, Any]) -> str:
    """Sets the administrator's first password, unless somebody has."""
    password = secret(given["admin_secret"], given["region"])
    if role_of_admin() == ADMIN:
        check_login(ADMIN, ADMIN, password, given["admin_secret"])
        return "activated before"
    answer = Terminal([str(CLI), "cluster", "activate"]).answer([password, password])
    # A second caller may have been faster: what counts is how it ended.
    if answer["error_code"] != 0 and role_of_admin() != ADMIN:
        raise Failed("activation", f"cluster activate failed: {answer['data']}")
    check_login(ADMIN, ADMIN, password, given["admin_secret"])
    return "activated"


def make_kmsuser(given: dict[str, Any]) -> str:
    """Makes the crypto user that KMS logs in as, on every HSM."""
    wanted = len(given["hsm_ips"])
    seen = len(single("cluster", "hsm-info")["hsms"])
    if seen < wanted:
        raise Failed("hsms", f"only {seen} of {wanted} HSMs answer")
    found = user(KMSUSER)
    if found is None or found["cluster-coverage"] != "full":
        password = secret(given["kmsuser_secret"], given["region"])
        if found is not None:
            check_known(password, given)
        create_user(password, secret(given["admin_secret"], given["region"]))
        found = user(KMSUSER)
        if found is None or found["cluster-coverage"] != "full":
            raise Failed("coverage", "kmsuser is still missing on some HSMs")
        return f"made on {seen} HSMs"
    if given["check_password"]:
        password = secret(given["kmsuser_secret"], given["region"])
        check_login(KMSUSER, "crypto-user", password, given["kmsuser_secret"])
    return f"found on all {seen} HSMs"


def check_known(password: str, given: dict[str, Any]) -> None:
    """That kmsuser, which is on some HSMs, has the secret's password and not one of KMS's own."""
    perhaps_changed = not given["check_password"]
    rotated = Failed("rotated", "kmsuser is missing on some HSMs, and KMS has changed its password")
    if perhaps_changed and given["kms_is_connected"]:
        raise rotated
    try:
        check_login(KMSUSER, "crypto-user", password, given["kmsuser_secret"])
    except Failed as wrong:
        if perhaps_changed and wrong.code == "password":
            raise rotated from wrong
        raise


STEPS = {"activate": activate, "kmsuser": make_kmsuser}


def create_user(password: str, admin_password: str) -> None:
    """Makes the user where it is missing, in a session of the administrator."""
    session = Terminal([str(CLI), "interactive"])
    try:
        answer = session.command("login --username admin --role admin", [admin_password])
        if answer["error_code"] != 0:
            raise Failed("password", f"login as admin failed: {answer['data']}")
        line = f"user create --username {KMSUSER} --role crypto-user"
        answer = session.command(line, [password, password])
        if answer["error_code"] != 0:
            raise Failed("user", f"user create failed: {answer['data']}")
        session.command("logout", [])
    finally:
        session.end()


def check_login(name: str, role: str, password: str, secret_id: str) -> None:
    """That the secret's password is the user's; one try, since several lock the user."""
    session = Terminal([str(CLI), "interactive"])
    try:
        answer = session.command(f"login --username {name} --role {role}", [password])
        if answer["error_code"] != 0:
            raise Failed(
                "password",
                f"{name} is there, but not with the password in {secret_id}: {answer['data']}",
            )
        session.command("logout", [])
    finally:
        session.end()


def role_of_admin() -> str:
    """`unactivated-admin` until the activation, `admin` ever after; needs no login."""
    roles = [one["role"] for one in single("user", "list")["users"] if one["username"] == ADMIN]
    if not roles:
        raise Failed("activation", "the HSM lists no administrator")
    return roles[0]


def user(name: str) -> dict[str, Any] | None:
    """A user as the HSMs list it, or None."""
    for one in single("user", "list")["users"]:
        if one["username"] == name:
            return one
    return None


def single(*words: str) -> dict[str, Any]:
    """The data of a command that needs no password."""
    done = run([str(CLI), *words])
    answer = found_answer(done.stdout)
    if answer is None:
        raise Failed(
            "cli", f"{' '.join(words)} said no JSON: {last_line(done.stderr or done.stdout)}"
        )
    if answer["error_code"] != 0:
        raise Failed("cli", f"{' '.join(words)} failed: {answer['data']}")
    return answer["data"]


def secret(secret_id: str, region: str) -> str:
    """A secret's text, under the role of this host."""
    command = ["aws", "secretsmanager", "get-secret-value", "--secret-id", secret_id]
    command += ["--region", region, "--query", "SecretString", "--output", "text"]
    done = run(command)
    if done.returncode != 0:
        raise Failed("secret", f"reading {secret_id} failed: {last_line(done.stderr)}")
    return done.stdout.rstrip("\n")


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
        said = last_line(done.stderr or done.stdout)
        raise Failed(code, f"{Path(command[0]).name} failed: {said}")
    return done


def found_answer(text: str) -> dict[str, Any] | None:
    """The last JSON object with an error_code in what a program printed."""
    found: dict[str, Any] | None = None
    for start in (match.start() for match in re.finditer(r"\{", text)):
        try:
            value, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            continue
        if isinstance(value, dict) and "error_code" in value:
            found = {str(key): value[key] for key in value}  # pyright: ignore
    return found


def last_line(text: str) -> str:
    """The last line with anything in it."""
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"])[-1]


def result(ok: bool, code: str, message: str) -> int:
    """The one line that the caller reads."""
    print(json.dumps({"ok": ok, "code": code, "message": message}))
    return 0 if ok else 1


if __name__ == "__main__":
    try:
        sys.exit(result(True, "done", main(json.loads(sys.argv[1]))))
    except Failed as failure:
        what_to_do = json.loads(sys.argv[1]).get("advice", {}).get(failure.code)
        told = f"{failure}; {what_to_do}" if what_to_do else str(failure)
        print(told, file=sys.stderr)
        sys.exit(result(False, failure.code, told))
