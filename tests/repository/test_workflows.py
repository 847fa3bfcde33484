"""The workflows: pinned actions, least permissions, and a release that only a tag can make."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.engine.layout import PROJECT

FOLDER = Path(PROJECT, ".github", "workflows")
NAMES = sorted(path.name for path in FOLDER.glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def workflow(name: str) -> dict[Any, Any]:
    return yaml.safe_load((FOLDER / name).read_text())


def events(name: str) -> dict[str, Any]:
    return workflow(name)[True]  # YAML 1.1 reads the key `on` as true


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_to_a_commit_whose_version_is_told(name: str) -> None:
    lines = [line.strip() for line in (FOLDER / name).read_text().splitlines()]
    uses = [line.removeprefix("- ") for line in lines if line.startswith(("uses:", "- uses:"))]

    assert uses
    assert [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_nothing_and_each_job_only_what_it_needs(name: str) -> None:
    described = workflow(name)

    assert described["permissions"] == {}
    for job in described["jobs"].values():
        writes = {key for key, level in job["permissions"].items() if level == "write"}
        assert writes <= {"id-token", "attestations", "pull-requests"}
        assert job["timeout-minutes"]


def test_no_job_that_runs_the_code_of_a_pull_request_can_write_to_it() -> None:
    for name in NAMES:
        for job in workflow(name)["jobs"].values():
            if "pull-requests" in job["permissions"]:
                used = [step.get("uses", "") for step in job["steps"]]
                assert not [one for one in used if one.startswith("actions/checkout@")]
                assert "id-token" not in job["permissions"]


def test_only_a_tag_releases_and_no_job_that_installs_packages_can_sign() -> None:
    release = workflow("release.yml")

    assert events("release.yml") == {"push": {"tags": ["v*"]}}
    assert release["jobs"]["build"]["permissions"] == {"contents": "read"}
    for name in ("attest", "publish"):
        assert not [step for step in release["jobs"][name]["steps"] if "run" in step]
    assert release["jobs"]["publish"]["needs"] == "attest"
    assert release["jobs"]["publish"]["environment"] == "pypi"


def test_a_release_keeps_no_cache_that_an_earlier_run_could_have_filled() -> None:
    assert "cache" not in (FOLDER / "release.yml").read_text().replace("No cache here", "")


def test_the_published_plugins_are_tried_every_week_and_on_demand() -> None:
    described = workflow("published-plugins.yml")

    assert set(events("published-plugins.yml")) == {"workflow_dispatch", "schedule"}
    assert described["jobs"]["end-to-end"]["env"] == {"REHEARSAL_PLUGINS": "published"}
