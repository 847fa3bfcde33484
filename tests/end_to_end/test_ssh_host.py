"""Activation and kmsuser by a program on a host of yours, reached by SSH."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rehearsal.emulator.client_host.ssh_host import SshHost, running_ssh_host
from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    config = {
        "activation": {"mode": "ssh"},
        "hsms": {"count": 2},
        "keyStore": {"abandonPendingKeys": True},
    }
    with rehearsed(layout, tmp_path_factory.mktemp("ssh"), config, speed=300) as stack:
        yield stack


@pytest.fixture(scope="module")
def host(stack: Rehearsed) -> Iterator[SshHost]:
    with running_ssh_host(stack.emulator.control) as host:
        for key, value in (
            ("client.ssh.address", host.address),
            ("client.ssh.port", str(host.port)),
            ("client.ssh.user", host.user),
            ("client.ssh.hostKey", host.host_key),
        ):
            stack.workspace.pulumi("config", "set", "--path", f"cloudhsm:{key}", value)
        private = ("--secret", "cloudhsm:sshPrivateKey", "--", host.private_key)
        stack.workspace.pulumi("config", "set", *private)
        yield host


def test_another_host_at_the_address_is_told_nothing(stack: Rehearsed, host: SshHost) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1VyYbqQ4Wm0Zk2m5p4cQ0m0yT8cJfWQnJbq0t1h2rB"
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:client.ssh.hostKey", other)
    shown = stack.up(check=False).output
    assert "ssh: handshake failed: ssh: host key mismatch" in shown
    assert stack.emulator.processes() == []
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:client.ssh.hostKey", host.host_key)


def test_up_goes_on_to_a_key_in_the_hsms(stack: Rehearsed, host: SshHost) -> None:
    stack.up()
    assert stack.workspace.outputs()["keyArn"].startswith("arn:aws:kms:")
    stack.up("--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_no_password_and_no_private_key_is_in_the_clear(stack: Rehearsed, host: SshHost) -> None:
    secrets = stack.emulator.client("secretsmanager")
    passwords = [
        secrets.get_secret_value(SecretId=one["Name"])["SecretString"]
        for one in secrets.list_secrets()["SecretList"]
    ]
    assert len(passwords) == 2
    places = [stack.export(), json.dumps(stack.emulator.processes())]
    for hidden in (*passwords, host.private_key.splitlines()[1]):
        assert not any(hidden in place for place in places)


def test_destroy_leaves_what_kms_keeps(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    left = {kind: ids for kind, ids in stack.emulator.resources().items() if ids}
    assert set(left) == {"key_stores", "backups", "log_groups"}
