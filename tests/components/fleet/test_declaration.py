"""The list of stacks: what a file may say, and what becomes of it in the stacks' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_cloudhsm.fleet.declaration import Fleet, read_fleet
from pulumi_cloudhsm.fleet.stack_file import write_stack_file
from pulumi_cloudhsm.validation import InputError

ROLE = "arn:aws:iam::222222222222:role/deploys"
STACK = {"name": "one", "region": "eu-west-1"}


def read(tmp_path: Path, given: Any) -> Fleet:
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    path = tmp_path / "fleet.yaml"
    path.write_text(given if isinstance(given, str) else yaml.safe_dump(given))
    return read_fleet(path)


def test_a_stack_gets_region_account_and_role_and_its_own_config_wins(tmp_path: Path) -> None:
    fleet = read(
        tmp_path,
        {
            "project": ".",
            "config": {"cloudhsm:hsms": {"count": 2}, "aws:profile": "common"},
            "stacks": [
                {
                    **STACK,
                    "account": "222222222222",
                    "role": ROLE,
                    "externalId": "agreed",
                    "config": {"cloudhsm:hsms": {"count": 1}},
                }
            ],
        },
    )
    assert Path(fleet.project) == tmp_path
    assert fleet.config_of(fleet.stacks[0]) == {
        "cloudhsm:hsms": {"count": 1},
        "aws:profile": "common",
        "aws:region": "eu-west-1",
        "aws:allowedAccountIds": ["222222222222"],
        "aws:assumeRoles": [{"roleArn": ROLE, "externalId": "agreed"}],
    }


def test_a_stack_without_a_wave_is_in_the_last_one(tmp_path: Path) -> None:
    canary = {"name": "two", "region": "eu-west-1", "wave": "canary"}
    waves = [{"name": "canary", "check": ["true"]}, {"name": "rest"}]
    fleet = read(tmp_path, {"project": ".", "waves": waves, "stacks": [STACK, canary]})
    assert [(wave.name, [one.name for one in stacks]) for wave, stacks in fleet.in_waves()] == [
        ("canary", ["two"]),
        ("rest", ["one"]),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "give YAML"),
        ([], "give an object"),
        ({"project": ".", "stacks": []}, "fleet.stacks is []: give at least one"),
        ({"project": ".", "stack": [STACK]}, "use stacks"),
        ({"project": "away", "stacks": [STACK]}, "a folder that has a Pulumi.yaml"),
        ({"project": ".", "stacks": [STACK, STACK]}, "fleet.stacks is ['one']: give each"),
        ({"project": ".", "stacks": [STACK], "parallel": 0}, "fleet.parallel is 0"),
        ({"project": ".", "stacks": [{**STACK, "name": "../x"}]}, "stacks[0].name is '../x'"),
        ({"project": ".", "stacks": [{**STACK, "account": "1"}]}, "twelve digits"),
        ({"project": ".", "stacks": [{**STACK, "account": 222222222222}]}, "give text"),
        ({"project": ".", "stacks": [{**STACK, "role": "deploys"}]}, "the ARN of a role"),
        ({"project": ".", "stacks": [{**STACK, "externalId": "x"}]}, "give the role, too"),
        ({"project": ".", "stacks": [{**STACK, "wave": "x"}]}, "stacks[0].wave is 'x'"),
        ({"project": ".", "stacks": [{**STACK, "config": {"hsms": 1}}]}, "give full keys"),
        (
            {"project": ".", "stacks": [{**STACK, "account": "111111111111", "role": ROLE}]},
            "a role of account 111111111111",
        ),
        (
            {"project": ".", "stacks": [{**STACK, "config": {"aws:region": "x"}}]},
            "give region, account or role instead",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_carried_out_is_one_line(tmp_path: Path, given: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, given)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_stacks_file_keeps_what_the_list_does_not_name(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.one.yaml"
    secret = {"secure": "v1:abc"}
    held = {"encryptionsalt": "v1:x", "config": {"cloudhsm:caKeyPassphrase": secret}}
    path.write_text(yaml.safe_dump(held))
    config = {"aws:allowedAccountIds": ["1"], "cloudhsm:hsms": {"count": 2}}

    assert write_stack_file(tmp_path, "one", config) is True

    written = yaml.safe_load(path.read_text())
    assert written["encryptionsalt"] == "v1:x"
    assert written["config"] == {
        "cloudhsm:caKeyPassphrase": secret,
        "aws:allowedAccountIds": json.dumps(["1"]),
        "cloudhsm:hsms": {"count": 2},
    }
    assert write_stack_file(tmp_path, "one", config) is False, "an unchanged file is left alone"
