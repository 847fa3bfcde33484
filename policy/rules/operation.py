"""Rules about daily operation: what is left on, what is watched, who it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import tokens
from .model import (
    DISPOSABLE_STACKS,
    Level,
    Parameter,
    Parameters,
    Resource,
    Rule,
    Violation,
    is_disposable,
    list_of,
    mapping_of,
    of_type,
)


def _left_on(resources: Sequence[Resource], _: Parameters) -> Iterator[Violation]:
    """Before its work is done, what the work gives is not known."""
    activations = of_type(resources, tokens.ACTIVATION)
    users = of_type(resources, tokens.KMS_USER)
    activated = activations and all(one.props.get("state") == "ACTIVE" for one in activations)
    if not activated or not all(isinstance(one.props.get("done"), str) for one in users):
        return
    for one in of_type(resources, tokens.INSTANCE):
        if one.is_part_of(tokens.CLIENT_HOST):
            told = (
                f"{one.name} has done its work, and can still log in to the HSMs: set "
                "cloudhsm:client.host to false, and to true again before the next HSM is added"
            )
            yield one, told


NO_CLIENT_HOST = Rule(
    name="no-client-host-left",
    description="The client host is deleted when its work is done.",
    level=Level.ADVISORY,
    check=_left_on,
    of_stack=True,
)


def _unwatched(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    alarms = of_type(resources, tokens.METRIC_ALARM)
    watched = {namespace for one in alarms for namespace in _namespaces(one.props)}
    missing = [one for one in values["namespaces"] if one not in watched]
    for one in of_type(resources, *tokens.CLUSTERS):
        if missing and not is_disposable(one, values):
            told = (
                f"no CloudWatch alarm of this stack watches {', '.join(missing)}: set "
                "cloudhsm:monitoring, to {} for the defaults. Where another stack has the alarms, "
                "disable this rule"
            )
            yield one, told


def _namespaces(alarm: Mapping[str, Any]) -> Iterator[str]:
    """The namespaces of an alarm's metrics; an alarm on an expression has several."""
    yield str(alarm.get("namespace"))
    for query in list_of(alarm.get("metricQueries")):
        yield str(mapping_of(mapping_of(query).get("metric")).get("namespace"))


ALARMS = Rule(
    name="alarms-present",
    description="CloudWatch alarms watch the cluster.",
    level=Level.ADVISORY,
    check=_unwatched,
    of_stack=True,
    parameters={
        "namespaces": Parameter(
            ["AWS/CloudHSM"], "Namespaces of metrics; each needs an alarm on one of its metrics."
        ),
        **DISPOSABLE_STACKS,
    },
)


def _untagged(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        # tagsAll has the provider's default tags, too; the engine knows it after the provider.
        found = {**mapping_of(one.props.get("tags")), **mapping_of(one.props.get("tagsAll"))}
        missing = [key for key in values["keys"] if not found.get(key)]
        if missing:
            yield one, f"{one.name} lacks {', '.join(missing)}: set it in cloudhsm:tags"


TAGGED = Rule(
    name="tagged",
    description="What costs money, or holds data or keys, has the tags that you want.",
    level=Level.ADVISORY,
    check=_untagged,
    types=frozenset(
        {
            *tokens.CLUSTERS,
            *tokens.FILE_SYSTEMS,
            tokens.INSTANCE,
            tokens.KMS_KEY,
            tokens.NAT_GATEWAY,
            tokens.SVM,
            tokens.VOLUME,
        }
    ),
    parameters={"keys": Parameter(["environment"], "Keys of the tags.")},
)
