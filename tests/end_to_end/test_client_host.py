"""Activation and kmsuser by a program: through Systems Manager, and through SSH."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import stack_resources
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.iam import not_allowed
from tests.support.pages import commands, settings
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

CONFIG = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"abandonPendingKeys": True},
}
USES = ("client-host", "key-store")
SEEN: list[str] = []


def test_readme_and_guide_configure_what_is_tested_here() -> None:
    assert settings(commands("On AWS")[-4:]) == {
        "activation.mode": "ssm",
        "hsms.count": "2",
        "keyStore.keyAlias": "storage",
    }
    off = commands("Switch the client host off", "docs/guides/activate.md")
    assert settings(off) == {"client.host": "false"}


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(layout, tmp_path_factory.mktemp("ssm"), CONFIG, speed=240) as stack:
        yield stack


def up(stack: Rehearsed, *arguments: str, check: bool = True) -> str:
    SEEN.append(stack.up(*arguments, check=check).output)
    return SEEN[-1]


def test_a_refused_activation_stops_up_with_what_to_do(stack: Rehearsed) -> None:
    stack.emulator.set_fault("activation_refused", message="Internal error 17.")
    shown = up(stack, check=False)
    assert "Internal error 17." in shown, shown
    assert "the HSM refused it" in shown
    assert not has_trace(shown)


def test_a_host_that_an_interrupted_run_left_is_taken_over_and_kms_missing_a_user_is_told(
    stack: Rehearsed,
) -> None:
    """As after a kill -9 between RunInstances and its answer: AWS has it, the state has not."""
    (urn,) = [
        one["urn"]
        for one in stack_resources(stack.workspace)
        if one["type"] == "aws:ec2/instance:Instance"
    ]
    stack.workspace.pulumi("state", "delete", "--yes", urn)
    stack.emulator.set_fault("key_store_connection", code="USER_NOT_FOUND")
    shown = up(stack, check=False)
    assert stack.calls("RunInstances") == 1
    assert "imported" in shown
    assert "activated" in shown
    assert "made on 2 HSMs" in shown
    assert "`pulumi up --refresh` makes it where it is missing" in shown
    stack.emulator.set_fault("kmsuser_missing")


def test_the_next_up_mends_that_and_goes_on_to_a_key_in_the_hsms(stack: Rehearsed) -> None:
    stack.emulator.set_fault("drop_after_write", service="ssm", operation="SendCommand")
    sent = stack.accepted("SendCommand")
    shown = up(stack, "--refresh")
    assert "looking whether AWS carried it out" in shown
    assert stack.accepted("SendCommand") == sent + 1, "a lost answer is not answered by a second"
    assert "made on 2 HSMs" in shown
    assert stack.workspace.outputs()["keyArn"].startswith("arn:aws:kms:")
    up(stack, "--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_growing_looks_at_kmsuser_again(stack: Rehearsed) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "4")
    stack.emulator.set_fault("throttle", service="ssm", operation="SendCommand", count=1)
    assert "found on all 4 HSMs" in up(stack)


def test_the_client_host_may_go_and_has_to_come_back_to_grow(stack: Rehearsed) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:client.host", "false")
    up(stack)
    left = stack.emulator.resources()
    assert not [*left["instances"], *left["nat_gateways"], *left["addresses"]]
    up(stack, "--expect-no-changes")
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "5")
    assert "client.host" in up(stack, check=False)
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "2")
    up(stack)
    assert len(stack.cluster()["Hsms"]) == 2


def test_every_call_is_in_the_policies_for_a_client_host_and_a_key_store(stack: Rehearsed) -> None:
    assert not_allowed(stack.emulator.log(), *USES) == set()


def test_the_passwords_are_nowhere_but_in_their_secrets(stack: Rehearsed) -> None:
    secrets = stack.emulator.client("secretsmanager")
    passwords = [
        secrets.get_secret_value(SecretId=one["Name"])["SecretString"]
        for one in secrets.list_secrets()["SecretList"]
    ]
    assert [len(password) for password in passwords] == [32, 32]
    ssm = stack.emulator.client("ssm")
    history = json.dumps(ssm.list_command_invocations(Details=True), default=str)
    assert "cluster activate" in history or "activated" in history
    places = [
        stack.export(),
        json.dumps(stack.emulator.log()),
        json.dumps(stack.emulator.processes()),
        history,
        *SEEN,
    ]
    for password in passwords:
        assert not any(password in place for place in places)
        for file in stack.workspace.folder.rglob("*"):
            if file.is_file() and ".venv" not in file.parts:
                assert password.encode() not in file.read_bytes(), file


LOST = {
    "cloudhsmv2": ("DeleteHsm", "DeleteCluster"),
    "ec2": ("DeleteSubnet",),
    "kms": ("DeleteAlias", "ScheduleKeyDeletion", "DisconnectCustomKeyStore"),
    "secretsmanager": ("DeleteSecret",),
}


def test_destroy_leaves_what_kms_keeps_and_secrets_that_can_be_restored(stack: Rehearsed) -> None:
    """Though the first answer to each of these is lost: a further destroy goes on."""
    for service, operations in LOST.items():
        for operation in operations:
            stack.emulator.set_fault("drop_after_write", service=service, operation=operation)
    before = len(stack.emulator.log())
    runs = [stack.workspace.pulumi("destroy", "--yes", "--skip-preview", check=False)]
    while runs[-1].returncode and len(runs) < 4:
        runs.append(stack.workspace.pulumi("destroy", "--yes", "--skip-preview", check=False))
    assert not runs[-1].returncode, runs[-1].output
    shown = "".join(one.output for one in runs)
    assert "restore-secret" in shown
    lost = [one.get("operation") for one in stack.emulator.faults() if one["struck"]]
    assert set(lost) >= {one for operations in LOST.values() for one in operations}
    assert not_allowed(stack.emulator.log()[before:], *USES) == set()
    left = {kind: ids for kind, ids in stack.emulator.resources().items() if ids}
    assert set(left) == {"key_stores", "backups", "log_groups"}
