"""A file system under a KMS key on the real engine: failed, adopted, kept, gone. In order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.end_to_end.test_crashes import kill_when
from tests.support.iam import not_allowed
from tests.support.pages import commands, settings
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

SECRET = "fsxadmin-of-the-vault"
PASSWORD = "Pw" + secrets.token_hex(10)
REASON = "The subnet has no free address."
CONFIG = {"fileSystem": {"passwordSecret": SECRET}}
SEEN: list[str] = []


def test_the_guide_configures_what_is_tested_here() -> None:
    *listed, up, output = commands("Add a file system", "docs/guides/file-system.md")
    assert settings(listed) == {"fileSystem.passwordSecret": "NAME"}
    assert (up, output) == (["pulumi", "up"], ["pulumi", "stack", "output", "mountCommands"])


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    # The key is any of KMS here: that the key store's works the same shows the demo.
    with rehearsed(layout, tmp_path_factory.mktemp("files"), CONFIG, speed=300) as stack:
        stack.emulator.client("secretsmanager").create_secret(Name=SECRET, SecretString=PASSWORD)
        set_key(stack, new_key(stack))
        yield stack


def new_key(stack: Rehearsed) -> str:
    kms = stack.emulator.client("kms", region="eu-central-1")
    return kms.create_key()["KeyMetadata"]["Arn"]


def set_key(stack: Rehearsed, arn: str) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:fileSystem.keyArn", arn)


def up(stack: Rehearsed, *arguments: str, check: bool = True) -> str:
    SEEN.append(stack.up(*arguments, check=check).output)
    return SEEN[-1]


def systems(stack: Rehearsed) -> list[dict[str, Any]]:
    return stack.emulator.client("fsx").describe_file_systems()["FileSystems"]


def test_a_key_that_cannot_be_used_is_said_before_fsx_is_asked(stack: Rehearsed) -> None:
    kms = stack.emulator.client("kms", region="eu-central-1")
    key = kms.list_keys()["Keys"][0]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    shown = up(stack, check=False)
    assert "is PendingDeletion, so no file system can be made: cancel that" in shown
    assert not has_trace(shown)
    assert stack.calls("CreateFileSystem") == 0
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)


def test_a_failure_ends_the_wait_at_once_with_the_reason_and_the_way_on(stack: Rehearsed) -> None:
    stack.emulator.set_fault("file_system_fails", message=REASON)
    shown = up(stack, check=False)
    (failed,) = systems(stack)
    assert failed["Lifecycle"] == "FAILED"
    assert f"AWS said: {REASON}" in shown
    way_on = f"aws fsx delete-file-system --file-system-id {failed['FileSystemId']}"
    assert way_on in shown
    assert not has_trace(shown)
    # What the line says, done.
    stack.emulator.client("fsx").delete_file_system(FileSystemId=failed["FileSystemId"])
    while systems(stack):
        pass


def test_killed_while_aws_makes_it_the_next_up_adopts_it(stack: Rehearsed) -> None:
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview")
    # AWS has to be at work still when the next run looks, on a slow machine, too.
    stack.emulator.configure(speed=60)
    kill_when(stack, lambda stack: [one["Lifecycle"] for one in systems(stack)] == ["CREATING"])
    stack.workspace.pulumi("cancel", "--yes")
    shown = up(stack)
    stack.emulator.configure(speed=300)
    assert "left by an interrupted run" in shown
    assert stack.accepted("CreateFileSystem") == 2, "the failed one, and this one"
    (system,) = systems(stack)
    outputs = stack.workspace.outputs()
    assert outputs["fileSystemId"] == system["FileSystemId"]
    host = outputs["fileSystemEndpoints"]["nfs"]
    assert outputs["mountCommands"]["data"].endswith(f"{host}:/data /mnt/data")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def test_a_second_up_and_a_refresh_find_nothing_to_do(stack: Rehearsed) -> None:
    up(stack, "--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_new_password_in_the_secret_is_drift_that_up_brings_over(stack: Rehearsed) -> None:
    """Through a throttle that outlasts boto3's own tries, and a lost answer."""
    for kind, count in (("throttle", 5), ("drop_after_write", 1)):
        stack.emulator.set_fault(kind, service="fsx", operation="UpdateFileSystem", count=count)
    before = stack.accepted("UpdateFileSystem")
    stack.emulator.client("secretsmanager").put_secret_value(
        SecretId=SECRET, SecretString=PASSWORD + "2"
    )
    shown = up(stack, "--refresh")
    assert stack.accepted("UpdateFileSystem") == before + 2, f"the lost one and the next: {shown}"
    up(stack, "--expect-no-changes")


def test_another_key_is_refused_and_the_data_stays(stack: Rehearsed) -> None:
    arn = systems(stack)[0]["KmsKeyId"]
    set_key(stack, new_key(stack))
    stack.workspace.pulumi("config", "set", "cloudhsm:disposable", "false")
    refused = up(stack, check=False)
    assert f"is encrypted under {arn}, which can never be changed" in refused
    assert "1 errored" in refused
    assert [system["KmsKeyId"] for system in systems(stack)] == [arn]
    stack.workspace.pulumi("config", "set", "cloudhsm:disposable", "true")
    set_key(stack, arn)
    up(stack)


def test_the_password_is_nowhere_but_in_the_secret(stack: Rehearsed) -> None:
    for text in (stack.export(), json.dumps(stack.emulator.log()), *SEEN):
        assert PASSWORD not in text
    for file in stack.workspace.folder.rglob("*"):
        if file.is_file() and ".venv" not in file.parts:
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_destroy_takes_volumes_first_and_leaves_nothing(stack: Rehearsed) -> None:
    before = len(stack.emulator.log())
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert not_allowed(stack.emulator.log()[before:], "file-system") == set()
    gone = [call for call in stack.changing_calls() if call.startswith("Delete")]
    order = ["DeleteVolume", "DeleteStorageVirtualMachine", "DeleteFileSystem"]
    assert [call for call in gone if call in order][-3:] == order
    assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}
