"""Base of this package's components: they know their parent, which Pulumi's own do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi


class Part(pulumi.ComponentResource):
    """A component of this package.

    Attributes:
        identity_of_deployment: of the outermost one, see `deployment_of`. Kept here, since it leads
            to its component: in a table it would keep a program alive that has ended. No input may
            have this name, since the SDK keeps each input as an attribute.
    """

    identity_of_deployment: object | None = None

    def __init__(
        self,
        type_token: str,
        name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the component.

        Args:
            type_token: for example `cloudhsm:index:Network`.
            name: logical name.
            inputs: what the state shows as its inputs.
            opts: Pulumi's options.
        """
        self._parent = opts.parent if opts else None
        super().__init__(type_token, name, inputs, opts)

    @property
    def lineage(self) -> list[pulumi.Resource]:
        """The component and what it is in, the outermost first, as far as parents are known.

        Above this package's components that is one resource: another component does not tell its
        own parent.
        """
        found: list[pulumi.Resource] = [self]
        while isinstance(first := found[0], Part) and first._parent is not None:
            found.insert(0, first._parent)
        return found
