"""The one place that says what an AWS refusal means and what to do about it.

It works on AWS's text, so it serves our own calls and those of the aws provider plugin. The
plugin's errors reach the program only as text.
"""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from ..errors import AwsError, CloudHsmError, ThrottledError, TransientError
from .meanings import ADVICE

MAKING_SERVICE_ROLES = "iam:CreateServiceLinkedRole"
"""The action that lets a service make its service-linked role for the caller."""
_THROTTLES = {
    "EC2ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Source: botocore's retry handlers, the codes of throttling."""
_SERVER_FAULTS = {
    "CloudHsmInternalFailureException",
    "InternalFailure",
    "KMSInternalException",
    "ServiceUnavailable",
}
_LOST_CONNECTIONS = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)


def advice(text: str) -> str | None:
    """What a text of AWS means and what to do; None when this is not known."""
    for entry in ADVICE:
        if found := entry.pattern.search(text):
            return entry.text.format(**found.groupdict())
    return None


def refusal(doing: str, error: Exception) -> CloudHsmError:
    """Turns an exception of boto3 into one line: what AWS said, what it means, what to do.

    Args:
        doing: the step, for example `initializing cluster-abc`.
        error: what boto3 raised.

    Returns:
        A ThrottledError, a TransientError for a 5xx or a lost connection, else an AwsError.
    """
    code, said = _said(error)
    meaning = advice(f"{code} {said}")
    line = f"{doing}: AWS said: {said}" + (f" ({code})" if code else "")
    line += f"; {meaning}" if meaning else ""
    if code in _THROTTLES:
        return ThrottledError(line)
    return TransientError(line) if _is_transient(error, code) else AwsError(line, code)


def is_denied(error: Exception) -> bool:
    """Whether AWS refused a call for want of a right; takes an AwsError, too."""
    code = error.code if isinstance(error, AwsError) else _said(error)[0]
    return "AccessDenied" in code or code == "UnauthorizedOperation"


def _said(error: Exception) -> tuple[str, str]:
    if isinstance(error, ClientError):
        body = error.response.get("Error", {})
        return str(body.get("Code", "")), " ".join(str(body.get("Message", error)).split())
    return "", " ".join(str(error).split())


def _is_transient(error: Exception, code: str) -> bool:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or code in _SERVER_FAULTS
    return isinstance(error, BotoCoreError) and isinstance(error, _LOST_CONNECTIONS)
