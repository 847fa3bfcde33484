"""Files are old or new, never half; what somebody else wrote is never taken away."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.initialization.local_files import (
    folder_problem,
    remove_if_ours,
    sha256,
    sha256_on_disk,
    write,
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_gets_its_content_and_its_mode_and_its_folders_are_made(tmp_path: Path, mode: int):
    path = tmp_path / "certificates" / "dev" / "customerCA.crt"
    write(path, b"content", mode)
    assert path.read_bytes() == b"content"
    assert mode_of(path) == mode
    assert sha256_on_disk(path) == sha256(b"content")
    assert [entry.name for entry in path.parent.iterdir()] == ["customerCA.crt"]


def test_a_mode_does_not_depend_on_the_umask(tmp_path: Path):
    before = os.umask(0o077)
    try:
        write(tmp_path / "file", b"public", 0o644)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o644


def test_writing_again_narrows_a_mode_that_was_too_wide(tmp_path: Path):
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o666)
    write(path, b"new", 0o600)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)


def test_a_crash_while_writing_leaves_the_old_file_whole_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"new", 0o644)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_one_line_with_the_path_and_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CloudHsmError) as error:
        write(tmp_path / "file", b"new", 0o644)
    assert str(tmp_path / "file") in str(error.value)
    assert "No space left on device" in str(error.value)
    assert "files.directory" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("obstacle", ["a file where the folder should be", "a folder of its name"])
def test_what_is_in_the_way_is_told(tmp_path: Path, obstacle: str):
    path = tmp_path / "certificates" / "customerCA.crt"
    if obstacle == "a folder of its name":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("not a folder")
    with pytest.raises(CloudHsmError, match="cannot be written"):
        write(path, b"new", 0o644)


def test_what_cannot_be_read_has_no_sha256(tmp_path: Path):
    assert sha256_on_disk(tmp_path / "missing") is None
    assert sha256_on_disk(tmp_path) is None


def test_our_file_goes_and_so_do_its_folders_if_they_are_empty_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    path = Path("certificates/dev/customerCA.crt")
    write(path, b"content", 0o644)
    assert remove_if_ours(path, sha256(b"content"))
    assert list(tmp_path.iterdir()) == []


def test_the_programs_own_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "program"
    program.mkdir()
    monkeypatch.chdir(program)
    write(Path("customerCA.crt"), b"content", 0o644)
    assert remove_if_ours(Path("customerCA.crt"), sha256(b"content"))
    assert program.is_dir()
    assert list(program.iterdir()) == []


def test_a_folder_that_holds_something_else_stays(tmp_path: Path):
    path = tmp_path / "certificates" / "dev" / "customerCA.crt"
    write(path, b"content", 0o644)
    note = tmp_path / "certificates" / "note.txt"
    note.write_text("mine")
    assert remove_if_ours(path, sha256(b"content"))
    assert not path.parent.exists()
    assert note.read_text() == "mine"


def test_above_a_folder_that_was_given_whole_nothing_is_removed(tmp_path: Path):
    path = tmp_path / "vault" / "certificates" / "customerCA.crt"
    write(path, b"content", 0o644)
    assert remove_if_ours(path, sha256(b"content"))
    assert list((tmp_path / "vault").iterdir()) == []


def test_a_file_that_cannot_be_removed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "customerCA.crt"
    path.write_bytes(b"content")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CloudHsmError, match=r"cannot be removed \(Permission denied\)") as failure:
        remove_if_ours(path, sha256(b"content"))
    assert "\n" not in str(failure.value)


def test_a_folder_that_is_a_link_stays_without_a_fuss(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "certificates"
    link.symlink_to(tmp_path / "elsewhere")
    write(link / "customerCA.crt", b"content", 0o644)
    assert remove_if_ours(link / "customerCA.crt", sha256(b"content"))
    assert link.is_symlink()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_that_holds_something_else_is_kept(tmp_path: Path):
    path = tmp_path / "customerCA.crt"
    path.write_bytes(b"somebody else's")
    assert not remove_if_ours(path, sha256(b"content"))
    assert path.read_bytes() == b"somebody else's"


def test_a_file_that_is_gone_already_is_no_trouble(tmp_path: Path):
    assert remove_if_ours(tmp_path / "missing", sha256(b"content"))


def test_a_folder_that_can_be_written_or_made_has_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for folder in (str(tmp_path), "certificates/dev", ".", str(tmp_path / "a" / "b")):
        assert folder_problem(folder) is None
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"


def test_a_file_in_the_place_of_the_folder_is_told_by_name(tmp_path: Path):
    (tmp_path / "certificates").write_text("not a folder")
    problem = folder_problem(str(tmp_path / "certificates" / "dev"))
    assert problem == f"{tmp_path / 'certificates'} is a file, not a folder"


def test_a_folder_without_the_right_to_write_is_told_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # Not by its mode: root, who runs tests in containers, may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, how: False)
    problem = folder_problem(str(tmp_path / "certificates"))
    assert problem == f"{tmp_path} is not writable for this user"
