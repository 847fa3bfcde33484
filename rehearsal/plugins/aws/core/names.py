"""Names that the aws provider makes from a prefix."""

from __future__ import annotations

import datetime
import itertools

from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.values import Properties

_numbers = itertools.count(1)


def chosen_name(inputs: Properties) -> str:
    """The name given, or the prefix given, a time stamp and a number.

    The stamp has 18 digits and the number 8 (terraform-plugin-sdk, `helper/id`).
    """
    if inputs.get("name"):
        return inputs["name"]
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d%H%M%S%f")[:18]
    return f"{inputs['namePrefix']}{stamp}{next(_numbers):08x}"


def without_name_or_prefix(inputs: Properties, resource: str) -> list[CheckFailure]:
    """Refuse a resource with neither: the published plugin makes a name from the resource's own."""
    if inputs.get("name") or inputs.get("namePrefix"):
        return []
    text = "the rehearsal's stand-in for the aws plugin makes up no names: give one, or a prefix"
    return [examine(text, resource, "name")]
