"""What every resource type of a stand-in is: rules of change; create, read, update, delete."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.packages import ResourceClass
from rehearsal.plugins.core.values import UNKNOWN, Properties, contains_unknown


@dataclass(frozen=True)
class Call:
    """One call of the engine about one resource.

    Attributes:
        name: the resource's name in the program.
        urn: its full name in the state.
        timeout: seconds the program allows the operation (custom_timeouts), None without a word.
        cancelled: set when the user cancels the whole operation.
        log: shows a line at the resource while it is being made.
    """

    name: str
    urn: str = ""
    timeout: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    log: Callable[[str], None] = lambda _: None
    warn: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Made:
    """A resource as it is now: its id and all outputs."""

    identifier: str
    outputs: Properties


class ResourceType(ABC):
    """A resource type. The servicer has marked and unmarked secrets: all values here are plain."""

    token: ClassVar[str]
    #: Inputs whose change updates the resource; a change of any other replaces it.
    updatable: ClassVar[frozenset[str]] = frozenset()
    #: What the provider takes where the program gives nothing. It shows in outputs, not in inputs.
    defaults: ClassVar[Mapping[str, Any]] = {}
    #: The same for members of an input that is a record; these do go into the inputs.
    nested_defaults: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    #: Inputs that are records whose missing members the provider chooses.
    chosen_inside: ClassVar[frozenset[str]] = frozenset()
    #: Inputs that are JSON texts, compared by what they say.
    json_texts: ClassVar[frozenset[str]] = frozenset()
    #: Outputs that are always secret.
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    #: Lists whose order means nothing.
    sets: ClassVar[frozenset[str]] = frozenset()
    #: Whether what changed is told by the old inputs, not by the state's outputs.
    compares_inputs: ClassVar[bool] = False
    #: Inputs that never reach the state's outputs.
    write_only: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, python_class: ResourceClass) -> None:
        self.python_class = python_class

    def checked(self, inputs: Properties) -> Properties:
        """The inputs as they go into the state, with what the provider adds to them."""
        filled: Properties = {}
        for name, defaults in self.nested_defaults.items():
            given = inputs.get(name)
            if isinstance(given, dict):
                missing = {k: v for k, v in defaults.items() if k not in given}
                filled[name] = {**given, **missing, "__defaults": sorted(missing)}
        return {**inputs, **filled}

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Failures beyond names and types; ``inputs`` may hold unknowns (`UNKNOWN`)."""
        del inputs, resource
        return []

    def planned(self, inputs: Properties, old: Properties | None) -> Properties:
        """Outputs as far as a preview can tell, of a new resource or of one to be updated."""
        given = self.echoed(inputs)
        if old is not None:
            kept = {k: v for k, v in old.items() if k not in self.python_class.inputs.types}
            computed = {k: old[k] for k in self.computed_inputs() if k in old}
            return {**kept, **computed, **given}
        unknown = {name: UNKNOWN for name, always in self.python_class.outputs.items() if always}
        return {**unknown, **given}

    def echoed(self, inputs: Properties) -> Properties:
        """The inputs that show as outputs of the same name, defaults included."""
        return {
            name: value
            for name, value in {**self.defaults, **inputs}.items()
            if name in self.python_class.outputs and name not in self.write_only
        }

    def secrets_among_outputs(self, inputs: Properties) -> frozenset[str]:
        """Outputs that are secret besides echoed inputs; ``inputs`` come with their marks."""
        del inputs
        return self.secret_outputs

    def computed_inputs(self) -> frozenset[str]:
        """Inputs the provider chooses where the program gives none, without a fixed default."""
        return frozenset(
            name
            for name, always in self.python_class.outputs.items()
            if always
            and name in self.python_class.inputs.types
            and name not in self.python_class.inputs.required
            and name not in self.defaults
        )

    def further_inputs(self) -> frozenset[str]:
        """Inputs that the provider adds, compared besides those that a program can give."""
        return frozenset()

    def changed_by_itself(self, old: Properties) -> list[str]:
        """Outputs that ask for a replacement though no input changed (an expired certificate)."""
        del old
        return []

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it and wait until it is there."""

    def read(self, call: Call, identifier: str, old: Properties) -> Made | None:
        """What is there now; None when it is gone. ``old`` is empty for an import."""
        del call
        if not old:
            raise ProviderError(
                f"{self.token} '{identifier}' can't be imported: it lives in the state only"
            )
        return Made(identifier, old)

    def imported_inputs(self, outputs: Properties) -> Properties:
        """The inputs a program would give for the resource ``outputs`` describe."""
        return {k: v for k, v in outputs.items() if k in self.python_class.inputs.types}

    def update(
        self, call: Call, identifier: str, old: Properties, inputs: Properties
    ) -> Properties:
        """Change it in place, and return the new outputs."""
        del call, identifier
        return self.planned(inputs, old)

    def delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Delete it and wait until it is gone; it may be gone already."""
        del call, identifier, old


def known(inputs: Properties, *names: str) -> bool:
    """Whether none of the named inputs is unknown."""
    return not any(contains_unknown(inputs.get(name)) for name in names)
