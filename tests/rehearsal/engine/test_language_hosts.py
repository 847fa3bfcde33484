"""Pulumi's hosts for other languages and its SDK generators: from the CLI, or built once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.pulumi_cli import sdk_generator
from rehearsal.engine.pulumi_cli.cli import Cli
from rehearsal.engine.pulumi_cli.language_hosts import GO, NODEJS, YAML, LanguageHost, get_host
from rehearsal.engine.pulumi_cli.sdk_generator import generate_sdk
from tests.rehearsal.engine.put import put

FAKE_GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; exit; fi
for package; do :; done
echo "$(basename "$PWD") $package" >> "{log}"
while [ "$1" != -o ]; do shift; done
{build}
"""
BUILDS = """printf '#!/bin/sh\\ncat > "%s"' "{given}" > "$2"; chmod +x "$2" """
BREAKS = "echo 'host.go:1:1: no such module' >&2; exit 1"


def fake_go(search: Path, build: str = BUILDS) -> Path:
    """A Go that logs where it builds what; what it builds keeps its input."""
    log = search / "builds"
    built = build.format(given=search / "given")
    put(search / "go", FAKE_GO.format(log=log, build=built))
    return log


def cli(folder: Path, *, has_hosts: bool) -> Cli:
    return Cli(folder / "pulumi", "v3.259.0", "from somewhere", has_hosts)


@pytest.mark.parametrize("host", [YAML, NODEJS, GO])
def test_a_host_is_built_once_from_its_pins(
    search: Path, tmp_path: Path, host: LanguageHost
) -> None:
    log = fake_go(search)

    first = get_host(host, cli(search, has_hosts=False), tmp_path)
    second = get_host(host, cli(search, has_hosts=False), tmp_path)

    assert first == second
    assert first.name == host.name
    assert log.read_text() == f"{host.module.name} {host.package}\n"
    assert host.package in (host.module / "go.mod").read_text()
    assert (host.module / "go.sum").exists()


def test_an_installed_pulumi_brings_its_own_hosts(search: Path, tmp_path: Path) -> None:
    put(search / "pulumi-language-nodejs", "#!/bin/sh\n")

    found = get_host(NODEJS, cli(search, has_hosts=True), tmp_path)

    assert found == search / "pulumi-language-nodejs"
    with pytest.raises(RehearsalError, match="has no pulumi-language-go beside"):
        get_host(GO, cli(search, has_hosts=True), tmp_path)


def test_a_host_that_cannot_be_built_is_one_line(search: Path, tmp_path: Path) -> None:
    fake_go(search, BREAKS)

    with pytest.raises(RehearsalError) as caught:
        get_host(NODEJS, cli(search, has_hosts=False), tmp_path)

    assert str(caught.value) == (
        "no pulumi-language-nodejs can be had: exit status 1: host.go:1:1: no such module"
    )


def test_a_built_cli_s_schema_goes_to_the_generator(
    search: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fake_go(search)
    monkeypatch.setattr(sdk_generator, "cache_folder", lambda: tmp_path)
    pulumi = put(search / "pulumi", '#!/bin/sh\necho "schema by $*"\n')

    generate_sdk(cli(search, has_hosts=False), pulumi, os.environ, "go", tmp_path / "sdk")

    assert log.read_text() == "go_sdk .\n"
    assert (search / "given").read_text() == "schema by package get-schema cloudhsm\n"


def test_an_installed_pulumi_generates_by_itself(search: Path, tmp_path: Path) -> None:
    text = 'while [ "$1" != --out ]; do shift; done; mkdir "$2/nodejs"; echo > "$2/nodejs/a"'
    pulumi = put(search / "pulumi", f"#!/bin/sh\n{text}\n")

    generate_sdk(cli(search, has_hosts=True), pulumi, os.environ, "nodejs", tmp_path / "cloudhsm")

    assert [one.name for one in (tmp_path / "cloudhsm").iterdir()] == ["a"]


def test_a_refused_schema_is_told(search: Path, tmp_path: Path) -> None:
    pulumi = put(search / "pulumi", "#!/bin/sh\necho 'unknown plugin cloudhsm' >&2; exit 1\n")

    with pytest.raises(RehearsalError, match="unknown plugin cloudhsm"):
        generate_sdk(cli(search, has_hosts=False), pulumi, os.environ, "go", tmp_path / "sdk")
