"""The keys that moto's KMS keeps, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.place import Place


def make(place: Place, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - moto's key
    """A symmetric key, from CreateKey's parameters."""
    return moto_backends.kms(place).create_key(
        given.get("Policy"),
        "ENCRYPT_DECRYPT",
        "SYMMETRIC_DEFAULT",
        given.get("Description"),
        given.get("Tags"),
        multi_region=False,
        origin="AWS_KMS",
    )


def find(place: Place, key_id: str) -> Any:  # noqa: ANN401 - moto's key, or None
    """The key with this id, ARN or alias; None when there is none."""
    backend = moto_backends.kms(place)
    try:
        return backend.describe_key(backend.any_id_to_key_id(key_id))
    except KeyError:
        return None
