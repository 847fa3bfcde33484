"""How a plugin's errors reach the engine: as text, and with the state of what was made."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from rehearsal.plugins.core.failures import PartlyMadeError, ProviderError, one_line
from rehearsal.plugins.core.values import Properties, encode

if TYPE_CHECKING:
    from google.protobuf.message import Message

Answer = Any


class Telling(Protocol):
    """A servicer that has a way of its own to tell errors."""

    def told(self, request: Message, error: ProviderError) -> str:
        """The error's text as the engine gets it."""
        ...


def answering(method: Callable[..., Answer]) -> Callable[..., Answer]:
    """Send an exception of ``method`` as the published plugins would: no traceback."""

    @functools.wraps(method)
    def call(
        self: Telling,
        request: Message,
        context: grpc.ServicerContext,
    ) -> Answer:
        try:
            return method(self, request)
        except PartlyMadeError as error:
            _abort_partly_made(context, error, self.told(request, error))
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, self.told(request, error))
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            text = f"defect in the stand-in plugin ({where}): {type(error).__name__}: {error}"
            context.abort(grpc.StatusCode.UNKNOWN, one_line(text))

    return call


def _abort_partly_made(
    context: grpc.ServicerContext, error: PartlyMadeError, text: str
) -> NoReturn:
    details = any_pb2.Any()
    details.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.identifier, properties=encode(error.outputs), reasons=[text]
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[details]
    )
    # The richer error model of gRPC: the engine looks for the resource's state in here.
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)


class MarkingPartlyMade:
    """Marks the secrets in the state of a `PartlyMadeError` on its way out."""

    def __init__(self, mark: Callable[[Mapping[str, Any]], Properties]) -> None:
        self._mark = mark

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PartlyMadeError):
            error.outputs = self._mark(error.outputs)
