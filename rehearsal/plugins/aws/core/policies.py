"""Policies of IAM and KMS: compared by what they say, not by how they are written."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote


def in_form_of(given: str | None, found: Any) -> str:  # noqa: ANN401 - text or parsed JSON
    """A policy as the program wrote it, where that says the same."""
    parsed = json.loads(unquote(found)) if isinstance(found, str) else found
    try:
        if given is not None and json.loads(given) == parsed:
            return given
    except ValueError:
        pass
    return json.dumps(parsed)
