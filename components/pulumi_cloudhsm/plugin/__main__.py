"""The plugin's process: `pulumi-resource-cloudhsm ENGINE`, started by the engine.

It prints the port that it listens on, on loopback, and serves until the engine ends it.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from .engine import Engine
from .servicer import Servicer

_MAX_CALLS = 4096
"""A construction waits for calls about its resources, which this process answers, too. A small pool
could fill with constructions, and none would ever end."""
_ANSWER_SECONDS = 0.5
"""How long the answers to interrupted calls may take to leave the process."""
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves the package; ends the process."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-cloudhsm", description=__doc__)
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    # The engine gives further flags, for its own log.
    given, _ = parser.parse_known_args(arguments)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    engine = Engine(given.engine)
    engine.end_with_it()
    servicer = Servicer(version("pulumi-cloudhsm"), engine)
    server = grpc.server(ThreadPoolExecutor(_MAX_CALLS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    stopped.wait()
    servicer.cancel()
    server.stop(_ANSWER_SECONDS).wait()
    os._exit(0)


if __name__ == "__main__":
    main()
