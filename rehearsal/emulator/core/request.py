"""What an HTTP request asks of AWS, whatever the service's protocol."""

from __future__ import annotations

import io
import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from rehearsal.emulator.core import validation
from rehearsal.emulator.core.place import ACCOUNT, Place

TARGET_PREFIX = "BaldrApiService"
"""What CloudHSM v2 calls itself in X-Amz-Target."""

_SCOPE = re.compile(r"Credential=([^/]*)/\d+/([^/]+)/([^/]+)/aws4_request")
_BODY_LIMIT = 1 << 20
"""Larger bodies (S3 objects) are passed on without a look."""

REST_SERVICES = ("scheduler",)
"""Services of the program that name an operation by method and path."""

Environ = dict[str, Any]


@dataclass(frozen=True)
class AwsRequest:
    """One call: service, place, operation and the caller's parameters.

    ``style`` is how the service writes its errors: "json", "query" (XML) or "ec2" (XML).
    """

    service: str
    place: Place
    operation: str
    parameters: dict[str, Any]
    style: str
    cbor: bool = False
    """Whether the caller speaks CBOR, which the emulated service does not."""
    access_key: str = ""
    """Whose signature it bears; nothing here checks the signature."""


def read(
    environ: Environ, default_region: str, account_of: Callable[[str], str] = lambda _: ACCOUNT
) -> AwsRequest:
    """Understand a request; its body stays readable for the service that answers it.

    Args:
        environ: the request.
        default_region: of a call that is not signed.
        account_of: gives the account of an access key.
    """
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    region, service = (scope[2], scope[3]) if scope else (default_region, "unknown")
    key = scope[1] if scope else ""
    place = Place(region, account_of(key))
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    path: str = environ.get("PATH_INFO", "/")
    if target.startswith(TARGET_PREFIX + ".") or service == "cloudhsm":
        service = "cloudhsmv2"
    body = _body(environ)
    if target:
        operation = target.rpartition(".")[2]
        return AwsRequest(service, place, operation, _json(body), "json", access_key=key)
    if environ.get("HTTP_SMITHY_PROTOCOL"):
        return AwsRequest(service, place, path.rpartition("/")[2], {}, "json", cbor=True)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
        operation = form.pop("Action", "unknown")
        form.pop("Version", None)
        style = "ec2" if service == "ec2" else "query"
        return AwsRequest(service, place, operation, form, style, access_key=key)
    operation = _by_path(service, environ.get("REQUEST_METHOD", "GET"), path)
    return AwsRequest(service, place, operation, {}, "json", access_key=key)


def _by_path(service: str, method: str, path: str) -> str:
    """The operation of a service that tells it by method and path; else these two."""
    if service in REST_SERVICES:
        for name, verb, pattern in _routes(service):
            if verb == method and pattern.fullmatch(path):
                return name
    return f"{method} {path}"


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    model = validation.service_model(service)
    found: list[tuple[str, str, re.Pattern[str]]] = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        # A value in a path may hold slashes, as an ARN does.
        place = re.sub(r"\\\{[^}]+\\\}", ".+", re.escape(http["requestUri"].partition("?")[0]))
        found.append((name, http["method"], re.compile(place)))
    return found


def _body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= _BODY_LIMIT:
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
