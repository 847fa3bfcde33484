"""A server on loopback that answers boto3 as a test scripts it, and remembers what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server answers next; a status of 0 drops the connection without a word."""

    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass
class LoopbackAws:
    """Answers in order, the last one for ever; `asked` holds (operation, parameters)."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def script(self, *answers: Answer) -> None:
        self.answers[:] = answers

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def loopback_aws() -> Iterator[LoopbackAws]:
    """Starts the server on a free port and stops it, whatever happens in between."""
    aws = LoopbackAws()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parameters = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            aws.asked.append((self.headers["X-Amz-Target"].partition(".")[2], parameters))
            answer = aws.next_answer()
            if not answer.status:
                self.close_connection = True
                return
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        aws.url = f"http://127.0.0.1:{server.server_port}"
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refusal(code: str, message: str, status: int = 400) -> Answer:
    """An error as the JSON protocol writes it."""
    return Answer({"__type": code, "Message": message}, status)
