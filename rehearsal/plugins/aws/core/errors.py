"""Errors of AWS in the words of the published plugin, which uses the AWS SDK for Go."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.core.failures import ProviderError, one_line


class TerraformError(ProviderError):
    """A failure that the aws provider's own code reports, with AWS's words in it."""


def code_of(error: Exception) -> str:
    """AWS's error code, for example "CloudHsmResourceNotFoundException"; empty for other errors."""
    response = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code", "")


def describe(client: Any, error: Exception) -> str:  # noqa: ANN401 - a boto3 client
    """``error`` of ``client`` in one line, for example

    operation error CloudHSM V2: CreateHsm, https response error StatusCode: 400, RequestID: …,
    CloudHsmInvalidRequestException: Cluster '…' already contains an HSM …
    """
    model = client.meta.service_model
    response = getattr(error, "response", None)
    if response is None:
        return one_line(f"operation error {model.service_id}: request send failed, {error}")
    about = response.get("ResponseMetadata", {})
    status, request = about.get("HTTPStatusCode", 0), about.get("RequestId", "")
    tries = about.get("RetryAttempts", 0) + 1
    exhausted = (
        f"exceeded maximum number of attempts, {tries}, " if about.get("MaxAttemptsReached") else ""
    )
    fault = response.get("Error", {})
    code, message = fault.get("Code", ""), fault.get("Message", "")
    # Errors that the service's model declares have types of their own in the SDK for Go.
    modeled = any(shape.name == code for shape in model.error_shapes)
    text = f"{code}: {message}" if modeled else f"api error {code}: {message}"
    operation = getattr(error, "operation_name", "")
    return one_line(
        f"operation error {model.service_id}: {operation}, {exhausted}"
        f"https response error StatusCode: {status}, RequestID: {request}, {text}"
    )
