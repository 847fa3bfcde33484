"""The documentation builds as `make docs` builds it: strictly, and complete without a network."""

import re
import subprocess
from pathlib import Path

import pytest

from rehearsal.engine.layout import PROJECT

DOCS = Path(PROJECT, "docs")
LOADED = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="(https?:)?//', re.IGNORECASE)


def options() -> list[str]:
    """The generator's options in the Makefile."""
    makefile = Path(PROJECT, "Makefile").read_text()
    (line,) = re.findall(r"\$\(VENV\)/sphinx-build (.*) docs build/docs", makefile)
    return line.split()


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(PROJECT, ".venv/bin/sphinx-build"), *options(), "-c", DOCS, source, site]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(DOCS, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    start = (site / "index.html").read_text()

    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).exists()
        assert f'href="{name}"' in start or name == "index.html", f"{name} is in no navigation"


def test_no_page_loads_anything_from_the_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert not LOADED.search(page.read_text()), page.name


def test_a_broken_link_anchor_or_picture_is_an_error(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "other.md").write_text("# Other\n\nA page.\n")
    text = (
        "[a page](missing-page.md), [a heading there](other.md#missing-there), "
        "[a heading here](#missing-here) and ![a picture](missing-picture.svg)"
    )
    (pages / "index.md").write_text(f"# Start\n\n{text}\n\n```{{toctree}}\nother\n```\n")

    done = build(pages, tmp_path / "site")

    assert done.returncode != 0
    for name in ("missing-page.md", "missing-there", "missing-here", "missing-picture.svg"):
        assert name in done.stderr
