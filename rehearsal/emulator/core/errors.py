"""The service's refusals, and what the control interface answers to a bad request."""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer of the emulated service.

    Attributes:
        code: the exception name botocore maps to a class, such as
            ``CloudHsmInvalidRequestException``.
        message: the text that goes into ``Message``.
        status: the HTTP status; 400 for all of the service's errors but
            ``CloudHsmInternalFailureException``, which its model marks as a fault.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid_request(message: str) -> ServiceError:
    """The service's answer to what it will not do in this state or with this input."""
    return ServiceError("CloudHsmInvalidRequestException", message)


def not_found(message: str) -> ServiceError:
    """The service's answer to an id it does not know."""
    return ServiceError("CloudHsmResourceNotFoundException", message)


class ControlError(Exception):
    """A control request that can't be carried out; the text names the input and the fix."""
