"""A command over SSH: who is spoken to, and how often a connection is tried."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncssh
import pytest

from tests.rehearsal.plugins.driver import Plugin, RefusedError

REMOTE = "command:remote:Command"


@dataclass
class Host:
    """An SSH server on loopback that counts who connects."""

    host_key: Any = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    client_key: Any = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    connections: int = 0
    port: int = 0

    def connection(self, host_key: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": "ec2-user",
            "hostKey": host_key.export_public_key().decode().strip(),
            "privateKey": self.client_key.export_private_key().decode(),
        }

    async def listen(self) -> asyncssh.SSHAcceptor:
        host = self

        class Server(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                host.connections += 1

        def serve(process: asyncssh.SSHServerProcess[str]) -> None:
            process.stdout.write(f"ran {process.command}\n")
            process.exit(0)

        authorized = asyncssh.import_authorized_keys(self.client_key.export_public_key().decode())
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Server,
            server_host_keys=[self.host_key],
            authorized_client_keys=authorized,
            process_factory=serve,
        )


@pytest.fixture
def host() -> Iterator[Host]:
    made, loop = Host(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(made.listen(), loop).result(10)
    made.port = listening.get_port()
    yield made
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_the_host_with_the_key_that_was_given_runs_the_command(command: Plugin, host: Host) -> None:
    inputs = {"connection": host.connection(host.host_key), "create": "true"}
    assert command.create(REMOTE, inputs)[1]["stdout"] == "ran true"
    assert host.connections == 1


def test_a_host_with_another_key_is_tried_ten_times_and_runs_nothing(
    command: Plugin, host: Host
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    inputs = {"connection": host.connection(other), "create": "true"}
    with pytest.raises(RefusedError) as refused:
        command.create(REMOTE, inputs)
    assert str(refused.value) == "ssh: handshake failed: ssh: host key mismatch"
    assert host.connections == 10
    inputs["connection"]["dialErrorLimit"] = 2
    with pytest.raises(RefusedError, match="host key mismatch"):
        command.create(REMOTE, inputs)
    assert host.connections == 12
