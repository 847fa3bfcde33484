"""The lock holds an exact version of everything that the requirements name, and nothing local."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from rehearsal.engine.layout import PROJECT
from rehearsal.engine.virtualenv import LOCK

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-docs.txt")


def lines(name: str) -> list[str]:
    """What a requirements file says, without comments."""
    texts = (line.split("#")[0].strip() for line in Path(PROJECT, name).read_text().splitlines())
    return [text for text in texts if text]


def locked() -> dict[str, list[str]]:
    """The versions of each package; several where they differ by version of Python."""
    found: dict[str, list[str]] = {}
    for line in lines(LOCK):
        if not line.startswith("-e "):
            requirement = Requirement(line)
            (pin,) = requirement.specifier
            assert pin.operator == "==", f"{line} is no exact version"
            found.setdefault(requirement.name.lower(), []).append(pin.version)
    return found


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_the_lock_has_a_version_in_the_range_of_every_requirement(name: str) -> None:
    versions = locked()

    for line in lines(name):
        if line.startswith("-"):
            continue
        requirement = Requirement(line)
        pinned = versions.get(requirement.name.lower())
        assert pinned, f"{requirement.name} of {name} is not in {LOCK}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in pinned), (
            f"{LOCK} has {requirement.name} {pinned}, {name} wants {requirement.specifier}: "
            "run `make lock`"
        )


def test_the_lock_names_no_registry_and_no_path_outside_the_project() -> None:
    text = Path(PROJECT, LOCK).read_text()

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    assert [line for line in lines(LOCK) if line.startswith(("-", "/", "."))] == ["-e ./components"]
