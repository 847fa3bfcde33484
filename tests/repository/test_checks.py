"""`make lint`, pre-commit and the workflows run the same checks."""

import subprocess
from pathlib import Path

import yaml

from rehearsal.engine.layout import PROJECT

LINT_CHECKS = 5


def lint_commands() -> list[str]:
    """The recipe of `make lint`, without the virtual environment's folder."""
    recipe: list[str] = []
    inside = False
    for line in Path(PROJECT, "Makefile").read_text().splitlines():
        if inside and not line.startswith("\t"):
            break
        if inside:
            recipe.append(line.strip().replace("$(VENV)/", ""))
        inside = inside or line.startswith("lint:")
    return recipe


def hooks() -> list[dict[str, object]]:
    config = yaml.safe_load(Path(PROJECT, ".pre-commit-config.yaml").read_text())
    return [hook for repository in config["repos"] for hook in repository["hooks"]]


def test_pre_commit_runs_what_make_lint_runs_in_the_same_order() -> None:
    entries = [str(hook["entry"]).replace(".venv/bin/", "") for hook in hooks()]

    assert len(entries) == LINT_CHECKS
    assert entries == lint_commands()


def test_every_hook_checks_the_whole_tree_with_the_locked_tools() -> None:
    for hook in hooks():
        assert hook["language"] == "system", f"{hook['id']} would install versions of its own"
        assert hook["pass_filenames"] is False, f"{hook['id']} would see the changed files only"
        assert hook["always_run"] is True


def test_the_hooks_are_valid_for_pre_commit() -> None:
    done = subprocess.run(
        [Path(PROJECT, ".venv/bin/pre-commit"), "validate-config", ".pre-commit-config.yaml"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pull_request_runs_the_checks_through_make() -> None:
    workflow = yaml.safe_load(Path(PROJECT, ".github/workflows/tests.yml").read_text())
    commands = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]

    assert {"make test", "make coverage", "make docs"} <= set(commands), (
        "make test begins with lint"
    )
    assert not [text for text in commands if "ruff" in text or "pyright" in text]
