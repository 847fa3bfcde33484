"""The workflow that reviews pull requests: its steps, run with exactly the rights of its role."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.engine.layout import PROJECT, Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.iam import calls, statements
from tests.support.policy_pack import policy_pack

pytestmark = pytest.mark.engine

WORKFLOW: dict[str, Any] = yaml.safe_load(
    (PROJECT / ".github" / "workflows" / "preview.yml").read_text(encoding="utf-8")
)
RIGHTS = [
    action
    for statement in statements("preview")
    if statement["Sid"].startswith("Rehearsed")
    for action in statement["Action"]
]
NEEDS_NO_RIGHT = {"sts:GetCallerIdentity", "secretsmanager:GetSecretValue"}
"""STS refuses nobody. A preview that may not read a secret only learns that it is there."""
USED: set[str] = set()
FSXADMIN = "fsxadmin"
WHOLE = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {},
    "fileSystem": {"passwordSecret": FSXADMIN},
}
GH = """#!/usr/bin/env python3
import json, os, pathlib, sys
kept = pathlib.Path(os.environ["GH_KEPT"])
asked = sys.argv[1:]
with kept.with_name("asked").open("a") as log:
    log.write(json.dumps(asked) + "\\n")
if "--method" in asked:
    field = asked[asked.index("--field") + 1]
    kept.write_text(pathlib.Path(field.removeprefix("body=@")).read_text())
elif kept.exists():
    print(4711)
"""
"""GitHub's command, as far as the workflow uses it: it keeps one comment."""


@dataclass
class Job:
    """A job of the workflow on this machine."""

    folder: Path
    variables: dict[str, str]

    def run(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the steps of a job that run a command, as GitHub does; ends at the first failure."""
        done = subprocess.CompletedProcess("", 0, "", "")
        for step in WORKFLOW["jobs"][name]["steps"]:
            if "run" not in step:
                continue
            given = {key: str(one) for key, one in step.get("env", {}).items() if "${{" not in one}
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=self.folder,
                env={**self.variables, **given, **more},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                break
        return done


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    folder = tmp_path_factory.mktemp("preview")
    with rehearsed(layout, folder, WHOLE, speed=480) as stack:
        secret = {"Name": FSXADMIN, "SecretString": "Rehearsed-12345678"}
        stack.emulator.client("secretsmanager").create_secret(**secret)
        yield stack


def planned(stack: Rehearsed, layout: Layout, folder: Path, pack: str = "") -> tuple[str, str]:
    """Runs the job `plan` with the role's rights; gives the status and the review."""
    folder.mkdir()
    path = f"{Path(layout.pulumi).parent}:{os.environ['PATH']}"
    variables = {**stack.workspace.environment, "PATH": path, "STACK": "dev"}
    variables |= {"POLICY_PACK": pack, "RUNNER_TEMP": str(folder)}
    variables |= {name: str(folder / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    before = len(stack.emulator.log())
    rights = stack.emulator.set_fault("only_allowed", actions=RIGHTS)
    try:
        done = Job(stack.workspace.project, variables).run("plan")
    finally:
        stack.emulator.clear_faults(rights)
    asked = calls(stack.emulator.log()[before:]) - NEEDS_NO_RIGHT
    assert asked - set(RIGHTS) == set(), "the role lacks rights"
    USED.update(asked)
    assert done.returncode == 0, done.stdout + done.stderr
    left = {path.name for path in folder.iterdir()}
    assert left == {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"}, "the plan is deleted"
    status = (folder / "GITHUB_OUTPUT").read_text()
    return status, (stack.workspace.project / "review.md").read_text()


def test_a_first_creation_is_reviewed_with_read_rights_only(
    stack: Rehearsed, layout: Layout, tmp_path: Path
) -> None:
    stack.workspace.pulumi("config", "rm", "cloudhsm:tags")  # a policy wants some
    status, review = planned(stack, layout, tmp_path / "runner", policy_pack().name)
    assert status == "status=10\n"
    assert "| HSMs | 0 → 2 |" in review
    assert "- **advisory** `tagged` on `cloudhsm-cluster`: `What costs money" in review


def test_a_change_of_the_whole_chain_is_reviewed_with_read_rights_only(
    stack: Rehearsed, layout: Layout, tmp_path: Path
) -> None:
    stack.up()
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "3")
    status, review = planned(stack, layout, tmp_path / "runner")
    assert status == "status=0\n"
    assert "| HSMs | 2 → 3 |" in review
    assert "could not look" not in review


def test_the_role_has_no_right_that_neither_needs() -> None:
    assert set(RIGHTS) == USED


def test_the_comment_is_made_once_and_then_updated_in_place(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    variables = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "GH_KEPT": str(tmp_path / "kept"),
        "COMMENTS": "repos/example/vault/issues/7/comments",
    }
    job = Job(tmp_path, variables)
    for text, status in (("first", "10"), ("second", "0")):
        (tmp_path / "review.md").write_text(f"{text}\n")
        done = job.run("comment", STATUS=status)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "kept").read_text() == "<!-- cloudhsm review -->\nsecond\n"
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    changing = [(one[2], one[3]) for one in asked if "--method" in one]
    assert changing == [
        ("POST", "repos/example/vault/issues/7/comments"),
        ("PATCH", "repos/example/vault/issues/comments/4711"),
    ]


@pytest.mark.parametrize(
    ("status", "passes"), [("0", True), ("10", True), ("11", False), ("12", False)]
)
def test_the_check_fails_where_data_is_lost_or_the_preview_is_refused(
    tmp_path: Path, status: str, passes: bool
) -> None:
    (stop,) = (one for one in WORKFLOW["jobs"]["comment"]["steps"] if "Stop" in one.get("name", ""))
    done = subprocess.run(["bash", "-e", "-c", stop["run"]], env={"STATUS": status}, check=False)
    assert (done.returncode == 0) == passes
