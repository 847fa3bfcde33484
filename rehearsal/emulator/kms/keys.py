"""The keys that moto's KMS keeps, in this process."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from moto.kms.utils import _deserialize_ciphertext_blob  # pyright: ignore

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


def used(place: Place, given: Mapping[str, Any]) -> Iterator[Any]:
    """The keys that a cryptographic call uses; a ciphertext names its own.

    Args:
        place: where the call is made.
        given: its parameters.
    """
    names = [given.get("KeyId"), given.get("DestinationKeyId"), _key_of(given)]
    found = (find(place, str(name)) for name in names if name)
    yield from {key.id: key for key in found if key is not None}.values()


def _key_of(given: Mapping[str, Any]) -> str | None:
    blob = given.get("CiphertextBlob")
    if not isinstance(blob, str):
        return None
    try:
        return _deserialize_ciphertext_blob(base64.b64decode(blob)).key_id
    except Exception:  # moto refuses what is no ciphertext, with what it likes
        return None
