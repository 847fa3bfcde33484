"""A stack outside this repository, with the wheel: typed, unit-tested, and up to a key."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.workspace import Workspace
from tests.support.forks import emulator_of_the_run, forking_layout

CONSUMER = Path(__file__).with_name("consumer")
REGION = "eu-central-1"
SPEED = 240.0


@pytest.fixture
def program(python: Path, tmp_path: Path) -> Path:
    """The consumer's folder, with the virtualenv that holds the wheel as its `.venv`."""
    folder = tmp_path / "program"
    shutil.copytree(CONSUMER, folder)
    (folder / ".venv").symlink_to(python.parent.parent)
    return folder


def test_the_consumer_passes_pyright_strictly_and_one_with_a_wrong_type_does_not(
    program: Path, python: Path
) -> None:
    (program / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    text = (program / "vault.py").read_text()
    wrong = text.replace("HsmsArgs(count=2)", 'HsmsArgs(count="2")')
    assert wrong != text
    (program / "wrong_vault.py").write_text(wrong)
    check = [sys.executable, "-m", "pyright", "-p", program, "--pythonpath", python, "--outputjson"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=300)
    told = json.loads(done.stdout)
    errors = [one for one in told["generalDiagnostics"] if one["severity"] == "error"]
    assert {(Path(one["file"]).name, one["rule"]) for one in errors} == {
        ("wrong_vault.py", "reportArgumentType")
    }, done.stdout
    assert told["summary"]["filesAnalyzed"] == len(list(program.glob("*.py")))


def test_the_consumers_unit_test_runs_with_mocks_alone(program: Path, python: Path) -> None:
    """Nothing of the shell comes with it: no Region, no credentials."""
    done = subprocess.run(
        [python, "-m", "unittest", "check_vault"],
        cwd=program,
        env={"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr


@pytest.mark.engine
def test_the_consumer_goes_to_a_key_in_the_store(
    program: Path, python: Path, tmp_path: Path
) -> None:
    start = emulator_of_the_run()
    with (
        forking_layout() as layout,
        running_emulator(start=start, speed=SPEED, region=REGION, run_commands=True) as emulator,
    ):
        roots = {kind: asdict(root) for kind, root in emulator.roots.items()}
        workspace = Workspace.create(
            layout, program, tmp_path / "workspace", variables={"ROOTS": json.dumps(roots)}
        )
        workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
        workspace.pulumi("up", "--yes", "--skip-preview")
        outputs = workspace.outputs()
        key_arn, package = outputs["keyArn"], Path(outputs["package"]).resolve()
        assert package.is_relative_to(python.parent.parent), "the wheel's package, not this tree's"
        key = emulator.client("kms").describe_key(KeyId=key_arn)["KeyMetadata"]
        assert (key["Origin"], key["KeyState"]) == ("AWS_CLOUDHSM", "Enabled")
        workspace.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
        workspace.pulumi("destroy", "--yes", "--skip-preview")
