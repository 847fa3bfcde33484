"""Every config key, output and message that the documentation names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pulumi_cloudhsm.state_names import PROVIDERS
from tests.support import documented
from tests.support.recording import ROOT

TROUBLESHOOT = ROOT / "docs" / "guides" / "troubleshoot.md"
SOURCES = [
    *sorted((ROOT / "components").rglob("*.py")),
    *sorted((ROOT / "rehearsal").rglob("*.py")),
]
# What Pulumi's CLI and botocore say: no source of this project has these words.
OF_OTHERS = {
    "currently locked by 1 lock",
    "failed to load checkpoint: EOF",
    "Unable to locate credentials",
    "You must specify a region",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", documented.PAGES, ids=name)
def test_every_config_key_on_a_page_exists(page: Path) -> None:
    mentioned = documented.keys_in(page.read_text(encoding="utf-8"))
    assert mentioned - documented.known_keys() == set()


@pytest.mark.parametrize("file", documented.STACK_FILES, ids=name)
def test_every_config_key_that_a_stack_sets_exists(file: Path) -> None:
    assert documented.keys_of(file) - documented.known_keys() == set()


def test_the_commented_out_keys_of_the_dev_stack_exist() -> None:
    text = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert documented.keys_in(text) - documented.known_keys() == set()


@pytest.mark.parametrize("page", documented.PAGES, ids=name)
def test_every_output_on_a_page_exists(page: Path) -> None:
    asked = documented.outputs_in(page.read_text(encoding="utf-8"))
    assert asked - documented.known_outputs() == set()


def test_a_misspelled_key_or_output_would_be_found() -> None:
    page = "`pulumi config set --path cloudhsm:hsms.cuont 2`, `keyStore.nmae`, `activation.mode`"
    assert documented.keys_in(page) - documented.known_keys() == {"hsms.cuont", "keyStore.nmae"}
    assert documented.outputs_in("pulumi stack output files") - documented.known_outputs()


def texts(path: Path) -> str:
    """The texts of a module as they are said: pieces that stand one after the other are one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return "\n".join(one for one in said if isinstance(one, str))


def messages() -> list[str]:
    """The quoted parts of messages in the first column of the tables."""
    page = TROUBLESHOOT.read_text(encoding="utf-8")
    firsts = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)
    return [part for first in firsts for part in re.findall(r"`([^`]+)`", first)]


def test_every_message_of_the_troubleshooting_stands_in_the_code() -> None:
    code = "\n".join(texts(path) for path in SOURCES)
    listed = messages()
    assert len(listed) > 30
    assert [one for one in listed if one not in code and one not in OF_OTHERS] == []


def test_the_readme_counts_the_dynamic_resources() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"are {len(PROVIDERS)} dynamic resources" in " ".join(readme.split())
    # A diagram is looked at, not read.
    read = re.sub(r"^```mermaid\n.*?^```\n", "", readme, flags=re.DOTALL | re.MULTILINE)
    assert len(read.splitlines()) <= 120
