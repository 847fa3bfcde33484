"""A workspace runs the unchanged program and leaves working tree and user alone."""

from pathlib import Path

import pytest
import yaml

from rehearsal.engine.core.environment import aws_variables, without_the_users_own
from rehearsal.engine.workspace import Workspace
from tests.rehearsal.engine.conftest import PROGRAMS, MakeWorkspace

pytestmark = pytest.mark.engine


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_programs_folder_stays_as_it_was(make_workspace: MakeWorkspace) -> None:
    before = content_of(PROGRAMS / "tiny")
    workspace = make_workspace(config={"seconds": 0.2})
    workspace.pulumi("config", "set", "--secret", "password", "x")

    assert content_of(PROGRAMS / "tiny") == before
    copy = yaml.safe_load((workspace.project / "Pulumi.dev.yaml").read_text())
    assert "encryptionsalt" in copy, "the salt belongs into the copy"


def test_config_is_merged_into_the_copy_with_nested_values(make_workspace: MakeWorkspace) -> None:
    nested = [{"pem": "-----BEGIN\nline\n", "sha256": "ab" * 32}]
    workspace = make_workspace(config={"nested": nested, "aws:region": "eu-central-1"})
    workspace.pulumi("up", "--yes", "--skip-preview")

    assert workspace.outputs()["nested"] == nested
    assert workspace.outputs()["names"] == ["kept"], "the stack file's own config must stay"
    assert workspace.pulumi("config", "get", "aws:region").stdout.strip() == "eu-central-1"


def test_a_workspace_made_again_starts_from_nothing(make_workspace: MakeWorkspace) -> None:
    first = make_workspace()
    first.pulumi("up", "--yes", "--skip-preview")
    (first.project / "left-over").write_text("x")

    again = make_workspace()

    assert not (again.project / "left-over").exists()
    assert "+ 2 to create" in again.pulumi("preview").output


def test_the_users_home_stays_empty(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace()
    workspace.pulumi("up", "--yes", "--skip-preview")

    assert list(Path(workspace.environment["HOME"]).iterdir()) == []


def test_the_users_logins_do_not_reach_a_rehearsal(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-users-own")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.example.com")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "users-own")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "users-own")
    workspace = make_workspace()
    workspace.point_at_emulator("http://127.0.0.1:9", "eu-central-1")

    environment = workspace.environment

    assert "users-own" not in " ".join(environment.values())
    assert "AWS_PROFILE" not in environment
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert Path(environment["AWS_SHARED_CREDENTIALS_FILE"]).read_text() == ""
    whoami = workspace.pulumi("whoami", "--verbose").output
    assert f"file://{workspace.state}" in whoami


def test_nothing_of_pulumi_or_aws_is_inherited() -> None:
    users = {"PULUMI_HOME": "a", "AWS_PROFILE": "b", "VIRTUAL_ENV": "c", "LANG": "C.UTF-8"}

    assert without_the_users_own(users) == {"LANG": "C.UTF-8"}
    assert "AWS_PROFILE" not in aws_variables("http://127.0.0.1:9", "us-east-1", Path("empty"))


def test_a_folder_with_spaces_works(make_workspace: MakeWorkspace, tmp_path: Path) -> None:
    layout = make_workspace().layout
    workspace = Workspace.create(layout, PROGRAMS / "tiny", tmp_path / "a folder with spaces")

    workspace.pulumi("up", "--yes", "--skip-preview")

    assert workspace.outputs()["dream"] == "hello"
