"""The CA's key as a file: encrypted, for its owner only, and never in an output."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pulumi.output import Unknown

from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.initialization.ca_key_file_provider import CaKeyFileProvider
from tests.support import pki

PASSPHRASE = "correct horse battery staple"
PATH = "certificates/dev/customerCA.key"
PROVIDER = CaKeyFileProvider()


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's folder, which paths are relative to."""
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def key_pem(owner: str = "our CA") -> str:
    """As the tls provider gives it: PKCS#1, in clear."""
    return (
        pki.rsa_key(owner)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "__provider": "pickle",
        "path": PATH,
        "private_key_pem": key_pem(),
        "passphrase": PASSPHRASE,
        **changes,
    }


def created(**changes: Any) -> dict[str, Any]:
    outs = PROVIDER.create(inputs(**changes)).outs
    assert outs is not None
    return {**outs, "__provider": "pickle"}


def updated(olds: dict[str, Any], **news: Any) -> dict[str, Any]:
    outs = PROVIDER.update("id", olds, inputs(**news)).outs
    assert outs is not None
    return outs


def changes(olds: dict[str, Any], **news: Any) -> bool | None:
    diff = PROVIDER.diff("id", olds, inputs(**news))
    assert not diff.replaces
    return diff.changes


def key_inside(path: str = PATH, passphrase: str = PASSPHRASE):
    return serialization.load_pem_private_key(Path(path).read_bytes(), passphrase.encode())


def same_key(found: Any, owner: str = "our CA") -> bool:
    return found.private_numbers() == pki.rsa_key(owner).private_numbers()


def test_the_file_holds_the_key_encrypted_for_its_owner_only():
    created()
    content = Path(PATH).read_text()
    assert content.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE(Path(PATH).stat().st_mode) == 0o600
    assert same_key(key_inside())
    # A wrong passphrase decrypts to noise, and one noise in 256 ends as correct
    # padding does: then the error names the content, not the passphrase.
    with pytest.raises(ValueError, match=r"(?i)password|decrypt|deserialize"):
        key_inside(passphrase="another passphrase")


def test_no_output_holds_key_or_passphrase():
    outs = json.dumps([created(), updated(created(), passphrase="another passphrase")])
    assert "PRIVATE KEY" not in outs
    assert PASSPHRASE not in outs
    assert "another passphrase" not in outs
    assert key_pem().splitlines()[1] not in outs


def test_a_second_up_is_no_change_and_a_refresh_no_drift():
    olds = created()
    assert changes(olds) is False
    assert PROVIDER.read("id", olds).outs == olds


def test_on_another_machine_nothing_is_a_change_although_the_file_is_not_there():
    olds = created()
    Path(PATH).unlink()
    assert changes(olds) is False
    assert PROVIDER.read("id", olds).outs == olds
    assert not Path(PATH).exists()


def test_the_digest_in_the_state_tells_nothing_of_the_passphrase_without_the_key():
    same = created(), created(private_key_pem=key_pem("another CA"))
    assert same[0]["sealed"] != same[1]["sealed"]
    assert created()["sealed"] == same[0]["sealed"]


def test_another_passphrase_is_a_change():
    olds = created()
    assert changes(olds, passphrase="another passphrase") is True
    updated(olds, passphrase="another passphrase")
    assert same_key(key_inside(passphrase="another passphrase"))


def test_another_key_is_a_change():
    olds = created()
    assert changes(olds, private_key_pem=key_pem("another CA")) is True
    updated(olds, private_key_pem=key_pem("another CA"))
    assert same_key(key_inside(), "another CA")


def test_another_path_moves_the_file():
    olds = created()
    assert changes(olds, path="elsewhere/ca.key") is True
    assert updated(olds, path="elsewhere/ca.key")["path"] == "elsewhere/ca.key"
    assert same_key(key_inside("elsewhere/ca.key"))
    assert not Path("certificates").exists()


def test_another_spelling_of_the_same_path_takes_nothing_away(capsys: pytest.CaptureFixture[str]):
    olds = created()
    outs = updated(olds, path=f"./{PATH}")
    assert same_key(key_inside())
    assert capsys.readouterr().out == ""
    assert changes(outs, path=f"./{PATH}") is False


def test_a_moved_file_that_somebody_has_changed_stays_where_it_was(
    capsys: pytest.CaptureFixture[str],
):
    olds = created()
    Path(PATH).write_text("somebody else's")
    updated(olds, path="elsewhere/ca.key")
    assert Path(PATH).read_text() == "somebody else's"
    assert f"{PATH} was changed since it was written, so it is kept" in capsys.readouterr().out


def test_destroy_takes_our_file_and_its_empty_folders(program: Path):
    PROVIDER.delete("id", created())
    assert list(program.iterdir()) == []


def test_destroy_keeps_a_file_that_holds_something_else():
    olds = created()
    Path(PATH).write_text("somebody else's")
    PROVIDER.delete("id", olds)
    assert Path(PATH).read_text() == "somebody else's"


@pytest.mark.parametrize("unknown", ["private_key_pem", "passphrase"])
def test_a_preview_with_an_unknown_input_plans_a_change(unknown: str):
    assert changes(created(), **{unknown: Unknown()}) is True


@pytest.mark.parametrize(("length", "fails"), [(0, True), (11, True), (12, False)])
def test_a_short_passphrase_is_refused_without_showing_it(length: int, fails: bool):
    passphrase = "pässwörter-geheim"[:length]
    failures = PROVIDER.check({}, inputs(passphrase=passphrase)).failures
    assert [failure.property for failure in failures] == (["passphrase"] if fails else [])
    for failure in failures:
        assert failure.reason == "give at least 12 characters"


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made(program: Path):
    (program / "certificates").write_text("not a folder")
    (failure,) = PROVIDER.check({}, inputs()).failures
    assert failure.property == "path"
    assert "certificates is a file, not a folder" in failure.reason


def test_inputs_that_are_not_known_yet_pass_the_check():
    news = inputs(passphrase=Unknown(), private_key_pem=Unknown(), path=Unknown())
    result = PROVIDER.check({}, news)
    assert result.failures == []
    assert result.inputs == news


def test_a_folder_that_broke_after_the_check_is_one_line_without_the_key(program: Path):
    (program / "certificates").write_text("not a folder")
    with pytest.raises(CloudHsmError, match="cannot be written") as error:
        PROVIDER.create(inputs())
    assert "PRIVATE" not in str(error.value)
    assert PASSPHRASE not in str(error.value)
