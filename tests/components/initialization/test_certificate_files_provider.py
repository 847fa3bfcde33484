"""Certificate files: under their names, written by who changes them, never somebody else's."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.initialization.certificate_files_provider import CertificateFilesProvider

FILES = {"cluster-abc_ClusterCsr.csr": "csr\n", "customerCA.crt": "ca\n"}
PROVIDER = CertificateFilesProvider()


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's folder, which paths are relative to."""
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def inputs(directory: str = "certificates/dev", **files: str) -> dict[str, Any]:
    return {"__provider": "pickle", "directory": directory, "files": {**FILES, **files}}


def created(**changes: Any) -> dict[str, Any]:
    outs = PROVIDER.create(inputs(**changes)).outs
    assert outs is not None
    return {**outs, "__provider": "pickle"}


def updated(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    outs = PROVIDER.update("id", olds, news).outs
    assert outs is not None
    return outs


def changes(olds: dict[str, Any], news: dict[str, Any] | None = None) -> bool | None:
    diff = PROVIDER.diff("id", olds, news or inputs())
    assert not diff.replaces, "files are written again, never replaced"
    return diff.changes


def on_disk(directory: str = "certificates/dev") -> dict[str, str]:
    return {file.name: file.read_text() for file in Path(directory).iterdir()}


def test_the_files_are_written_and_their_paths_told():
    outs = created()
    assert on_disk() == FILES
    assert outs["paths"] == {name: f"certificates/dev/{name}" for name in FILES}
    modes = {stat.S_IMODE(Path(path).stat().st_mode) for path in outs["paths"].values()}
    assert modes == {0o644}, "certificates are public: client software reads them as any user"


def test_a_second_up_is_no_change_and_a_refresh_no_drift():
    olds = created()
    assert changes(olds) is False
    assert PROVIDER.read("id", olds).outs == olds


def test_a_file_of_the_same_content_is_left_as_it_is():
    created()
    path = Path("certificates/dev/customerCA.crt")
    before = path.stat().st_mtime_ns
    created()
    assert path.stat().st_mtime_ns == before


def test_on_another_machine_nothing_is_a_change_although_no_file_is_there(program: Path):
    olds = created()
    for file in Path("certificates/dev").iterdir():
        file.unlink()
    Path("certificates/dev").rmdir()
    assert changes(olds) is False
    assert PROVIDER.read("id", olds).outs == olds
    (program / "certificates").rmdir()
    (program / "certificates").write_text("in the way of nothing that is to be written")
    assert PROVIDER.check(inputs(), inputs()).failures == []


def test_a_change_there_writes_all_files():
    olds = created()
    for file in Path("certificates/dev").iterdir():
        file.unlink()
    updated(olds, inputs(**{"customerCA.crt": "another ca\n"}))
    assert on_disk() == {**FILES, "customerCA.crt": "another ca\n"}


def test_another_content_is_written():
    olds = created()
    news = inputs(**{"customerCA.crt": "another ca\n"})
    assert changes(olds, news) is True
    updated(olds, news)
    assert on_disk()["customerCA.crt"] == "another ca\n"


def test_a_file_that_is_no_longer_wanted_goes():
    olds = created(**{"old.crt": "old\n"})
    assert changes(olds) is True
    updated(olds, inputs())
    assert on_disk() == FILES


def test_another_folder_gets_the_files_and_the_old_one_goes():
    olds = created()
    news = inputs("elsewhere")
    assert changes(olds, news) is True
    outs = updated(olds, news)
    assert on_disk("elsewhere") == FILES
    assert outs["paths"]["customerCA.crt"] == "elsewhere/customerCA.crt"
    assert not Path("certificates").exists()


@pytest.mark.parametrize(
    "spelling", ["./certificates/dev", "certificates/dev/", "certificates/../certificates/dev"]
)
def test_another_spelling_of_the_same_folder_takes_nothing_away(spelling: str):
    olds = created()
    outs = updated(olds, inputs(spelling))
    assert on_disk() == FILES
    assert changes(outs, inputs(spelling)) is False


def test_a_file_that_somebody_has_changed_stays_behind_in_the_old_folder(
    capsys: pytest.CaptureFixture[str],
):
    olds = created()
    Path("certificates/dev/customerCA.crt").write_text("somebody else's")
    updated(olds, inputs("elsewhere"))
    assert on_disk() == {"customerCA.crt": "somebody else's"}
    assert (
        "customerCA.crt was changed since it was written, so it is kept" in capsys.readouterr().out
    )


def test_destroy_takes_what_still_holds_what_was_written_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
):
    olds = created()
    Path("certificates/dev/customerCA.crt").write_text("somebody else's")
    Path("certificates/dev/mine.txt").write_text("mine")
    PROVIDER.delete("id", olds)
    assert on_disk() == {"customerCA.crt": "somebody else's", "mine.txt": "mine"}
    assert "customerCA.crt was changed" in capsys.readouterr().out


def test_destroy_leaves_nothing_when_nothing_else_is_there(program: Path):
    PROVIDER.delete("id", created())
    assert list(program.iterdir()) == []


def test_destroy_of_files_that_are_gone_is_no_trouble():
    olds = created()
    PROVIDER.delete("id", olds)
    PROVIDER.delete("id", olds)


def test_a_preview_with_unknown_contents_plans_a_change():
    olds = created()
    assert changes(olds, {**inputs(), "files": Unknown()}) is True
    assert changes(olds, inputs(**{"customerCA.crt": Unknown()})) is True  # pyright: ignore[reportArgumentType]


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made(program: Path):
    (program / "certificates").write_text("not a folder")
    result = PROVIDER.check({}, inputs())
    (failure,) = result.failures
    assert failure.property == "directory"
    assert failure.reason.startswith("choose another folder: ")
    assert "certificates is a file, not a folder" in failure.reason


def test_a_folder_that_can_be_made_or_is_not_known_yet_passes(program: Path):
    assert PROVIDER.check({}, inputs()).failures == []
    assert PROVIDER.check({}, {**inputs(), "directory": Unknown()}).failures == []
    assert list(program.iterdir()) == [], "checking makes nothing"


def test_what_check_returns_are_the_inputs_as_they_were():
    assert PROVIDER.check({}, inputs()).inputs == inputs()


def test_a_folder_that_broke_after_the_check_is_one_line(program: Path):
    (program / "certificates").write_text("not a folder")
    with pytest.raises(CloudHsmError, match="cannot be written"):
        PROVIDER.create(inputs())
