"""The policy pack: hands the rules to Pulumi's policy SDK.

    pulumi preview --policy-pack policy
    pulumi policy analyze --policy-pack policy

The pack runs in a virtual environment of its own, which `make policy` makes.
"""

# The SDK is in the pack's own virtual environment only.
# pyright: basic, reportMissingImports=false
# ruff: noqa: ANN401 - a property may hold anything

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from rules import RULES
from rules.model import UNKNOWN, Resource, Rule

HIDDEN = "[secret]"
"""What `policy analyze --file` shows of a secret that it cannot decrypt."""


def plain(value: Any) -> Any:
    """A value of the SDK without what raises where it is not known."""
    if isinstance(value, Mapping):
        return {key: item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [item(value, index) for index in range(len(value))]
    return UNKNOWN if value == HIDDEN else value


def item(container: Any, key: Any) -> Any:
    """An item of a value of the SDK."""
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def resource(one: ResourceValidationArgs | PolicyResource) -> Resource:
    """A resource of the SDK as the rules know it."""
    depends_on = getattr(one, "property_dependencies", {})
    return Resource(
        one.resource_type,
        one.urn,
        plain(one.props),
        bool(one.opts.protect),
        {key: [other.urn for other in others] for key, others in depends_on.items()},
    )


def check_one(rule: Rule, args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Looks at one resource before it is made."""
    for _, message in rule.violations([resource(args)], args.get_config()):
        report(message, None)


def check_stack(rule: Rule, args: StackValidationArgs, report: ReportViolation) -> None:
    """Looks at all resources of a stack."""
    for one, message in rule.violations(map(resource, args.resources), args.get_config()):
        report(message, one.urn)


def policy(rule: Rule) -> Policy:
    """A rule as the SDK knows it."""
    schema = {name: one.schema for name, one in rule.parameters.items()}
    about = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(rule.level.value),
        "config_schema": PolicyConfigSchema(schema) if schema else None,
    }
    if rule.of_stack:
        return StackValidationPolicy(**about, validate=partial(check_stack, rule))
    return ResourceValidationPolicy(**about, validate=partial(check_one, rule))


PolicyPack(name="cloudhsm", policies=[policy(rule) for rule in RULES])
