"""Stacks of the program as a policy pack sees them: what it registers, and what came of it."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi.runtime import rpc

from policy.rules.model import UNKNOWN, Resource, Rule
from pulumi_cloudhsm import CloudHsmDeployment
from tests.support.fake_cloud import World
from tests.support.recording import PROGRAM, Registered, bare, config, run

Beside = Callable[[CloudHsmDeployment], object]
"""Declares more resources in the program's stack."""

WHOLE: dict[str, Any] = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {},
    "fileSystem": {},
    "disposable": None,
}
"""Everything, in a stack that is kept."""


def planned(stack: str = "prod", *, beside: Beside | None = None, **changes: Any) -> list[Resource]:
    """A first preview: inputs, and nothing that AWS computes.

    Args:
        stack: the stack's name.
        beside: declares more resources.
        changes: laid over the config of the development stack, as `config` takes them.
    """
    program = _program(beside)
    done = run(config(**changes), stack=stack, preview=True, program=program).succeeded()
    return [_resource(one, one.inputs) for one in done.resources]


def made(stack: str = "prod", *, beside: Beside | None = None, **changes: Any) -> list[Resource]:
    """The stack after its first update, with outputs; arguments as of `planned`."""
    world = World()
    program = _program(beside)
    done = run(config(**changes), stack=stack, world=world, program=program).succeeded()
    return [
        _resource(one, one.inputs | world.state.get(one.name, ("", {}))[1])
        for one in done.resources
    ]


def changed(resources: Iterable[Resource], kind: str, **props: Any) -> list[Resource]:
    """The same resources, those of a type with other properties; None takes one away."""
    found = list(resources)
    assert any(one.type == kind for one in found), f"no {kind}"
    return [_with(one, props) if one.type == kind else one for one in found]


def without(resources: Iterable[Resource], kind: str) -> list[Resource]:
    """The same resources without those of a type."""
    found = list(resources)
    assert any(one.type == kind for one in found), f"no {kind}"
    return [one for one in found if one.type != kind]


def told(rule: Rule, resources: Iterable[Resource], **parameters: Any) -> dict[str, str]:
    """The messages of a rule, by the name of the resource."""
    return {one.name: message for one, message in rule.violations(resources, parameters)}


def _program(beside: Beside | None) -> Callable[[], None]:
    def program() -> None:
        deployment = runpy.run_path(str(PROGRAM), run_name="__main__")["deployment"]
        if beside is not None:
            beside(deployment)

    return program


def _with(one: Resource, props: Mapping[str, Any]) -> Resource:
    both = {key: value for key, value in {**one.props, **props}.items() if value is not None}
    return Resource(one.token, one.urn, both, one.protect, one.depends_on)


def _resource(one: Registered, props: Mapping[str, Any]) -> Resource:
    depends_on = {key: list(of.urns) for key, of in one.request.propertyDependencies.items()}
    return Resource(one.type, one.urn, _plain(bare(props)), one.request.protect, depends_on)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return UNKNOWN if value == rpc.UNKNOWN else value
