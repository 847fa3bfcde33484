"""A client host that is reached by SSH: on loopback, with a key of its own and one user."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncssh

from rehearsal.emulator.client_host.machine import Machine

USER = "ec2-user"


@dataclass(frozen=True)
class SshHost:
    """Where the host is, and how one gets in.

    ``host_key`` is its public key as in a known_hosts file, ``private_key`` the user's (OpenSSH).
    """

    address: str
    port: int
    host_key: str
    user: str
    private_key: str


@contextmanager
def running_ssh_host(control: str) -> Iterator[SshHost]:
    """Run a host until the block is left.

    Args:
        control: address of the emulator's control interface.
    """
    machine = Machine(control)
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="ssh-host", daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        authorized = asyncssh.import_authorized_keys(client_key.export_public_key().decode())
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=authorized,
            process_factory=lambda process: _serve(process, machine),
            encoding=None,
        )

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield SshHost(
            "127.0.0.1",
            listening.get_port(),
            host_key.export_public_key().decode().strip(),
            USER,
            client_key.export_private_key().decode(),
        )
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        machine.end()


async def _serve(process: Any, machine: Machine) -> None:  # noqa: ANN401 - generic in asyncssh
    """Run one command with the channel's standard input and outputs."""
    child = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        process.command or "true",
        cwd=machine.root,
        env=dict(machine.environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    given = await process.stdin.read()
    out, err = await child.communicate(given)
    process.stdout.write(out)
    process.stderr.write(err)
    process.exit(child.returncode or 0)
