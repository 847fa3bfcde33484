"""The pack stands alone: it runs where neither the package nor the rehearsal is installed."""

import ast
import sys
from pathlib import Path

import pytest

from rehearsal.engine.layout import PROJECT

PACK = PROJECT / "policy"
MODULES = [PACK / "__main__.py", *sorted((PACK / "rules").glob("*.py"))]
MAX_LINES = 300


def imported(path: Path) -> set[str]:
    """The packages that a file imports; those of its own folder aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_only_the_entry_point_knows_the_policy_sdk_and_none_knows_this_tree(path: Path) -> None:
    known = {"pulumi_policy", "rules"} if path.name == "__main__.py" else set()
    assert imported(path) - set(sys.stdlib_module_names) <= known
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_pack_is_really_read() -> None:
    assert "pulumi_policy" in imported(PACK / "__main__.py")
    assert len(MODULES) > 5
