"""`command.remote.Command`: runs a command over SSH; only on this machine's loopback."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from rehearsal.plugins.command.resource import UPDATABLE, CommandResource
from rehearsal.plugins.core.failures import CheckFailure, ProviderError, one_line
from rehearsal.plugins.core.loopback import is_loopback
from rehearsal.plugins.core.refusals import not_supported
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

SUPPORTED = frozenset({"host", "port", "user", "privateKey", "hostKey"})
DIAL_ERROR_LIMIT = 10
"""Tries to connect, without a word of the program (published plugin: `dialErrorLimit`)."""
DIAL_PAUSE_SECONDS = 0.1
"""Between two tries. The published plugin takes 11 s for ten tries; a rehearsal runs faster."""


class _NotConnectedError(ProviderError):
    """No connection came about; the command did not begin."""


class RemoteCommand(CommandResource):
    """A command of another machine."""

    token = "command:remote:Command"  # noqa: S105 - a type token
    # A change of `triggers` updates with `update` given; without, the published plugin replaces.
    updatable: ClassVar = UPDATABLE | {"connection", "triggers"}

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse ways to connect that only the published plugin can go."""
        connection = inputs.get("connection")
        if not isinstance(connection, dict):
            return []
        given = connection.keys() - {"dialErrorLimit", "perDialTimeout"}
        return not_supported(sorted(given - SUPPORTED), "command", resource, "connection.")

    def create(self, call: Call, inputs: Properties) -> Made:
        """Run `create`, if there is one."""
        return Made(self.new_identifier(call), self._after(call, inputs.get("create"), inputs))

    def update(
        self, call: Call, identifier: str, old: Properties, inputs: Properties
    ) -> Properties:
        """Run `update`, without it `create`."""
        del identifier, old
        return self._after(call, inputs.get("update") or inputs.get("create"), inputs)

    def delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Run `delete`, if there is one."""
        del identifier
        self._after(call, old.get("delete"), old)

    def _after(self, call: Call, command: str | None, inputs: Properties) -> Properties:
        outputs = {**self.echoed(inputs), "stdout": "", "stderr": ""}
        if command is None:
            return outputs
        code, out, err = asyncio.run(_tried(inputs["connection"], command, inputs.get("stdin")))
        for line in (out + err).splitlines():
            call.log(line)
        if code != 0:
            raise ProviderError(
                f'Process exited with status {code}: running "{command}":\n{out}{err}'
            )
        return outputs | {"stdout": out.removesuffix("\n"), "stderr": err.removesuffix("\n")}


async def _tried(
    connection: dict[str, Any], command: str, stdin: str | None
) -> tuple[int, str, str]:
    """Try again where no connection comes about, whatever the reason, as the published plugin."""
    tries = max(1, int(connection.get("dialErrorLimit") or DIAL_ERROR_LIMIT))
    for _ in range(tries - 1):
        try:
            return await _run(connection, command, stdin)
        except _NotConnectedError:
            await asyncio.sleep(DIAL_PAUSE_SECONDS)
    return await _run(connection, command, stdin)


async def _run(connection: dict[str, Any], command: str, stdin: str | None) -> tuple[int, str, str]:
    import asyncssh

    host, port = connection["host"], int(connection.get("port") or 22)
    if not is_loopback(f"http://{host}:{port}"):
        raise ProviderError(
            f"{host} is not on this machine's loopback, and this stand-in for the command plugin "
            "connects to nothing else: use the published plugins for a real host"
        )
    known = None
    if connection.get("hostKey"):
        known = asyncssh.import_known_hosts(f"[{host}]:{port} {connection['hostKey']}\n")
    try:
        opened = await asyncssh.connect(
            host,
            port,
            username=connection.get("user") or "root",
            client_keys=[asyncssh.import_private_key(connection["privateKey"])],
            known_hosts=known,
            config=None,
            agent_path=None,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise _NotConnectedError("ssh: handshake failed: ssh: host key mismatch") from error
    except (OSError, asyncssh.Error) as error:
        raise _NotConnectedError(f"ssh: handshake failed: {one_line(error)}") from error
    try:
        done = await opened.run(command, input=stdin or "")
    except (OSError, asyncssh.Error) as error:
        raise ProviderError(f'{one_line(error)}: running "{command}":') from error
    finally:
        opened.close()
        await opened.wait_closed()
    return done.exit_status or 0, str(done.stdout), str(done.stderr)
