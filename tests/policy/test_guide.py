"""The guide lists every rule and every parameter as the pack has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from policy.rules import RULES
from policy.rules.model import Level
from rehearsal.engine.layout import PROJECT

GUIDE = (PROJECT / "docs" / "guides" / "policies.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The rows of the table below a heading."""
    section = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


def parameters() -> Iterator[str]:
    for rule in RULES:
        for name, one in rule.parameters.items():
            default = f"`{json.dumps(one.default)}`"
            yield f"| `{rule.name}` | `{name}` | {default} | {one.description} |"


def test_every_rule_is_listed_with_its_level() -> None:
    assert rows("Rules") == [
        f"| `{one.name}` | {one.level.value} | {'of the stack' if one.of_stack else 'one by one'} "
        f"| {one.description} |"
        for one in RULES
    ]


def test_every_parameter_is_listed_with_its_default() -> None:
    assert rows("Parameters") == list(parameters())


def test_the_example_names_rules_parameters_and_levels_that_exist() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    known = {rule.name: set(rule.parameters) for rule in RULES}
    levels = {one.value for one in Level} | {"disabled"}
    for name, given in json.loads(example).items():
        values = {"enforcementLevel": given} if isinstance(given, str) else given
        assert values.pop("enforcementLevel", "advisory") in levels
        assert set(values) <= known[name]
