"""Policies of IAM and KMS, in the form in which the aws provider keeps them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote


def normalized(policy: Any) -> str:  # noqa: ANN401 - text or parsed JSON
    """A policy with sorted keys and without white space, as Go's encoding/json writes it."""
    parsed = json.loads(unquote(policy)) if isinstance(policy, str) else policy
    text = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
