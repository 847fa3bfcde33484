"""Compares a program's inputs with the state, as Terraform plans: what changes, what replaces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from rehearsal.plugins.core.resource_type import ResourceType
from rehearsal.plugins.core.values import UNKNOWN, Properties, contains_unknown

Kind = provider_pb2.PropertyDiff.Kind
_REPLACING = {
    Kind.ADD: Kind.ADD_REPLACE,
    Kind.DELETE: Kind.DELETE_REPLACE,
    Kind.UPDATE: Kind.UPDATE_REPLACE,
}


def compare(
    resource: ResourceType, old: Properties, new: Properties, ignored: frozenset[str] = frozenset()
) -> provider_pb2.DiffResponse:
    """What bringing a resource with the outputs ``old`` to the inputs ``new`` takes.

    An input that the program does not give falls back to the provider's default. Where the provider
    chooses the value itself, it keeps the one it chose. An unknown value counts as changed.
    """
    detailed: dict[str, provider_pb2.PropertyDiff] = {}
    replaces: list[str] = []
    changed: list[str] = []
    chosen = resource.computed_inputs()
    further = resource.further_inputs()
    for name in (*resource.python_class.inputs.types, *further):
        if name in ignored or name in resource.write_only:
            continue
        if name not in new and name in chosen:
            continue
        had, wanted = old.get(name), new.get(name, resource.defaults.get(name))
        if name in resource.json_texts and _same_json(had, wanted):
            continue
        if name in resource.chosen_inside and isinstance(had, Mapping):
            given = wanted if isinstance(wanted, Mapping) else {}
            had = {member: value for member, value in had.items() if member in given}
        paths = dict(_paths(name, had, wanted, unordered=name in resource.sets))
        if not paths:
            continue
        changed.append(name)
        replace = name not in resource.updatable | further
        if replace:
            replaces.append(name)
        for path, kind in paths.items():
            detailed[path] = provider_pb2.PropertyDiff(kind=_REPLACING[kind] if replace else kind)
    for name in resource.changed_by_itself(old):
        changed.append(name)
        replaces.append(name)
        detailed[name] = provider_pb2.PropertyDiff(kind=Kind.UPDATE_REPLACE)
    answers = provider_pb2.DiffResponse
    return answers(
        changes=answers.DIFF_SOME if changed else answers.DIFF_NONE,
        diffs=changed,
        replaces=replaces,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def refreshed(resource: ResourceType, inputs: Properties, outputs: Properties) -> Properties:
    """The inputs of the state, with the values that were found changed.

    Of a record whose members the provider chooses, only those stay inputs that were inputs before.
    """
    fresh = {name: outputs.get(name, value) for name, value in inputs.items()}
    for name in resource.chosen_inside & inputs.keys():
        given, found = inputs[name], fresh[name]
        if isinstance(given, Mapping) and isinstance(found, Mapping):
            fresh[name] = {member: found.get(member, value) for member, value in given.items()}
    return fresh


def _paths(
    path: str,
    old: Any,  # noqa: ANN401 - any JSON value
    new: Any,  # noqa: ANN401
    *,
    unordered: bool = False,
) -> Iterator[tuple[str, Kind.ValueType]]:
    if (_nothing(old) and _nothing(new)) or (new is None and old in (False, 0)):
        return  # "not given" and the zero value are the same to a provider
    if new is UNKNOWN:
        yield path, Kind.ADD if _nothing(old) else Kind.UPDATE
    elif _nothing(old):
        yield path, Kind.ADD
    elif _nothing(new):
        yield path, Kind.DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            if name.startswith("__"):
                continue
            yield from _paths(_member(path, name), old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list):
        if unordered and not contains_unknown(new):
            old, new = sorted(old), sorted(new)
        for index in range(max(len(old), len(new))):
            yield from _paths(
                f"{path}[{index}]",
                old[index] if index < len(old) else None,
                new[index] if index < len(new) else None,
            )
    elif old != new:
        yield path, Kind.UPDATE


def _same_json(old: object, new: object) -> bool:
    try:
        return json.loads(str(old)) == json.loads(str(new))
    except ValueError:
        return False


def _member(path: str, name: str) -> str:
    # Tag keys may hold anything: only plain names go without quotes in a property path.
    return f"{path}.{name}" if name.isidentifier() else f'{path}["{name}"]'


def _nothing(value: object) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)
