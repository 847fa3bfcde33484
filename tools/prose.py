"""Checks the prose of the documentation and of the docstrings: short sentences, plain words.

    python tools/prose.py

A sentence may have 25 words; headings, tables and indented examples are left out of that count.
Some words are to be avoided everywhere but in code.
Prints one line for each finding and ends with 1 where there is one.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

PROJECT = Path(__file__).resolve().parents[1]
# What is checked, as patterns below the project's folder.
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "examples/**/*.md")
CODE = (
    "__main__.py",
    "components/**/*.py",
    "rehearsal/**/*.py",
    "policy/*.py",
    "policy/rules/*.py",
    "tools/*.py",
    "bench/*.py",
)
MAX_WORDS = 25
# A word that a reader may not know or that says nothing, and what to do about it.
BANNED = {
    "nobody": "name who",
    "whoever": "say 'you' or name who",
    "for good": "say 'permanently'",
    "forever": "say 'permanently'",
    "for ever": "say 'permanently'",
    "obviously": "leave it out",
    "of course": "leave it out",
    "simply": "leave it out",
    "please": "leave it out",
    "and/or": "say 'or', or list both",
    "e.g.": "say 'for example'",
    "i.e.": "say 'that is'",
    "etc.": "list everything, or say 'such as' before",
}

_APART = {"heading_open": "heading_close", "table_open": "table_close"}
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
_WORD = re.compile(r"[^\W_]")
# What begins a paragraph of a docstring: an item of a list or of `Args:`, or such a heading.
_ITEM = re.compile(r"^\s*(?:[-*] |\w+:(?:\s|$))", re.MULTILINE)
# `:::{note}` and the like of MyST: markers, not prose.
_MARKER = re.compile(r"^:::.*$", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One place to mend.

    Attributes:
        line: number of the line where the paragraph begins, from 1.
        text: what is wrong.
    """

    line: int
    text: str


def check(markdown: str) -> list[Finding]:
    """The findings in one page.

    Args:
        markdown: the page's text, CommonMark with tables.
    """
    return _findings(_texts(markdown))


def check_docstrings(source: str) -> list[Finding]:
    """The findings in the docstrings of a module, those below a class's fields included.

    Args:
        source: Python.
    """
    return _findings(_docstrings(source))


def _findings(texts: Iterator[_Text]) -> list[Finding]:
    findings: list[Finding] = []
    for text in texts:
        if text.running:
            findings += [Finding(text.line, told) for told in _long_sentences(text.content)]
        for banned, advice in BANNED.items():
            if re.search(rf"(?<!\w){re.escape(banned)}(?!\w)", text.content, re.IGNORECASE):
                findings.append(Finding(text.line, f"'{banned}': {advice}"))
    return findings


def _long_sentences(paragraph: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(paragraph):
        words = [word for word in sentence.split() if _WORD.search(word)]
        if len(words) > MAX_WORDS:
            opening = " ".join(words[:6])
            yield f"{len(words)} words in a sentence, at most {MAX_WORDS}: {opening} …"


@dataclass(frozen=True)
class _Text:
    """A paragraph, a heading or the cell of a table, as read; `running` for a paragraph."""

    line: int
    content: str
    running: bool


def _docstrings(source: str) -> Iterator[_Text]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text), lineno=line)):
                for block in inspect.cleandoc(text).split("\n\n"):
                    # What is indented below a blank line is an example.
                    for content in _ITEM.split(re.sub(r"`[^`]*`", "code", block)):
                        yield _Text(line, content, running=not block.startswith("    "))
            case _:
                pass


def _texts(markdown: str) -> Iterator[_Text]:
    apart = ""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if apart:
            apart = "" if token.type == apart else apart
        elif token.type in _APART:
            apart = _APART[token.type]
        if token.type == "inline":
            content = _MARKER.sub("", _plain(token.children or []))
            yield _Text((token.map or [0])[0] + 1, content, running=not apart)


def _plain(tokens: list[Token]) -> str:
    """Text as read: a piece of code is one word, an image's text and HTML are none."""
    parts: list[str] = []
    for token in tokens:
        if token.type == "code_inline":
            parts.append("code")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "text":
            parts.append(token.content)
    return "".join(parts)


def pages(project: Path) -> list[Path]:
    """Every page and module that is checked, in order.

    Args:
        project: the folder that `PAGES` and `CODE` start from.
    """
    return sorted({page for pattern in PAGES + CODE for page in project.glob(pattern)})


def main(project: Path = PROJECT) -> int:
    """Print what is wrong; 1 where something is.

    Args:
        project: the folder that `PAGES` and `CODE` start from.
    """
    found = 0
    for path in pages(project):
        examined = check_docstrings if path.suffix == ".py" else check
        for finding in examined(path.read_text(encoding="utf-8")):
            found += 1
            print(f"{path.relative_to(project)}:{finding.line}: {finding.text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
