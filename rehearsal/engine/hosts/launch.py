"""Has a fork server start one of the engine's processes, and stands in for it towards the CLI.

Usage: python -I -S launch.py KIND PYTHON -u SCRIPT ARGUMENT...

The CLI knows this process: it gets the signals, and it ends when the forked one ends, with the same
status. Killing it kills the forked one. Without a server (REHEARSAL_FORK_SERVER) it becomes PYTHON.

Every command starts several of these, so it imports little: 12 ms instead of 200 to 700.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

SERVER_VARIABLE = "REHEARSAL_FORK_SERVER"
SESSION_VARIABLE = "REHEARSAL_SESSION"
STARTED = b"started\n"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Ask the server; on any trouble before the fork, start the interpreter as if it was none."""
    early: list[int] = []
    for number in SIGNALS:
        signal.signal(number, lambda number, _: early.append(number))
    kind, command = sys.argv[1], sys.argv[2:]
    server = os.environ.get(SERVER_VARIABLE)
    connection = _forked(os.path.join(server, kind), command) if server else None  # noqa: PTH118
    if connection is None:
        for number in early:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        os.execvp(command[0], command)  # noqa: S606 - what the CLI would have started
    for number in SIGNALS:
        signal.signal(number, lambda number, _: connection.send(bytes([number])))
    for number in early:
        connection.send(bytes([number]))
    # The forked process has these three now; what reads from it must not wait for us as well.
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    status = int(connection.recv(16) or b"1")
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def _forked(address: str, command: list[str]) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Whose processes these are, see core/processes.py; a forked process hands it on.
    session = os.environ.get(SESSION_VARIABLE) or str(os.getsid(0))
    fields = [os.getcwd(), str(os.getppid()), session, str(len(command)), *command]  # noqa: PTH109
    fields += [f"{name}={value}" for name, value in os.environ.items()]
    request = b"\0".join(map(os.fsencode, fields))
    try:
        connection.connect(address)
        socket.send_fds(connection, [len(request).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(request)
        if connection.recv(len(STARTED)) == STARTED:
            return connection
    except OSError:
        pass
    connection.close()
    return None


main()
