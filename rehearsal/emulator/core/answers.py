"""HTTP answers: results and errors in the form each protocol of AWS has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from rehearsal.emulator.core.errors import ServiceError

StartResponse = Any  # wsgiref's type has optional arguments that no caller here needs


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request."""
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", self.headers)
        return [self.body]

    def error_code(self) -> str:
        """ "ok", or the error code as AWS's clients read it."""
        if self.status < HTTPStatus.BAD_REQUEST:
            return "ok"
        text = self.body.decode(errors="replace")
        for pattern in (r"<Code>([^<]+)</Code>", r'"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"'):
            found = re.search(pattern, text)
            if found:
                return found[1]
        return f"HTTP {self.status}"


def json_result(result: Mapping[str, Any], request_id: str) -> Answer:
    """A result in JSON 1.1; timestamps are numbers already."""
    return _answer(200, json.dumps(result), "application/x-amz-json-1.1", request_id)


def xml_result(text: str, request_id: str) -> Answer:
    """A result of a service that speaks XML."""
    return _answer(200, text, "text/xml", request_id)


def error(refusal: ServiceError, style: str, request_id: str) -> Answer:
    """An error in the style "json", "query" or "ec2"."""
    code, message = escape(refusal.code), escape(refusal.message)
    if style == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            f"</Errors><RequestID>{request_id}</RequestID></Response>"
        )
        return _answer(refusal.status, text, "text/xml", request_id)
    if style == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId>"
            "</ErrorResponse>"
        )
        return _answer(refusal.status, text, "text/xml", request_id)
    # The service's own exceptions have "Message", those of AWS's front door "message";
    # botocore reads both, other SDKs the one their model names.
    name = "Message" if refusal.code.startswith("CloudHsm") else "message"
    text = json.dumps({"__type": refusal.code, name: refusal.message})
    return _answer(refusal.status, text, "application/x-amz-json-1.1", request_id)


def _answer(status: int, text: str, content_type: str, request_id: str) -> Answer:
    body = text.encode()
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", request_id),
    ]
    return Answer(status, headers, body)


def control_answer(value: object, status: int = 200) -> Answer:
    """An answer of the control interface: a JSON value, or one line of text for a refusal."""
    text, kind = (value, "text/plain") if isinstance(value, str) else (json.dumps(value), "json")
    content_type = "text/plain; charset=utf-8" if kind == "text/plain" else "application/json"
    body = (text + "\n").encode()
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Answer(status, headers, body)
