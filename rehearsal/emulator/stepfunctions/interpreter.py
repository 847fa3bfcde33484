"""moto's interpreter of Amazon States Language, where it reads a path otherwise than AWS.

Its tasks call a client that the emulator gives it. Not emulated: the execution role's rights,
quotas, and the times that a run takes at AWS.
"""

# moto's classes have no useful types.
# ruff: noqa: ANN401

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

_PARSER = "moto.stepfunctions.parser.asl"
_TASKS = "component.state.exec.state_task.service.state_task_service_aws_sdk"
_INDEFINITE = re.compile(r"\[\s*\*\s*\]|\[\s*\?|\[[^\]'\"]*[:,][^\]]*\]|\.\.|\.\*")
"""Wildcards, filters, slices, unions and deep scans."""

OpenClient = Callable[[str, str], Any]
"""Takes Region and service, and gives the boto3 client that a task calls."""


def load(open_client: OpenClient) -> None:
    """Correct moto's interpreter, and have its tasks call this client; state machines really run.

    Args:
        open_client: gives clients; the last one that was given holds.
    """
    # The rest of the interpreter takes it from there by its name.
    paths: Any = importlib.import_module(f"{_PARSER}.utils.json_path")
    paths.extract_json = extracted
    tasks: Any = importlib.import_module(f"{_PARSER}.{_TASKS}")
    tasks.boto_client_for = lambda region, service, **_: _InJson(open_client(region, service))
    config: Any = importlib.import_module("moto.core.config")
    config.default_user_config["stepfunctions"]["execute_state_machine"] = True


def front(endpoint: Callable[[], str]) -> Callable[[object], None]:
    """What is asked before moto is: it sees to it that state machines run, and answers nothing.

    Args:
        endpoint: gives the address of the emulator, which the tasks call.
    """

    def prepare(_: object) -> None:
        load(clients_of(endpoint()))

    return prepare


class _InJson:
    """A client whose answers are JSON, as a state's output is; a moment is text there."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            answer = getattr(self._client, operation)(**given)
            return json.loads(json.dumps(answer, default=lambda moment: moment.isoformat()))

        return call


def clients_of(endpoint: str) -> OpenClient:
    """What opens clients of the emulator at this address, in its usual account."""
    boto3: Any = importlib.import_module("boto3")

    def opened(region: str, service: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="workflow",
            aws_secret_access_key="workflow",  # noqa: S106 - no secret
        )

    return opened


def extracted(path: str, data: Any) -> Any:
    """What a path yields: one value of a definite path, else a list, also of one or none.

    Step Functions developer guide, "Using JSONPath paths": its paths are those of Jayway's library,
    whose README says so under "What is Returned When?".
    """
    from jsonpath_ng.ext.parser import parse

    errors: Any = importlib.import_module(f"{_PARSER}.utils.json_path")
    values = [match.value for match in parse(path).find(data)]
    if _INDEFINITE.search(path):
        return values
    if not values:
        raise errors.NoSuchJsonPathError(json_path=path, data=data)
    return values[0]
