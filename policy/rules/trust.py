"""Rules about the trust anchor: who holds its key, and what it was given to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import tokens
from .model import Level, Parameter, Parameters, Resource, Rule, Violation

_STRENGTH = ("off", "standard", "full")


def _weaker(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    wanted = values["verification"]
    for one in resources:
        found = one.props.get("verification")
        if found in _STRENGTH and _STRENGTH.index(found) < _STRENGTH.index(wanted):
            told = (
                f"the identity of the first HSM is verified as {found!r}: set "
                f"cloudhsm:identity.verification to {wanted!r}. Without it another device could "
                "have made the CSR that becomes the cluster's certificate"
            )
            yield one, told


IDENTITY_VERIFICATION = Rule(
    name="identity-verification",
    description="The identity of the first HSM is verified before the cluster is initialized.",
    level=Level.MANDATORY,
    check=_weaker,
    types=frozenset({tokens.IDENTITY}),
    parameters={
        "verification": Parameter("standard", "The least verification: `standard` or `full`.")
    },
)
