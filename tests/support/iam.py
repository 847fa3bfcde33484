"""The IAM policies of the documentation, compared with the calls that a rehearsal makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.emulator.core.call_log import TRANSITION
from tests.support.recording import ROOT

FOLDER = ROOT / "docs" / "reference" / "iam"
BASE = ("cluster", "cloudhsm-service", "new-vpc")
"""The policies of a stack that ends with an initialized cluster in a VPC of its own."""
_PREFIXES = {"cloudhsmv2": "cloudhsm", "monitoring": "cloudwatch"}


def statements(*uses: str) -> list[dict[str, Any]]:
    """The statements of the policies for some uses.

    Args:
        uses: names of files without their ending, for example `cluster`.
    """
    texts = [(FOLDER / f"{use}.json").read_text(encoding="utf-8") for use in uses]
    return [statement for text in texts for statement in json.loads(text)["Statement"]]


def action(service: str, operation: str) -> str:
    """The IAM action of a call."""
    return f"{_PREFIXES.get(service, service)}:{operation}"


NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
"""Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""


def calls(log: Iterable[Mapping[str, Any]]) -> set[str]:
    """The IAM actions of the calls in an emulator's log."""
    return {
        action(entry["service"], entry["operation"])
        for entry in log
        if entry["operation"] != TRANSITION
    }


def not_allowed(log: Iterable[Mapping[str, Any]], *uses: str) -> set[str]:
    """The calls that no statement named `Rehearsed…` of the policies allows.

    Args:
        log: an emulator's log.
        uses: names of policies besides those of every stack.
    """
    allowed = {
        one
        for statement in statements(*BASE, *uses)
        if statement["Sid"].startswith("Rehearsed")
        for one in statement["Action"]
    }
    return calls(log) - allowed - NEEDS_NO_RIGHT
