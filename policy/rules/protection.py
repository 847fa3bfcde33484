"""Rules about what must not be deleted by accident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import tokens
from .model import (
    DISPOSABLE_STACKS,
    Level,
    Parameters,
    Resource,
    Rule,
    Violation,
    is_disposable,
)

HOLD_DATA_OR_KEYS = frozenset(
    {
        tokens.CLUSTER,
        tokens.DUAL_STACK_CLUSTER,
        tokens.INITIALIZATION,
        tokens.KEY_STORE,
        tokens.KMS_CA,
        tokens.KMS_KEY,
        tokens.PASSWORD,
        tokens.PRIVATE_CA,
        tokens.SVM,
        tokens.VOLUME,
        *tokens.FILE_SYSTEMS,
    }
)


def _unprotected(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        if not one.protect and not is_disposable(one, values):
            told = (
                f"{one.name} is not protected, so `pulumi destroy` deletes it: set "
                "cloudhsm:disposable to false, or protect=True in a stack of yours. A stack that "
                "may be deleted belongs in the parameter disposableStacks"
            )
            yield one, told


PROTECTED = Rule(
    name="protected",
    description="What holds data or keys is protected from deletion.",
    level=Level.MANDATORY,
    check=_unprotected,
    types=HOLD_DATA_OR_KEYS,
    parameters=DISPOSABLE_STACKS,
)
