"""The package's own mocks, and every resource that they were asked to make."""

from __future__ import annotations

from typing import Any

import pulumi

from pulumi_cloudhsm.testing import DeploymentMocks
from tests.support.recording import bare


class Made(DeploymentMocks):
    """Keeps type and inputs of every resource."""

    def __init__(self) -> None:
        self.all: dict[str, tuple[str, dict[str, Any]]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> Any:
        self.all[args.name] = (args.typ, bare(args.inputs))
        return super().new_resource(args)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Inputs by name."""
        return {name: inputs for name, (typ, inputs) in self.all.items() if typ == kind}
