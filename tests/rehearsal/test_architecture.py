"""The shape of the rehearsal: who imports whom, and how long a file may be."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REHEARSAL = ROOT / "rehearsal"
PRODUCT = ("pulumi_cloudhsm",)
MAX_LINES = 300


def modules() -> dict[str, Path]:
    """Every module of the rehearsal by its dotted name; a package by the name of its folder."""
    found: dict[str, Path] = {}
    for path in sorted(REHEARSAL.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported_names(path: Path) -> Iterator[str]:
    """Every name that a file imports, anywhere in it, as an absolute dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # in the product; the rehearsal's modules name what they import
                continue
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(path: Path) -> set[str]:
    """The modules of the rehearsal that a file imports."""
    found = {name for name in imported_names(path) if name in MODULES}
    # `from a.b import c` names the package a.b too, of which only c is meant.
    return {name for name in found if not any(other.startswith(name + ".") for other in found)}


MODULE_GRAPH = {name: imported_modules(path) for name, path in MODULES.items()}


def folder(module: str) -> str:
    path = MODULES[module]
    return str(path.parent.relative_to(ROOT))


def folder_graph() -> dict[str, set[str]]:
    """The folders that the modules of a folder import from, other than itself."""
    graph: dict[str, set[str]] = {folder(name): set() for name in MODULES}
    for name, imported in MODULE_GRAPH.items():
        graph[folder(name)] |= {folder(other) for other in imported} - {folder(name)}
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of the graph, its first member again at its end; empty where there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph[node]):
            if found := visit(other, [*path, node]):
                return found
        done.add(node)
        return []

    for start in sorted(graph):
        if found := visit(start, []):
            return found
    return []


def importing(path: Path, packages: Iterable[str]) -> list[str]:
    return [name for name in imported_names(path) if name.partition(".")[0] in packages]


def test_the_graph_is_read_from_the_imports() -> None:
    assert "rehearsal.emulator.cloudhsmv2.service" in MODULE_GRAPH["rehearsal.emulator.server"]
    assert "rehearsal/emulator/core" in folder_graph()["rehearsal/emulator/kms"]
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_modules_name_what_they_import_in_full() -> None:
    relative = [
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(MODULE_GRAPH) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    assert circle(folder_graph()) == []


@pytest.mark.parametrize("shared", [name for name in folder_graph() if name.endswith("/core")])
def test_what_a_folder_shares_imports_nothing_of_its_users(shared: str) -> None:
    parent = str(Path(shared).parent)
    inside = {name for name in folder_graph()[shared] if name.startswith(parent)}
    assert inside == set()


def test_emulator_and_plugins_know_only_the_watch_on_the_parent_besides_themselves() -> None:
    graph = folder_graph()
    for part in ("rehearsal/emulator", "rehearsal/plugins"):
        outside = {
            other
            for name, imported in graph.items()
            if name.startswith(part)
            for other in imported
            if not other.startswith(part)
        }
        assert outside == {"rehearsal"}, part


def test_the_rehearsal_does_not_import_the_product() -> None:
    found = {name: importing(path, PRODUCT) for name, path in MODULES.items()}
    assert {name: names for name, names in found.items() if names} == {}


def test_the_product_does_not_import_the_rehearsal() -> None:
    product = [ROOT / "__main__.py", *(ROOT / "components").rglob("*.py")]
    assert len(product) > 20
    assert [str(path) for path in product if importing(path, ("rehearsal", "tests"))] == []


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    files = [*REHEARSAL.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}
