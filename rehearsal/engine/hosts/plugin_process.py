"""A plugin as a child process, whose output goes to the engine message by message."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import IO

BYTES_OF_A_MESSAGE = 65536

Chunk = tuple[str, bytes]
"""Name of the stream, `stdout` or `stderr`, and what came of it."""


class PluginProcess:
    """A running plugin."""

    def __init__(
        self, command: Sequence[str], folder: str | None, environment: Mapping[str, str]
    ) -> None:
        """Starts it.

        Args:
            command: program and arguments.
            folder: working folder; ours when left out.
            environment: all of its environment variables.

        Raises:
            OSError: it cannot be started.
        """
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self) -> None:
        """Kills it, if it still runs, and leaves nothing of it."""
        self._process.kill()
        self._process.wait()

    def output(self) -> Iterator[Chunk]:
        """What it prints, as it comes; ends when both streams have ended."""
        chunks: SimpleQueue[Chunk] = SimpleQueue()
        streams = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        for name, stream in streams.items():
            arguments = (stream, name, chunks.put)
            threading.Thread(target=_read, args=arguments, name=name, daemon=True).start()
        left = len(streams)
        while left:
            chunk = chunks.get()
            if chunk[1]:
                yield chunk
            else:
                left -= 1

    def wait(self) -> int:
        """Waits for its end and gives the exit status."""
        return self._process.wait()


def _read(stream: IO[bytes], name: str, put: Callable[[Chunk], None]) -> None:
    """Hands on what comes; an empty chunk is the end."""
    with stream:
        while True:
            data = stream.read1(BYTES_OF_A_MESSAGE)  # pyright: ignore[reportAttributeAccessIssue]
            put((name, data))
            if not data:
                return
