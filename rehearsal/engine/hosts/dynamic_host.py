"""Pulumi's host for dynamic providers, with the manners of the rehearsal.

Runs the SDK's own `pulumi.dynamic` unchanged in the program's interpreter and adds what it lacks.
It ends with its parent and leaves no KeyboardInterrupt trace in the user's diagnostics. On Ctrl-C a
create that may take half an hour fails at once with one line.

Usage: python -u dynamic_host.py ENGINE_ADDRESS, with the program's folder as working directory.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

# A script's own folder is first on sys.path; parent_watch.py lies two folders above it.
sys.path[0] = str(Path(__file__).resolve().parents[2])
from parent_watch import end_with_parent  # noqa: E402

# Neither stays: all other names belong to the program.
del sys.path[0], sys.modules["parent_watch"]

if TYPE_CHECKING:
    from google.protobuf.empty_pb2 import Empty
    from google.protobuf.message import Message
    from grpc import Server, ServicerContext
    from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

    Method = Callable[[Message, ServicerContext], Message]

INTERRUPTED = "interrupted; what AWS was asked for goes on there: run `pulumi up` again to go on"
ANSWER_SECONDS = 0.3  # the engine's SIGINT follows its Cancel at once
INTERRUPTIBLE = ("Create", "Update", "Delete", "Read")


class Interruption:
    """Lets calls that wait for AWS end when the engine cancels the deployment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._waiting: set[threading.Event] = set()

    def cancel(self) -> None:
        """End every call under way, and those to come, with INTERRUPTED."""
        with self._lock:
            self._cancelled = True
            for event in self._waiting:
                event.set()

    def exit(self) -> None:
        """End the process; answers to cancelled calls get the time to leave it."""
        if not self._cancelled and not self._waiting:
            os._exit(0)
        self.cancel()
        threading.Timer(ANSWER_SECONDS, os._exit, (0,)).start()

    def guard(self, method: Method, request: Message, context: ServicerContext) -> Message:
        """Call `method` in a thread of its own, and stop waiting for it on `cancel`."""
        import grpc

        done_or_cancelled = threading.Event()
        results: list[Message] = []
        failures: list[BaseException] = []

        def work() -> None:
            try:
                results.append(method(request, context))
            except BaseException as error:
                failures.append(error)
            finally:
                done_or_cancelled.set()

        with self._lock:
            self._waiting.add(done_or_cancelled)
            if self._cancelled:
                done_or_cancelled.set()
            else:
                threading.Thread(target=work, daemon=True).start()
        done_or_cancelled.wait()
        with self._lock:
            self._waiting.discard(done_or_cancelled)
        if failures:
            raise failures[0]
        if not results:
            context.abort(grpc.StatusCode.CANCELLED, INTERRUPTED)
        return results[0]


def make_interruptible(servicer: ResourceProviderServicer, interruption: Interruption) -> None:
    """Give the SDK's servicer a Cancel that works; the published one ignores it."""
    from google.protobuf import empty_pb2

    def guarded(method: Method) -> Method:
        return lambda request, context: interruption.guard(method, request, context)

    def cancel(request: Message, context: ServicerContext) -> Empty:  # noqa: ARG001
        interruption.cancel()
        return empty_pb2.Empty()

    for name in INTERRUPTIBLE:
        setattr(servicer, name, guarded(getattr(servicer, name)))
    servicer.Cancel = cancel


def main() -> None:
    """Serve dynamic providers until the engine or the parent ends us."""
    interruption = Interruption()
    signal.signal(signal.SIGINT, lambda *_: interruption.exit())
    signal.signal(signal.SIGTERM, lambda *_: interruption.exit())
    end_with_parent()

    from pulumi.runtime.proto import provider_pb2_grpc

    register = provider_pb2_grpc.add_ResourceProviderServicer_to_server

    def register_interruptible(servicer: ResourceProviderServicer, server: Server) -> None:
        make_interruptible(servicer, interruption)
        register(servicer, server)

    provider_pb2_grpc.add_ResourceProviderServicer_to_server = register_interruptible
    sys.path.insert(0, "")  # as `python -m` has it: the program's folder
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
