"""The life of a plugin process: listens on loopback, ends when told to or with its parent."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rehearsal.parent_watch import end_with_parent

if TYPE_CHECKING:
    from rehearsal.plugins.core.servicer import ProviderServicer

# A create may wait for hours in its own thread, and the engine runs as many as it likes at once.
MAX_CALLS_AT_ONCE = 256
# PEM walls and long lists are well below this; gRPC's default of 4 MiB is what could be in the way.
MAX_MESSAGE_BYTES = 400 * 1024 * 1024

_before_end: list[Callable[[], None]] = []


def run_plugin(servicer: Callable[[str], ProviderServicer]) -> None:
    """Serve ``servicer(engine address)`` until the process is told to end; never returns.

    The engine gives its address as the last argument and reads our port from the first line of
    stdout. SIGINT is how it ends its plugins: one that lingers costs the user ten seconds.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _end())
    end_with_parent(_end)
    # Imported only now: a signal during these slow imports would print a trace.
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from pulumi.runtime.proto import provider_pb2_grpc

    server = grpc.server(
        ThreadPoolExecutor(max_workers=MAX_CALLS_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
    )
    engine_address = sys.argv[-1] if len(sys.argv) > 1 else ""
    service = servicer(engine_address)
    service.package.import_modules_alone()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # While the engine is still busy connecting, load what the first call will need.
    threading.Thread(target=service.warm_up, name="warm-up", daemon=True).start()
    while True:
        time.sleep(3600)  # signal handlers run in this thread and end the process


def before_end(action: Callable[[], None]) -> None:
    """Have ``action`` called just before the process ends, for whatever reason but SIGKILL."""
    _before_end.append(action)


def _end() -> None:
    for action in _before_end:
        action()
    os._exit(0)  # no threads are waited for: a create may be in the middle of a long wait
