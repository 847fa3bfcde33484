"""The host program's own rules: which users and secrets stop it, and with which words."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pulumi_cloudhsm.client import program as bundle
from pulumi_cloudhsm.client.program_advice import HOST_ADVICE
from pulumi_cloudhsm.passwords.rules import ADMIN, FSXADMIN, KMSUSER, PASSWORDS

FOLDER = Path(bundle.__file__).parent
GOOD = {"admin": "Adm1n:Pass word", "kmsuser": "Kmsuser1"}
GIVEN: dict[str, Any] = {
    "step": "kmsuser",
    "region": "eu-central-1",
    "hsm_ips": ["10.0.0.1", "10.0.1.1"],
    "admin_secret": "arn:admin",
    "kmsuser_secret": "arn:kmsuser",
    "check_password": True,
    "kms_is_connected": False,
    "passwords": {name: rule.props() for name, rule in PASSWORDS.items()},
    "advice": HOST_ADVICE,
}
MISSING = object()


def shown(name: str, role: str, **changes: Any) -> dict[str, Any]:
    """A user as `user list` shows it; MISSING takes a property away."""
    properties = {
        "username": name,
        "role": role,
        "locked": "false",
        "mfa": [],
        "cluster-coverage": "full",
        **{key.replace("_", "-"): value for key, value in changes.items()},
    }
    return {key: value for key, value in properties.items() if value is not MISSING}


class Host:
    """The program with a CLI that answers from a list of users, and secrets."""

    def __init__(self, program: ModuleType, cli: ModuleType, patch: pytest.MonkeyPatch) -> None:
        self.program, self.cli = program, cli
        self.users: Any = [shown("admin", "admin")]
        self.hsms: Any = [{}, {}]
        self.secrets: dict[str, str | None] = dict(GOOD)
        self.logins: list[str] = []
        self.raw: str | None = None
        patch.setattr(cli, "run", self.run)
        patch.setattr(program, "run", self.run)
        patch.setattr(program, "install", lambda *_: None)
        patch.setattr(program, "configure", lambda *_: None)
        patch.setattr(program, "Terminal", lambda _: self)

    def run(self, command: list[str], _code: str = "") -> SimpleNamespace:
        """A program without a terminal."""
        if command[0] == "aws":
            name = command[command.index("--secret-id") + 1].split(":")[1]
            return SimpleNamespace(returncode=0, stdout=json.dumps(self.secrets[name]), stderr="")
        data = {"users": self.users} if command[1] == "user" else {"hsms": self.hsms}
        said = json.dumps({"error_code": 0, "data": data}) if self.raw is None else self.raw
        return SimpleNamespace(returncode=0, stdout=said, stderr="")

    def command(self, line: str, _passwords: list[str]) -> dict[str, Any]:
        """A session of the CLI."""
        self.logins.append(line)
        if line.startswith("user create"):
            self.users = [one for one in self.users if one["username"] != "kmsuser"]
            self.users.append(shown("kmsuser", "crypto-user"))
        return {"error_code": 0, "data": "done"}

    def end(self) -> None:
        """The session ends."""

    def ended(self, capsys: pytest.CaptureFixture[str], **changes: Any) -> tuple[str, str]:
        """Code and message of the last line that is printed."""
        given = {**GIVEN, "package": "", "package_sha256": "", "ca_certificate": "", **changes}
        self.program.ended(given)
        printed = capsys.readouterr()
        for password in self.secrets.values():
            assert not password or password not in printed.out + printed.err
        said = json.loads(printed.out.splitlines()[-1])
        return said["code"], said["message"]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Host]:
    monkeypatch.setenv("CLOUDHSM_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(FOLDER))
    names = [Path(name).stem for name in bundle.FILES]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    cli, _, program = (importlib.import_module(name) for name in names)
    yield Host(program, cli, monkeypatch)
    for name in names:
        sys.modules.pop(name, None)


def kmsuser(**changes: Any) -> list[dict[str, Any]]:
    return [shown("admin", "admin"), shown("kmsuser", **{"role": "crypto-user", **changes})]


def admin(**changes: Any) -> list[dict[str, Any]]:
    return [shown("admin", **{"role": "admin", **changes})]


USERS = {
    "kmsuser, role of some HSMs": (kmsuser(role="inconsistent"), "kmsuser-role", "role: incon"),
    "kmsuser, an administrator": (kmsuser(role="admin"), "kmsuser-role", "has the role admin"),
    "kmsuser, locked": (kmsuser(locked="true"), "kmsuser-locked", "locked: true"),
    "kmsuser, locked, no quotation marks": (kmsuser(locked=True), "kmsuser-locked", "is locked"),
    "kmsuser, locked on some HSMs": (kmsuser(locked="inconsistent"), "kmsuser-locked", "on some"),
    "kmsuser, second factor": (
        kmsuser(mfa=[{"strategy": "token-sign", "status": "enabled"}]),
        "kmsuser-mfa",
        "mfa: enabled",
    ),
    "kmsuser, second factor on some HSMs": (kmsuser(mfa="inconsistent"), "kmsuser-mfa", "mfa: inc"),
    "kmsuser, locked and another role": (
        kmsuser(role="inconsistent", locked="true"),
        "kmsuser-role",
        "role: inconsistent",
    ),
    "admin, role of some HSMs": (admin(role="inconsistent"), "admin-role", "role: inconsistent"),
    "admin, not activated": (admin(role="unactivated-admin"), "admin-role", "unactivated-admin"),
    "admin, locked": (admin(locked="true"), "admin-locked", "admin is locked"),
    "admin, locked on some HSMs": (admin(locked="inconsistent"), "admin-locked", "on some HSMs"),
    "admin, second factor": (admin(mfa=[{"status": "enabled"}]), "admin-mfa", "second factor"),
    "admin, gone": ([], "activation", "lists no administrator"),
    "a list that is none": (None, "cli", "gave no list of users"),
    "a list of text": (["admin"], "activation", "lists no administrator"),
}


@pytest.mark.parametrize("case", USERS)
def test_a_user_that_a_password_is_not_enough_for_stops_it_before_a_login(
    case: str, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.users, code, told = USERS[case]
    ended = host.ended(capsys)
    assert (ended[0], told in ended[1]) == (code, True), ended
    assert "\n" not in ended[1]
    assert ended[1].endswith(HOST_ADVICE.get(code, ended[1]))
    assert host.logins == [], "each refused login brings the user nearer to its lock"


@pytest.mark.parametrize(
    "users",
    [
        kmsuser(),
        kmsuser(locked=False, mfa=None),
        kmsuser(locked=MISSING, mfa=MISSING, cluster_coverage=MISSING),
        kmsuser(role="Crypto-User", mfa=[{"strategy": "token-sign", "status": "disabled"}]),
    ],
)
def test_properties_that_are_missing_or_unquoted_stop_nothing(
    users: Any, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.users = users
    assert host.ended(capsys) == ("done", "found on all 2 HSMs")


def test_the_administrator_is_not_looked_at_where_nothing_is_made(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.users = [*admin(locked="true"), shown("kmsuser", "crypto-user")]
    assert host.ended(capsys, check_password=False) == ("done", "found on all 2 HSMs")


def test_words_without_quotation_marks_are_read(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.raw = (
        '{"error_code": 0, "data": {"hsms": [{}, {}], "users": [{"username": kmsuser, "role": '
        'crypto-user, "locked": inconsistent, "mfa": [], "cluster-coverage": full}]}}'
    )
    assert host.ended(capsys)[0] == "kmsuser-locked"


SECRETS: dict[str, tuple[str, str | None]] = {
    "of bytes": ("kmsuser", None),
    "of key/value pairs": ("kmsuser", '{"password": "Kmsuser1"}'),
    "too short": ("kmsuser", "Abc123"),
    "too long": ("kmsuser", "A1" * 17),
    "with a colon": ("kmsuser", "Kms:user1"),
    "with punctuation": ("kmsuser", "Kms-user1"),
    "with an umlaut": ("kmsuser", "Kmsüser12"),
    "ending in a line break": ("kmsuser", "Kmsuser1\n"),
    "empty": ("kmsuser", ""),
    "admin's, of bytes": ("admin", None),
    "admin's, of key/value pairs": ("admin", '{"admin": "Adm1nPassword-that-is-long"}'),
    "admin's, too short": ("admin", "Adm1n!"),
    "admin's, with a line break": ("admin", "Adm1nPass\nword"),
    "admin's, with an interrupt": ("admin", "Adm1nPass\x03"),
    "admin's, beginning with a space": ("admin", " Adm1nPass"),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_that_is_no_password_is_refused_before_it_is_typed(
    case: str, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    name, text = SECRETS[case]
    host.secrets[name] = text
    code, told = host.ended(capsys)
    assert code == "secret-shape"
    assert f"arn:{name} holds no password for {name}: store 7 to 32" in told
    assert host.logins == []


@pytest.mark.parametrize("case", SECRETS)
def test_the_package_knows_the_same_rules(case: str) -> None:
    name, text = SECRETS[case]
    problem = PASSWORDS[name].problem(text)
    assert problem is not None
    assert not text or text not in problem


def test_what_is_wrong_with_a_secret_is_told_and_not_its_text() -> None:
    assert "holds bytes" in str(KMSUSER.problem(None))
    assert "JSON (key/value pairs)" in str(KMSUSER.problem('{"a": "b"}'))
    assert "a space or a line break" in str(KMSUSER.problem("Kmsuser1\n"))
    assert "6 characters" in str(ADMIN.problem("Adm1n!"))
    assert "8 to 50" in str(FSXADMIN.problem("1234567"))
    assert KMSUSER.problem(GOOD["kmsuser"]) is None
    assert ADMIN.problem(GOOD["admin"]) is None
    assert FSXADMIN.problem("pass word\t1") is None


ANSWERS = {
    "no JSON": "Segmentation fault",
    "nothing": "",
    "no data": '{"error_code": 0}',
    "null": '{"error_code": 0, "data": null}',
    "text for data": '{"error_code": 0, "data": "ok"}',
    "null for a list": '{"error_code": 0, "data": {"users": null, "hsms": null}}',
    "a refusal without a reason": '{"error_code": 1}',
    "nested without end": '{"error_code": ' + '{"a": [' * 100_000,
    "users of no kind": '{"error_code": 0, "data": {"hsms": [null, 1], "users": [null, 1, {}]}}',
}


@pytest.mark.parametrize("case", ANSWERS)
def test_whatever_the_cli_answers_ends_in_one_line(
    case: str, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.raw = ANSWERS[case]
    code, told = host.ended(capsys)
    assert code in ("cli", "hsms", "activation"), told
    assert "\n" not in told


def test_what_nobody_thought_of_is_one_line_without_what_it_was_about(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = host.ended(capsys, hsm_ips=None)
    assert code == "program"
    assert told.startswith("the program failed (TypeError in make_kmsuser, line ")


def test_the_script_brings_its_files_along_and_takes_them_away() -> None:
    script = bundle.shell_script({"step": "activate"})
    assert script.count(bundle.END) == 2 * len(bundle.FILES)
    assert 'rm -rf "$folder"' in script
