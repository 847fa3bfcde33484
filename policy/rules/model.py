"""What a rule is, and what it looks at. Nothing here needs the policy SDK.

A value that is not known in a preview is `UNKNOWN`. A rule never takes it for a violation: the
update that makes it known runs the rule again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, cast

from .tokens import in_python


class Unknown(Enum):
    """A value that is not known yet, or that is hidden from the pack."""

    UNKNOWN = "not known"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True)
class Resource:
    """A resource of the stack.

    Attributes:
        token: type token, as the engine has it.
        urn: the engine's name of it.
        props: inputs, where the rule looks at one resource; outputs, where it looks at the stack.
        protect: whether the engine refuses to delete it.
        depends_on: property to the URNs of the resources that its value comes from; only where the
            rule looks at the stack.
    """

    token: str
    urn: str
    props: Mapping[str, Any]
    protect: bool = False
    depends_on: Mapping[str, Iterable[str]] = field(default_factory=dict[str, Iterable[str]])

    @property
    def type(self) -> str:
        """The type token that a resource of this package has in a Python program."""
        return in_python(self.token)

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.urn.split(":")[2]

    def is_part_of(self, component: str) -> bool:
        """Whether a component of that type token is its parent, or a parent of its parent."""
        return component in self.urn.split("::")[2].split("$")[:-1]

    def comes_from(self, prop: str, others: Iterable[Resource]) -> bool:
        """Whether the value of a property comes from one of these resources."""
        return not {one.urn for one in others}.isdisjoint(self.depends_on.get(prop, ()))


Parameters = Mapping[str, Any]
"""The values of a rule's parameters, by their names."""
Violation = tuple[Resource, str]
"""What violates a rule, and what to do about it in one line."""
Check = Callable[[Sequence[Resource], Parameters], Iterator[Violation]]


class Level(Enum):
    """What a violation does, in the engine's words."""

    ADVISORY = "advisory"
    """It is told."""
    MANDATORY = "mandatory"
    """The preview or update fails."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a rule.

    Attributes:
        default: its value where the user gives none; its type is the parameter's.
        description: what it means.
        choices: the values that a text may have; empty for any.
    """

    default: int | str | list[str]
    description: str
    choices: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """It as JSON schema, as Pulumi takes it."""
        kinds: dict[type, dict[str, Any]] = {
            int: {"type": "integer"},
            str: {"type": "string"},
            list: {"type": "array", "items": {"type": "string"}},
        }
        return {
            **kinds[type(self.default)],
            **({"enum": list(self.choices)} if self.choices else {}),
            "default": self.default,
            "description": self.description,
        }

    def read(self, value: object) -> object:
        """A given value: whole numbers arrive as floats."""
        return int(value) if isinstance(value, float) else value


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        name: its name in the pack; users give levels and parameters by it.
        description: what has to be so, as a sentence.
        level: what a violation does by default.
        check: finds the violations; gets the resources of `types` only, if it is no `of_stack`.
        types: type tokens of the resources that it looks at, one by one, before each is made.
        of_stack: it looks at all resources of a stack, after each of them.
        parameters: by name.
    """

    name: str
    description: str
    level: Level
    check: Check
    types: frozenset[str] = frozenset()
    of_stack: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])

    def violations(
        self, resources: Iterable[Resource], given: Mapping[str, Any] | None = None
    ) -> list[Violation]:
        """What violates the rule.

        Args:
            resources: one resource, or all of a stack.
            given: values of parameters; the others have their defaults.
        """
        values = {
            name: one.read((given or {}).get(name, one.default))
            for name, one in self.parameters.items()
        }
        looked_at = [one for one in resources if self.of_stack or one.type in self.types]
        return list(self.check(looked_at, values))


DISPOSABLE_STACKS = {
    "disposableStacks": Parameter(
        ["dev", "dev-*", "test", "test-*"],
        "Names of stacks that may be deleted with all they hold; `*` stands for any text.",
    )
}


def is_disposable(resource: Resource, values: Parameters) -> bool:
    """Whether the stack is one that may be deleted with all it holds."""
    return any(fnmatchcase(resource.stack, pattern) for pattern in values["disposableStacks"])


def mapping_of(value: object) -> Mapping[str, Any]:
    """The value of a property as a mapping; empty where it is none, or not known."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def list_of(value: object) -> list[Any]:
    """The value of a property as a list; empty where it is none, or not known."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def of_type(resources: Iterable[Resource], *types: str) -> list[Resource]:
    """The resources of these types."""
    return [one for one in resources if one.type in types]
