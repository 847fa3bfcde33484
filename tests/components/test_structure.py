"""Objects of the config become Args records: strict types, no unknown key, one line a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.structure import plain_types, record
from pulumi_cloudhsm.validation import InputError


@dataclass(frozen=True)
class Volume:
    name: str
    size_gib: int


@dataclass(frozen=True)
class Files:
    name: pulumi.Input[str]
    capacity_gib: int = 1024
    share: float = 0.5
    keep: bool = True
    clients: Sequence[pulumi.Input[str]] = ()
    volumes: Sequence[Volume] = ()
    labels: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    first: Volume | None = None
    kept: Volume = Volume("kept", 9)


def read(**given: Any) -> Files:
    return record(Files, {"name": "files", **given}, "file_system")


def test_keys_are_the_fields_in_camel_case_and_what_is_left_out_keeps_its_default() -> None:
    assert read(capacityGib=2048) == Files("files", capacity_gib=2048)


def test_records_lists_and_objects_inside_are_read_too() -> None:
    found = read(
        volumes=[{"name": "data", "sizeGib": 5}],
        clients=["sg-1", "10.0.0.0/8"],
        labels={"team": "a"},
        subnetIds=["subnet-1"],
        first={"name": "one", "sizeGib": 1},
        share=1,
    )
    assert found.volumes == [Volume("data", 5)]
    assert found.clients == ["sg-1", "10.0.0.0/8"]
    assert found.labels == {"team": "a"}
    assert found.subnet_ids == ["subnet-1"]
    assert found.first == Volume("one", 1)
    assert found.share == 1.0


def test_a_record_with_defaults_keeps_those_that_the_object_does_not_give() -> None:
    assert read(kept={"sizeGib": 7}).kept == Volume("kept", 7)


def test_null_is_as_good_as_left_out() -> None:
    assert read(capacityGib=None) == Files("files")


def test_of_an_input_the_config_gives_the_plain_value() -> None:
    assert plain_types(Files)["name"] is str


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"capacityGB": 5},
            "capacityGB is 'set': there is no such key; use capacityGib",
        ),
        ({"qqqqq": 5}, "use some of capacityGib, clients"),
        ({"volumes": [{"name": "d", "size": 5}]}, "file_system.volumes[0].size is 'set'"),
        ({"volumes": [{"name": "d"}]}, "file_system.volumes[0].size_gib is None: give it"),
        ({"volumes": {"name": "d"}}, "file_system.volumes is {'name': 'd'}: give a list"),
        ({"volumes": ["data"]}, "file_system.volumes[0] is 'data': give an object with name, size"),
        ({"clients": [5]}, "file_system.clients[0] is 5: give text"),
        ({"labels": ["a"]}, "file_system.labels is ['a']: give an object"),
        (
            {"labels": {"team": 7}},
            "labels.team is 7: give text; put a number in quotes",
        ),
        ({"capacityGib": "2TiB"}, "is '2TiB': give a whole number of GiB, without the unit"),
        ({"capacityGib": 1.5}, "is 1.5: give a whole number of GiB"),
        ({"capacityGib": True}, "is True: give a whole number"),
        ({"share": "half"}, "is 'half': give a number"),
        ({"keep": "yes"}, "is 'yes': give true or false"),
        ({"keep": 1}, "is 1: give true or false"),
        ({"name": 7}, "is 7: give text"),
    ],
)
def test_a_mistake_is_one_line_with_field_value_and_fix(given: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as raised:
        read(**given)
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_field_that_is_needed_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"file_system.name is None: give it; it has no default"):
        record(Files, {}, "file_system")


def test_what_another_key_sets_is_no_key_of_the_object() -> None:
    assert record(Files, {}, "file_system", {"name": "given"}) == Files("given")
    with pytest.raises(InputError, match=r"file_system.name is 'set'"):
        record(Files, {"name": "again"}, "file_system", {"name": "given"})


def test_text_where_an_object_belongs_is_refused_with_its_keys() -> None:
    with pytest.raises(InputError, match="give an object with capacityGib, clients"):
        record(Files, "files", "file_system")
