"""What the two kinds of command share."""

from __future__ import annotations

import secrets
from typing import ClassVar

from rehearsal.plugins.core.resource_type import Call, ResourceType
from rehearsal.plugins.core.values import UNKNOWN, Properties, contains_secret

ID_RANDOM_HEX_DIGITS = 8
UPDATABLE = frozenset(
    {
        "addPreviousOutputInEnv",
        "create",
        "delete",
        "environment",
        "logging",
        "stdin",
        "update",
    }
)


class CommandResource(ResourceType):
    """A command. Its text is shown when it fails: no secret belongs in it."""

    compares_inputs: ClassVar = True
    #: Outputs that hold what a command printed.
    printed: ClassVar = frozenset({"stdout", "stderr"})

    def planned(self, inputs: Properties, old: Properties | None) -> Properties:
        """What a command will print is not known before it has run."""
        del old
        return {**self.echoed(inputs), "stdout": UNKNOWN, "stderr": UNKNOWN}

    def secrets_among_outputs(self, inputs: Properties) -> frozenset[str]:
        """With a secret among the inputs, all that the command printed may hold it."""
        return self.printed if contains_secret(inputs) else frozenset()

    @staticmethod
    def new_identifier(call: Call) -> str:
        """An id as the published plugin makes them: the name and some random digits."""
        return call.name + secrets.token_hex(ID_RANDOM_HEX_DIGITS // 2)
