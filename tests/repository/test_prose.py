"""The prose check: sentences of at most 25 words, no banned words, in running text only."""

from pathlib import Path

import pytest

from tools import prose

LONG = " ".join(["word"] * 26) + "."
SHORT = " ".join(["word"] * 25) + "."


def found(markdown: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.text) for finding in prose.check(markdown)]


def test_a_sentence_of_26_words_is_told_with_its_line() -> None:
    ((line, text),) = found(f"# A page\n\n{SHORT} {SHORT}\n\n{LONG}\n")

    assert line == 5
    assert text.startswith("26 words")


@pytest.mark.parametrize("line", ["- {}", "1. {}", "> {}", "**{}**"])
def test_lists_quotes_and_emphasis_count(line: str) -> None:
    assert found(line.format(LONG))
    assert not found(line.format(SHORT))


@pytest.mark.parametrize(
    "markdown",
    [
        f"# {LONG}",
        f"    {LONG}",
        f"```\n{LONG}\n```",
        f"| a |\n|---|\n| {LONG} |",
        f"![{LONG}](picture.svg)",
        f"`{LONG}`",
    ],
)
def test_headings_code_tables_and_pictures_do_not(markdown: str) -> None:
    assert not found(markdown)


def test_a_sentence_goes_on_over_the_end_of_a_line_and_ends_at_its_point() -> None:
    half = " ".join(["word"] * 13)

    assert found(f"{half}\n{half}.")
    assert not found(f"{half}.\n{half}.")


def test_a_link_counts_by_its_text_and_code_as_one_word() -> None:
    almost = " ".join(["word"] * 24)

    assert not found(f"{almost} [one](https://example.com/a/very/long/address).")
    assert found(f"{almost} [one two](page.md).")
    assert not found(f"{almost} `code with many words`.")


@pytest.mark.parametrize("banned", prose.BANNED)
def test_a_banned_word_is_told_with_advice(banned: str) -> None:
    assert any(banned in text for _, text in found(f"Here {banned} stands."))
    assert found(f"# Here {banned} stands"), "in a heading"
    assert found(f"| a |\n|---|\n| {banned} stands |"), "in a table"
    assert not found(f"`{banned}`"), "in code"


def test_a_word_that_contains_a_banned_one_is_none() -> None:
    assert not found("A pleased reader. Pleasehold.")


def test_the_check_fails_on_a_page_of_the_documentation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "guides" / "scale.md"
    page.parent.mkdir(parents=True)
    page.write_text(SHORT)
    assert prose.main(tmp_path) == 0

    page.write_text(f"\n{LONG}")
    assert prose.main(tmp_path) == 1
    assert capsys.readouterr().out.startswith("docs/guides/scale.md:2: 26 words")


def in_docstrings(source: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.text) for finding in prose.check_docstrings(source)]


@pytest.mark.parametrize(
    "source",
    [
        '"""{}"""',
        'class Thing:\n    field: int = 1\n    """{}"""\n',
        'def call():\n    """Short.\n\n    Args:\n        one: {}\n    """\n',
    ],
)
def test_docstrings_of_modules_functions_and_fields_count(source: str) -> None:
    assert in_docstrings(source.format(LONG))
    assert not in_docstrings(source.format(SHORT))
    assert in_docstrings(source.format("It is simply so."))


def test_arguments_end_a_sentence_and_examples_are_none() -> None:
    half = " ".join(["word"] * 13)

    assert not in_docstrings(f'"""Args:\n    one: {half}\n    two: {half}\n"""')
    assert not in_docstrings(f'"""Short.\n\n    python -m {LONG}\n\nShort.\n"""')
    assert not in_docstrings(f'"""{" ".join(["word"] * 24)} `python -m one two`."""')


def test_comments_and_other_texts_are_no_docstrings() -> None:
    assert not in_docstrings(f'# {LONG}\nTEXT = "{LONG}"\n')
