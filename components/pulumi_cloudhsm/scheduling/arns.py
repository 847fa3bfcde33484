"""Parts of an ARN: `arn:partition:service:region:account:rest`."""

from __future__ import annotations

PARTITION, REGION, ACCOUNT = 1, 3, 4


def part_of(arn: str | None, part: int) -> str:
    """A part of an ARN; empty where there is none, as in a unit test with plain mocks."""
    parts = (arn or "").split(":")
    return parts[part] if len(parts) > part else ""
