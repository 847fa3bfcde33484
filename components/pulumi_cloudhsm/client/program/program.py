"""Runs on a client host as root: installs the CloudHSM CLI, activates, makes kmsuser.

Standard library of Python 3.9 only (Amazon Linux 2023). Every step asks first, so that it may run
twice, or from two callers at once. Passwords are fetched from Secrets Manager under the host's own
role and typed into the CLI's prompts. None is in a command line, an environment, a file or what
this prints. The last line printed is JSON: `ok`, `code`, `message`.
"""

from __future__ import annotations

import fcntl
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from hsm_cli import CLI, HOME, Failed, Terminal, last_line, listed, refused, run, said
from users import (
    ADMIN,
    CRYPTO_USER,
    KMSUSER,
    UNACTIVATED,
    administrator,
    refuse_unusable,
    user,
)

MAJOR_VERSION = "5"


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
    password = secret(given, ADMIN)
    # Where the role is not told, the HSM says whether it is activated.
    if administrator().role not in ("", UNACTIVATED):
        check_login(ADMIN, ADMIN, password, given["admin_secret"])
        return "activated before"
    answer = Terminal([str(CLI), "cluster", "activate"]).answer([password, password])
    # A second caller may have been faster: what counts is how it ended.
    if refused(answer) and administrator().role == UNACTIVATED:
        raise Failed("activation", f"cluster activate failed: {said(answer)}")
    check_login(ADMIN, ADMIN, password, given["admin_secret"])
    return "activated"


def make_kmsuser(given: dict[str, Any]) -> str:
    """Makes the crypto user that KMS logs in as, on every HSM."""
    wanted = len(given["hsm_ips"])
    seen = len(listed("hsms", "cluster", "hsm-info"))
    if seen < wanted:
        raise Failed("hsms", f"only {seen} of {wanted} HSMs answer")
    found = user(KMSUSER)
    changed = found is not None and bool(given.get("set_password"))
    if found is not None:
        # Another password unlocks it, too.
        refuse_unusable(replace(found, locked="") if changed else found, CRYPTO_USER)
    if changed:
        refuse_unusable(administrator(), ADMIN)
        as_admin("user change-password", secret(given, KMSUSER), secret(given, ADMIN))
    if found is None or not found.is_on_all:
        password = secret(given, KMSUSER)
        admin_password = secret(given, ADMIN)
        refuse_unusable(administrator(), ADMIN)
        if found is not None and not changed:
            check_known(password, given)
        as_admin("user create", password, admin_password)
        found = user(KMSUSER)
        if found is None or not found.is_on_all:
            raise Failed("coverage", "kmsuser is still missing on some HSMs")
        return f"made on {seen} HSMs"
    if changed:
        return f"found on all {seen} HSMs, and given the secret's password"
    if given["check_password"]:
        check_login(KMSUSER, CRYPTO_USER, secret(given, KMSUSER), given["kmsuser_secret"])
    return f"found on all {seen} HSMs"


def check_known(password: str, given: dict[str, Any]) -> None:
    """That kmsuser, which is on some HSMs, has the secret's password and not one of KMS's own."""
    perhaps_changed = not given["check_password"]
    rotated = Failed("rotated", "kmsuser is missing on some HSMs, and KMS has changed its password")
    if perhaps_changed and given["kms_is_connected"]:
        raise rotated
    try:
        check_login(KMSUSER, CRYPTO_USER, password, given["kmsuser_secret"])
    except Failed as wrong:
        if perhaps_changed and wrong.code == "password":
            raise rotated from wrong
        raise


STEPS = {"activate": activate, "kmsuser": make_kmsuser}


def as_admin(command: str, password: str, admin_password: str) -> None:
    """Makes kmsuser where it is missing, or changes its password, in an administrator's session."""
    session = Terminal([str(CLI), "interactive"])
    try:
        answer = session.command("login --username admin --role admin", [admin_password])
        if refused(answer):
            raise Failed("password", f"login as admin failed: {said(answer)}")
        line = f"{command} --username {KMSUSER} --role {CRYPTO_USER}"
        answer = session.command(line, [password, password])
        if refused(answer):
            raise Failed("user", f"{command} failed: {said(answer)}")
        session.command("logout", [])
    finally:
        session.end()


def check_login(name: str, role: str, password: str, secret_id: str) -> None:
    """That the secret's password is the user's; one try, since several lock the user."""
    found = user(name)
    if found is not None:
        refuse_unusable(found, role)
    session = Terminal([str(CLI), "interactive"])
    try:
        answer = session.command(f"login --username {name} --role {role}", [password])
        if refused(answer):
            raise Failed(
                "password",
                f"{name} is there, but not with the password in {secret_id}: {said(answer)}",
            )
        session.command("logout", [])
    finally:
        session.end()


def secret(given: dict[str, Any], name: str) -> str:
    """A user's password, under the role of this host; one that cannot be its password is refused.

    Args:
        given: `admin_secret` or `kmsuser_secret`, `region`, and the `passwords` that users take.
        name: the user.
    """
    secret_id = given[f"{name}_secret"]
    command = ["aws", "secretsmanager", "get-secret-value", "--secret-id", secret_id]
    command += ["--region", given["region"], "--query", "SecretString", "--output", "json"]
    done = run(command)
    if done.returncode != 0:
        raise Failed("secret", f"reading {secret_id} failed: {last_line(done.stderr)}")
    try:
        text = json.loads(done.stdout)
    except ValueError:
        raise Failed("secret", f"reading {secret_id} gave no JSON") from None
    rule = given["passwords"][name]
    if not isinstance(text, str) or not re.fullmatch(rule["pattern"], text):
        raise Failed("secret-shape", f"{secret_id} holds no password for {name}: {rule['words']}")
    return text


def result(ok: bool, code: str, message: str) -> int:
    """The one line that the caller reads."""
    print(json.dumps({"ok": ok, "code": code, "message": message}))
    return 0 if ok else 1


def ended(given: dict[str, Any]) -> int:
    """Runs the step and prints how it ended, in one line whatever happened."""
    try:
        return result(True, "done", main(given))
    except Failed as failure:
        code, told = failure.code, str(failure)
    except Exception as error:
        # What nobody thought of; its text may hold anything, so only its kind and place are told.
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_name}, line {frame.tb_lineno}" if frame else "?"
        code, told = "program", f"the program failed ({type(error).__name__} in {place})"
    what_to_do = given.get("advice", {}).get(code)
    told = f"{told}; {what_to_do}" if what_to_do else told
    print(told, file=sys.stderr)
    return result(False, code, told)


if __name__ == "__main__":
    sys.exit(ended(json.loads(sys.argv[1])))
