"""The shape that contributors rely on: who may import whom, sizes, who knows config and AWS."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.recording import ROOT

PACKAGE = ROOT / "components" / "pulumi_cloudhsm"
MAX_LINES = 300
DECLARES = re.compile(r"(args|component|.*_component|resources|.*_resources|.*_runner)")
"""Names of the files that may declare resources of the aws, tls and command providers."""
ASKING = ("common", "account/place")
"""Further modules that may import pulumi_aws: they ask the provider and declare nothing."""
LARGE = {"pulumi_aws", "pulumi_tls", "pulumi_command"}
# Each folder, and the folders that its files may import. Files of the package's root are known to
# all, but for those that stand above the folders.
ARROWS: dict[str, set[str]] = {
    "aws": set(),
    "account": {"aws", "recovery"},
    "x509": set(),
    "recovery": {"aws"},
    "network": {"account", "aws", "recovery"},
    "identity": {"aws", "x509"},
    "trust": {"aws", "x509", "recovery"},
    "hsms": {"aws", "x509", "recovery", "activation"},
    "initialization": {"aws", "x509", "trust", "identity"},
    "cluster": {
        "account",
        "aws",
        "x509",
        "recovery",
        "network",
        "identity",
        "trust",
        "hsms",
        "initialization",
    },
    "passwords": {"aws", "recovery"},
    "client": {"account", "aws", "recovery", "network", "passwords"},
    "activation": {"aws", "x509", "recovery", "client", "passwords"},
    "key_store": {"account", "aws", "client", "hsms", "recovery", "trust", "passwords"},
    "file_system": {"account", "aws", "recovery", "key_store", "passwords"},
    "scheduling": {"aws", "recovery"},
    "monitoring": {
        "aws",
        "recovery",
        "scheduling",
        "hsms",
        "key_store",
        "file_system",
        "backups",
    },
    "backups": {"aws", "recovery", "scheduling"},
    "review": {"file_system", "hsms"},
    "timeline": {"review"},
    "diagram": {"review"},
    "evidence": {"aws", "x509", "identity", "initialization", "trust"},
}
EVERYWHERE = {"waiting"}
"""Folders that all may import, as the modules of the package's root."""
ABOVE = {"deployment", "config", "fleet", "plugin", "put_aside", "testing", "write_files"}
"""Root modules and folders that know all parts."""
AT_DESTROY = PACKAGE / "config" / "at_destroy.py"
"""What one provider reads of the config itself: a destroy has the inputs of the last `up`."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def folder(path: Path) -> str:
    """The thing that a module belongs to; empty for a module of the package's root."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path, *, at_run_time: bool = True) -> Iterator[str]:
    """Every module that a file imports, as an absolute dotted name."""
    tree = ast.parse(path.read_text())
    only_typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if at_run_time and id(node) in only_typed:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT / "components").with_suffix("").parts
                base = ".".join(package[: -node.level] + ((node.module,) if node.module else ()))
            # `from . import chains` names modules, `from .chains import x` may name anything.
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own_imports(path: Path, *, at_run_time: bool = True) -> set[Path]:
    """The package's own modules that a file imports, its `__init__` aside."""
    found: set[Path] = set()
    for name in imports(path, at_run_time=at_run_time):
        if not name.startswith("pulumi_cloudhsm."):
            continue
        target = ROOT / "components" / Path(*name.split("."))
        if target.with_suffix(".py").exists():
            found.add(target.with_suffix(".py"))
        elif (target / "__init__.py").exists():
            found.add(target / "__init__.py")
    return found - {path}


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def test_the_graph_is_really_read() -> None:
    """Without this, a broken reader would let every other test here pass."""
    cluster = own_imports(PACKAGE / "cluster" / "component.py")
    assert PACKAGE / "trust" / "component.py" in cluster
    identity = own_imports(PACKAGE / "identity" / "identity_provider.py")
    assert {PACKAGE / "identity" / "chains.py", PACKAGE / "aws" / "cloudhsmv2.py"} <= identity
    assert "pulumi_aws" in tops(PACKAGE / "network" / "component.py")


def test_every_folder_has_its_arrows() -> None:
    folders = {folder(path) for path in modules()} - {""} - ABOVE - EVERYWHERE
    assert folders == set(ARROWS)


def test_the_arrows_form_no_circle() -> None:
    left = {name: set(known) for name, known in ARROWS.items()}
    while left:
        free = [name for name, known in left.items() if not known & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_folder_imports_only_what_its_arrows_allow(path: Path) -> None:
    own = folder(path)
    if own in ABOVE or path.stem in ABOVE or path == PACKAGE / "__init__.py":
        return
    allowed = ARROWS.get(own, {"account", "aws", "x509", "recovery"}) | {own, ""} | EVERYWHERE
    wrong = [
        named(other)
        for other in own_imports(path, at_run_time=False)
        if other not in {PACKAGE / "__init__.py", PACKAGE / "config" / "__init__.py", AT_DESTROY}
        and (folder(other) not in allowed or folder(other) in ABOVE or other.stem in ABOVE)
    ]
    assert wrong == []


def test_what_is_read_at_a_destroy_needs_no_other_module_and_only_the_key_store_reads_it() -> None:
    assert own_imports(AT_DESTROY) == set()
    readers = {named(path) for path in modules() if AT_DESTROY in own_imports(path)}
    assert readers == {"components/pulumi_cloudhsm/key_store/key_store_provider.py"}


def test_no_module_imports_itself_through_others() -> None:
    graph = {path: own_imports(path) - {PACKAGE / "__init__.py"} for path in modules()}
    graph = {path: known for path, known in graph.items() if path != PACKAGE / "__init__.py"}
    while graph:
        free = [path for path, known in graph.items() if not known & graph.keys()]
        assert free, f"a circle among {[named(path) for path in graph]}"
        for path in free:
            del graph[path]


@pytest.mark.parametrize("path", modules(), ids=named)
def test_the_file_name_shows_what_may_be_imported(path: Path) -> None:
    asks = path in {PACKAGE / f"{one}.py" for one in ASKING}
    if not (DECLARES.fullmatch(path.stem) or folder(path) in ABOVE or asks):
        assert not tops(path) & LARGE


@pytest.mark.parametrize("path", modules(), ids=named)
def test_only_the_aws_folder_calls_boto3(path: Path) -> None:
    if folder(path) != "aws":
        assert not tops(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "aws").glob("*.py")), ids=named)
def test_the_aws_folder_knows_no_pulumi(path: Path) -> None:
    assert not {top for top in tops(path) if top.startswith("pulumi")} - {"pulumi_cloudhsm"}


@pytest.mark.parametrize("path", [*modules(), ROOT / "__main__.py"], ids=named)
def test_the_product_knows_neither_rehearsal_nor_tests(path: Path) -> None:
    assert not tops(path) & {"rehearsal", "tests", "moto", "pytest"}


def test_only_the_config_folder_reads_configuration() -> None:
    readers = {
        folder(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node) in {"pulumi.Config", "aws.config", "Config.get", "CONFIG.get"}
        # An importing stack has no config of ours, and its default aws provider has one.
        and path.stem != "provider_config"
    }
    assert readers == {"config"}


def test_only_the_config_folder_names_config_keys() -> None:
    naming = [
        f"{named(path)}:{number}: {line.strip()}"
        for path in modules()
        if folder(path) not in ABOVE
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"cloudhsm:[a-z]", line)
        and "cloudhsm:index:" not in line
        # IAM's actions and CloudHSM's ARNs begin with the same word.
        and not re.search(r"cloudhsm:[A-Z]|arn:aws|cloudhsm:\[", line)
    ]
    assert naming == []


def test_only_the_advice_knows_the_texts_of_aws() -> None:
    telling = ("CreateServiceLinkedRole", "not authorized", "AccessDenied", "LimitExceeded")
    knowing = {
        named(path)
        for path in [*modules(), ROOT / "__main__.py"]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(text in node.value for text in telling)
    }
    assert knowing == {
        f"components/pulumi_cloudhsm/aws/{name}.py" for name in ("advice", "meanings")
    }


def test_the_engines_own_key_is_dropped_in_one_place_only() -> None:
    assert [named(path) for path in modules() if "__provider" in path.read_text()] == []


def test_the_program_is_config_one_component_and_exports() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 15


def tracked() -> list[Path]:
    """Every file that git tracks and that is still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_file_of_the_product_fits_one_sitting() -> None:
    long = {
        named(path): lines
        for path in modules()
        if (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_no_test_file_is_longer_than_one_and_a_half_of_them() -> None:
    long = {
        named(path): lines
        for path in tracked()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] == "tests"
        and (lines := len(path.read_text().splitlines())) > 1.5 * MAX_LINES
    }
    assert long == {}


def test_no_tracked_file_names_a_folder_of_somebodys_machine() -> None:
    private = re.compile(r"(?<![\w.-])/(root|home|work|Users)/")
    naming = [
        f"{named(path)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(_lines(path), start=1)
        if private.search(line)
    ]
    assert naming == []


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except UnicodeDecodeError:
        return []
