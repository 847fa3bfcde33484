"""Starts the engine's Python processes as forks of processes that have loaded their modules.

Every command of the CLI starts a language host, the program, the host for dynamic providers and up
to three plugins, and ends them again. Most of what they do is importing. Here each kind of process
has a template that imports once, and `launch.py` asks it for a fork. A fork is a process of its
own with its own environment, folder and streams; only imported modules are shared.

No template holds a module of the program or of its package: edits of them count at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import runpy
import select
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from rehearsal.engine.core.processes import name_after
from rehearsal.engine.hosts.preloading import PRELOADED
from rehearsal.parent_watch import PARENT_VARIABLE

# As in launch.py, which imports nothing of ours.
STARTED = b"started\n"
SESSION_VARIABLE = "REHEARSAL_SESSION"
REQUEST_SECONDS = 5.0
READY = "ready"
# Without the clone, which start.py has put first.
PATHS = sys.path[1:]


class Request:
    """What a launcher asks for.

    Attributes:
        streams: file descriptors for stdin, stdout and stderr.
        session: the session of the CLI that it is for.
        arguments: the script and its arguments.

    Raises:
        ValueError: a fork cannot be that, or the launcher has gone.
        OSError: the launcher does not speak in time.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(REQUEST_SECONDS)
        header, self.streams, _, _ = socket.recv_fds(connection, 8, 3)
        try:
            self._read(_exactly(connection, int.from_bytes(header, "big")))
        except BaseException:
            self.close()
            raise
        connection.settimeout(None)

    def _read(self, text: bytes) -> None:
        self.folder, parent, session, count, *words = map(os.fsdecode, text.split(b"\0"))
        python, *arguments = words[: int(count)]
        self.session = int(session)
        while arguments and arguments[0].startswith("-"):  # the template has the same
            arguments.pop(0)
        self.arguments = arguments
        self.environment = dict(setting.split("=", 1) for setting in words[int(count) :])
        if _read_at_start(self.environment) != _read_at_start(os.environ):
            raise ValueError("other settings of the interpreter")
        # The folders, since the python in a virtual environment is a link to one outside.
        if Path(self.folder, python).parent.resolve() != Path(sys.executable).parent.resolve():
            raise ValueError("another interpreter")
        self.environment |= {PARENT_VARIABLE: parent, SESSION_VARIABLE: session}

    def close(self) -> None:
        """Give up the streams, which the fork has now."""
        for stream in self.streams:
            os.close(stream)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in environment if name.startswith("PYTHON")}


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise ValueError("the launcher has gone")
        received += part
    return bytes(received)


class Template:
    """A process with the modules of one kind, which forks whenever a launcher asks for it."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._launchers: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._fork)
        self._selector.register(os.pidfd_open(os.getppid()), selectors.EVENT_READ, self._end)

    def serve(self) -> NoReturn:
        """Fork until the server ends."""
        gc.collect()
        gc.freeze()  # a collection in a fork would copy every page of what is shared
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _fork(self) -> None:
        connection, _ = self._listener.accept()
        try:
            request = Request(connection)
        except (OSError, ValueError):
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            connection.close()
            self._forget()
            _run(request)
        request.close()
        self._launchers[pid] = connection
        ended = os.pidfd_open(pid)
        self._selector.register(ended, selectors.EVENT_READ, partial(self._report, pid, ended))
        self._selector.register(connection, selectors.EVENT_READ, partial(self._obey, pid))
        with contextlib.suppress(OSError):
            connection.sendall(STARTED)

    def _obey(self, pid: int) -> None:
        """Pass a signal on; a launcher that was killed takes its process along."""
        connection = self._launchers.get(pid)
        if connection is None:  # its process has ended in the same moment
            return
        try:
            number = connection.recv(1)
        except OSError:
            number = b""
        if not number:
            self._selector.unregister(connection)
        os.kill(pid, number[0] if number else signal.SIGKILL)

    def _report(self, pid: int, ended: int) -> None:
        _, status = os.waitpid(pid, 0)
        self._selector.unregister(ended)
        os.close(ended)
        connection = self._launchers.pop(pid)
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection)
        with contextlib.suppress(OSError):
            connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        connection.close()

    def _forget(self) -> None:
        for connection in (self._listener, *self._launchers.values()):
            connection.close()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
        self._selector.close()

    def _end(self) -> NoReturn:
        for pid in self._launchers:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)


def _run(request: Request) -> NoReturn:
    """Become what was asked for: in a fork, whose end this is."""
    code: Any = 1
    try:
        name_after(request.session)
        for number, stream in enumerate(request.streams):
            os.dup2(stream, number)
        request.close()
        os.chdir(request.folder)
        os.environ.clear()
        os.environ.update(request.environment)
        sys.argv[:] = request.arguments
        sys.path[:] = [str(Path(request.arguments[0]).parent), *PATHS]
        runpy.run_path(request.arguments[0], run_name="__main__")
        code = 0
    except SystemExit as exit_:
        code = exit_.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def main(folder: Path) -> NoReturn:
    """Make each kind's template when it is first asked for; end with the starter."""
    parent = os.pidfd_open(os.getppid())
    listeners: dict[int, tuple[str, socket.socket]] = {}
    poll = select.poll()
    poll.register(parent, select.POLLIN)
    for kind in PRELOADED:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(folder / kind))
        listener.listen(64)
        listeners[listener.fileno()] = kind, listener
        poll.register(listener, select.POLLIN)
    print(READY, flush=True)
    while True:
        for number, _ in poll.poll():
            if number == parent:
                os._exit(0)
            kind, listener = listeners.pop(number)
            poll.unregister(number)
            if os.fork() == 0:
                os.close(parent)
                for _, other in listeners.values():
                    other.close()
                _become_template(kind, listener)
            listener.close()


def _become_template(kind: str, listener: socket.socket) -> NoReturn:
    try:
        os.dup2(0, 1)  # what the starter reads from is the server's
        PRELOADED[kind]()
        Template(listener).serve()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
