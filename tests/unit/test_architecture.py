"""The shape that design and contributors rely on: who may import whom, sizes, no private paths."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.recording import ROOT

PACKAGE = ROOT / "components" / "pulumi_cloudhsm"
# From the outside in; a module may import its own layer and those to its right.
LAYERS = ("program", "component", "provider", "pure")
PURE = {
    "aws",
    "certificates",
    "errors",
    "host",
    "identity",
    "issuance",
    "local_files",
    "ontap",
    "placement",
    "roots",
    "trust_anchor",
    "waiter",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer(path: Path) -> str:
    if path == ROOT / "__main__.py":
        return "program"
    head = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if head == "providers":
        return "provider"
    return "pure" if head in PURE else "component"


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, as an absolute dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT / "components").with_suffix("").parts
                base = ".".join(package[: -node.level] + ((node.module,) if node.module else ()))
            # `from . import checks` names modules, `from .checks import x` may name anything.
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[Path]:
    """The package's own modules that a file imports, its `__init__` aside."""
    found: set[Path] = set()
    for name in imports(path):
        if not name.startswith("pulumi_cloudhsm."):
            continue
        target = ROOT / "components" / Path(*name.split("."))
        if target.with_suffix(".py").exists():
            found.add(target.with_suffix(".py"))
        elif (target / "__init__.py").exists():
            found.add(target / "__init__.py")
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_graph_is_really_read() -> None:
    """Without this, a broken reader would let every other test here pass."""
    cluster = own_imports(PACKAGE / "cluster.py")
    assert {PACKAGE / "trust.py", PACKAGE / "checks.py", PACKAGE / "hardware.py"} <= cluster
    assert PACKAGE / "providers" / "cluster_identity.py" in cluster
    identity = own_imports(PACKAGE / "providers" / "cluster_identity.py")
    assert {PACKAGE / "identity.py", PACKAGE / "aws" / "cloudhsmv2.py"} <= identity
    assert "pulumi_aws" in tops(PACKAGE / "cluster.py")


@pytest.mark.parametrize("path", [*modules(), ROOT / "__main__.py"], ids=named)
def test_dependencies_point_one_way(path: Path) -> None:
    own = LAYERS.index(layer(path))
    wrong = [
        named(other)
        for other in own_imports(path)
        if other != PACKAGE / "__init__.py" and LAYERS.index(layer(other)) < own
    ]
    assert wrong == []


@pytest.mark.parametrize("path", [one for one in modules() if layer(one) == "pure"], ids=named)
def test_what_is_pure_imports_no_pulumi(path: Path) -> None:
    assert {top for top in tops(path) if top.startswith("pulumi") and top != "pulumi_cloudhsm"} == (
        set()
    )


@pytest.mark.parametrize("path", [one for one in modules() if layer(one) == "pure"], ids=named)
def test_boto3_is_known_to_the_aws_folder_only_among_the_pure(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] != "aws":
        assert not tops(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("path", [one for one in modules() if layer(one) != "pure"], ids=named)
def test_nothing_but_the_aws_folder_calls_boto3(path: Path) -> None:
    assert not tops(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("path", [one for one in modules() if layer(one) == "provider"], ids=named)
def test_providers_load_neither_components_nor_the_large_packages(path: Path) -> None:
    assert not tops(path) & {"pulumi_aws", "pulumi_tls", "pulumi_command"}


def test_importing_a_provider_loads_no_component_and_no_large_package() -> None:
    """The plugin host imports them in a process of its own; a loaded component would declare."""
    probe = (
        "import sys\n"
        "import pulumi_cloudhsm.providers.cluster_initialization\n"
        "import pulumi_cloudhsm.providers.cluster_identity\n"
        "import pulumi_cloudhsm.providers.certificate_files\n"
        "import pulumi_cloudhsm.providers.ca_key_file\n"
        "print(*sorted(sys.modules))\n"
    )
    python = ROOT / ".venv" / "bin" / "python"
    shown = subprocess.run(
        [python, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(shown.stdout.split())
    assert "pulumi_cloudhsm.providers.cluster_identity" in loaded
    unwanted = {"pulumi_aws", "pulumi_tls", "pulumi_cloudhsm.cluster", "pulumi_cloudhsm.trust"}
    assert loaded & unwanted == set()


@pytest.mark.parametrize("path", [*modules(), ROOT / "__main__.py"], ids=named)
def test_the_product_knows_neither_rehearsal_nor_tests(path: Path) -> None:
    assert not tops(path) & {"rehearsal", "tests", "moto", "pytest"}


def test_only_the_settings_read_configuration() -> None:
    readers = {
        named(path)
        for path in [*modules(), ROOT / "__main__.py"]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node) in {"pulumi.Config", "aws.config", "Config.get"}
    }
    parts = ("settings", "client_settings", "storage_settings", "trust_settings")
    assert readers == {f"components/pulumi_cloudhsm/{part}.py" for part in parts}


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
    assert knowing == {"components/pulumi_cloudhsm/aws/advice.py"}


def test_the_program_stays_short() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60


def tracked() -> list[Path]:
    """Every file that git tracks and that is still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_python_file_can_be_read_in_one_sitting() -> None:
    long = {
        named(path): lines
        for path in tracked()
        if path.suffix == ".py" and (lines := len(path.read_text().splitlines())) > 450
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
