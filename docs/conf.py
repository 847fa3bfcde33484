"""Settings of the documentation's generator, Sphinx with MyST; `make docs` builds it.

The site needs no network: theme, search and pictures are part of it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1] / "components" / "pyproject.toml"

project = "AWS CloudHSM by pulumi up"
author = "The contributors"
release = tomllib.loads(_PACKAGE.read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx_design"]
myst_enable_extensions = ["colon_fence", "deflist"]
# Headings down to this depth can be linked to: page.md#heading.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
