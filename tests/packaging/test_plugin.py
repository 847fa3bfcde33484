"""The plugin as a team of another language gets it: from the wheel, or as a folder in source."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from rehearsal.engine.core.environment import engine_variables, without_the_users_own
from rehearsal.engine.layout import Layout, ensure_layout
from tests.end_to_end.yaml_program import need_yaml_host
from tests.support.recording import ROOT

SCHEMA = json.loads((ROOT / "components/pulumi_cloudhsm/plugin/schema.json").read_text())
SCRIPT = "pulumi-resource-cloudhsm"

pytestmark = pytest.mark.engine


@pytest.fixture
def layout() -> Layout:
    return ensure_layout()


@pytest.fixture
def folder(python: Path, tmp_path: Path) -> Path:
    """The plugin's folder as a clone or an archive has it, its dependencies installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "components"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.rstrip("\0").split("\0"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "components" / "venv").symlink_to(python.parent.parent)
    return tmp_path / "components"


def run(layout: Layout, folder: Path, *command: str | Path) -> str:
    """Runs the CLI in a folder, with a home that holds no plugin."""
    variables = engine_variables(layout.binaries, folder / "home", folder / "state")
    done = subprocess.run(
        [layout.pulumi, *command],
        cwd=folder,
        env=without_the_users_own() | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_has_the_script_that_the_engine_looks_for_and_the_schema(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as held:
        (entries,) = (name for name in held.namelist() if name.endswith("entry_points.txt"))
        scripts = configparser.ConfigParser()
        scripts.read_string(held.read(entries).decode())
        schema = json.loads(held.read("pulumi_cloudhsm/plugin/schema.json"))
    assert scripts["console_scripts"][SCRIPT] == "pulumi_cloudhsm.plugin.__main__:main"
    assert schema == SCHEMA


def test_the_wheels_script_tells_the_engine_its_schema_and_version(
    layout: Layout, python: Path, tmp_path: Path
) -> None:
    shown = json.loads(run(layout, tmp_path, "package", "get-schema", python.parent / SCRIPT))
    assert shown["version"] == version("pulumi-cloudhsm")
    assert shown["resources"] == SCHEMA["resources"]


def test_a_project_adds_the_plugin_from_a_folder_in_source(
    layout: Layout, folder: Path, tmp_path: Path
) -> None:
    need_yaml_host(layout)
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: vault\nruntime: yaml\n")
    run(layout, project, "package", "add", "../components")
    held = yaml.safe_load((project / "Pulumi.yaml").read_text())
    assert held["packages"] == {"cloudhsm": "../components"}
