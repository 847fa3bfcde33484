"""A stack gets another project, name, backend and passphrase, and AWS notices nothing. In order."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import Finished
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.pages import commands
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

PAGE = "docs/guides/move-a-stack.md"
ANOTHER = "another passphrase"
CONFIG = {"aws:region": "eu-central-1", "trust": {"keyBits": 2048}}


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(layout, tmp_path_factory.mktemp("moved"), CONFIG, speed=600) as stack:
        secret = ("config", "set", "--secret", "cloudhsm:caKeyPassphrase", "of the CA's key file")
        stack.workspace.pulumi(*secret)
        stack.up()
        yield stack


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_changed_at_aws(stack: Rehearsed) -> Iterator[None]:
    before, cluster = stack.changing_calls(), stack.cluster()
    yield
    assert stack.changing_calls() == before
    assert stack.cluster() == cluster


def vault(stack: Rehearsed) -> Path:
    """The folder of the other project."""
    return stack.workspace.folder / "vault"


def backend(stack: Rehearsed) -> dict[str, str]:
    """What `pulumi login BACKEND` comes to in a command of its own."""
    return {"PULUMI_BACKEND_URL": f"file://{stack.workspace.folder / 'backend'}"}


def now(stack: Rehearsed) -> dict[str, str]:
    """The backend and passphrase in the end."""
    return {**backend(stack), "PULUMI_CONFIG_PASSPHRASE": ANOTHER}


def at(stack: Rehearsed, folder: Path, *arguments: str, **env: str) -> Finished:
    """A command in a folder; what would ask is answered by options."""
    yes = ("--yes", "--skip-preview") if arguments[0] == "up" else ()
    return stack.workspace.pulumi(*arguments, *yes, "--cwd", str(folder), check=False, env=env)


def follow(stack: Rehearsed, heading: str, folder: Path, **env: str) -> Finished:
    """Does what the page says, beginning in a folder; gives the last command's end."""
    done = None
    for program, *arguments in commands(heading, PAGE):
        if program == "cp":
            shutil.copy(folder / arguments[0], folder / arguments[1])
        elif program == "cd":
            folder = folder / arguments[0]
        elif arguments[0] == "login":
            env = backend(stack)
        elif "change-secrets-provider" not in arguments:
            done = at(stack, folder, *arguments, **env)
            assert done.returncode == 0, done.output
    assert done is not None
    return done


def test_a_deployment_moves_into_another_project_without_a_change(stack: Rehearsed) -> None:
    shutil.copytree(
        stack.workspace.project,
        vault(stack),
        symlinks=True,
        ignore=shutil.ignore_patterns("certificates", "Pulumi.*.yaml", "__pycache__"),
    )
    project = vault(stack) / "Pulumi.yaml"
    project.write_text(re.sub(r"^name: .*", "name: vault", project.read_text(), flags=re.M))
    # The page's other project lies beside the first one, and so does ours.
    follow(stack, "Move a deployment into another project", stack.workspace.project)
    assert not (vault(stack) / "certificates").exists(), "nothing is written for no change"


def test_its_old_stack_is_told_not_to_make_a_second_one(stack: Rehearsed) -> None:
    refused = stack.workspace.pulumi("preview", check=False)
    assert refused.returncode != 0
    assert f"{stack.cluster()['ClusterId']} (INITIALIZED) has the names of this" in refused.output
    assert not has_trace(refused.output)
    stack.workspace.pulumi("stack", "rm", "dev", "--force", "--yes")


def test_a_state_moves_into_another_backend_without_a_change(stack: Rehearsed) -> None:
    (stack.workspace.folder / "backend").mkdir()
    follow(stack, "Move a state into another backend", vault(stack))
    assert "PRIVATE KEY" not in (vault(stack) / "state.json").read_text()


def test_another_passphrase_is_no_change(stack: Rehearsed) -> None:
    *_, change = commands("Move a state into another backend", PAGE)
    env = {**stack.workspace.environment, **backend(stack)}
    subprocess.run(
        [str(stack.workspace.layout.pulumi), *change[1:]],
        cwd=vault(stack),
        env=env,
        input=f"{ANOTHER}\n{ANOTHER}\n",
        text=True,
        check=True,
        capture_output=True,
    )
    assert at(stack, vault(stack), "up", **backend(stack)).returncode != 0
    done = at(stack, vault(stack), "up", "--expect-no-changes", **now(stack))
    assert done.returncode == 0, done.output
    drift = at(stack, vault(stack), "refresh", "--yes", "--expect-no-changes", **now(stack))
    assert drift.returncode == 0, drift.output


def test_a_rename_moves_certificate_files_and_nothing_else(stack: Rehearsed) -> None:
    shown = follow(stack, "Rename a stack", vault(stack), **now(stack)).output
    updated = set(re.findall(r"~\s+(\S+) \S+ updat", shown))
    assert {one.rpartition(":")[2] for one in updated} == {"CertificateFiles", "CaKeyFile"}
    assert not re.search(r"\d+ (creat|delet|replac)ed", shown), shown
    assert (vault(stack) / "certificates" / "live" / "customerCA.crt").exists()
    tags = {one["Key"]: one["Value"] for one in stack.cluster()["TagList"]}
    assert tags["pulumi-cloudhsm"] == "organization/cloudhsm/dev/cloudhsm-cluster"
