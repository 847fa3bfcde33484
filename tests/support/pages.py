"""The commands that README and documentation tell people to run, word by word."""

from __future__ import annotations

import re
import shlex

from tests.support.recording import ROOT


def commands(heading: str, page: str = "README.md") -> list[list[str]]:
    """The indented commands under a heading, up to the next one.

    Args:
        heading: the heading's text.
        page: the file, for example `docs/guides/scale.md`.
    """
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.split(r"\n##+ ", text.split(f"# {heading}\n")[1])[0]
    return [shlex.split(line) for line in re.findall(r"^    (\S.*)$", section, re.MULTILINE)]


def settings(listed: list[list[str]]) -> dict[str, str]:
    """Key and value of every `pulumi config set --path` among commands."""
    return {
        one[4].removeprefix("cloudhsm:"): one[5]
        for one in listed
        if one[:4] == ["pulumi", "config", "set", "--path"]
    }
