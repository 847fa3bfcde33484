"""Secrets of yours, looked at before anything is paid for: there, text, and fit for their use.

At program time only, where the secret is given as a plain value, and before its first use. The
credentials of a preview may lack the right to read a secret. Then what uses it checks its shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from ..aws import secretsmanager
from ..aws.access import AwsAccess
from ..aws.advice import is_denied
from ..common import CommonArgs
from ..errors import AwsError, CloudHsmError, StateError
from ..recovery.part import Part
from ..recovery.stack_state import looks_allowed
from ..validation import InputError
from .rules import PasswordRule

T = TypeVar("T")
_COMPLETE_ARN = re.compile(r"arn:.*-[A-Za-z0-9]{6}")
"""Secrets Manager ends each ARN with six characters of its own, and IAM compares them."""
_FITTING: WeakKeyDictionary[pulumi.Resource, set[tuple[object, ...]]] = WeakKeyDictionary()
_FIX = {
    "ResourceNotFoundException": (
        "there is no such secret in this account and Region: store the password as plaintext (aws "
        "secretsmanager create-secret), or name another"
    ),
    "InvalidRequestException": (
        "it is marked for deletion: restore it (aws secretsmanager restore-secret), or name another"
    ),
}


def check_secret_at_aws(
    component: Part,
    common: CommonArgs,
    field: str,
    secret: pulumi.Input[str] | None,
    rule: PasswordRule,
) -> None:
    """Refuses a secret that is not there, or that holds no password for its use.

    Args:
        component: whose secret it is.
        common: its account and Region.
        field: path of the Args field.
        secret: name or ARN; an Output and None pass.
        rule: what the password has to be.

    Raises:
        InputError: names the field, the secret and the fix; never shows the text.
        RunError: AWS cannot be asked, in an update.
    """
    access, root = common.within(component).access, get_root_resource()
    if not isinstance(secret, str) or not _may_ask(access) or root is None:
        return
    fitting = _FITTING.setdefault(root, set())
    if (access, secret, rule) in fitting:
        return
    read = _asked(
        component, field, secret, lambda: secretsmanager.secret_value_and_version(access, secret)
    )
    problem = rule.problem(read[0]) if read else None
    if problem is not None:
        raise InputError(field, secret, problem)
    if read is None:
        _asked(component, field, secret, lambda: secretsmanager.secret_arn(access, secret))
    fitting.add((access, secret, rule))


def with_arn(
    component: Part, common: CommonArgs, field: str, secret: pulumi.Input[str]
) -> pulumi.Input[str]:
    """The ARN of a secret, which the rights of a host's role need.

    Args:
        component: whose secret it is.
        common: its account and Region.
        field: path of the Args field.
        secret: name or ARN.

    Returns:
        The ARN; what was given, in a unit test with mocks and in a preview that cannot ask.

    Raises:
        InputError: there is no such secret, or an Output holds a name; says the fix.
        RunError: AWS cannot be asked, in an update.
    """
    if not isinstance(secret, str):
        return pulumi.Output.from_input(secret).apply(lambda known: _arn_of_output(field, known))
    access = common.within(component).access
    if _COMPLETE_ARN.fullmatch(secret) or not _may_ask(access):
        return secret
    arn = _asked(component, field, secret, lambda: secretsmanager.secret_arn(access, secret))
    if arn is None and not pulumi.runtime.is_dry_run():
        fix = "give its ARN: the host's role needs it, and these credentials may not look it up"
        raise InputError(field, secret, fix)
    return arn or secret


def _may_ask(access: AwsAccess) -> bool:
    """Not in a unit test, and not where the Region is not known yet."""
    return looks_allowed() and isinstance(access.region, str)  # pyright: ignore


def _arn_of_output(field: str, known: str) -> str:
    if not known.startswith("arn:"):
        raise InputError(field, known, "give the secret's ARN: the host's role needs it")
    return known


def _asked(component: Part, field: str, secret: str, ask: Callable[[], T]) -> T | None:
    """What Secrets Manager answers; None where these credentials may not ask it.

    A preview that cannot ask for another reason warns and goes on.
    """
    try:
        return ask()
    except StateError as error:
        raise InputError(field, secret, str(error)) from None
    except CloudHsmError as error:
        code = error.code if isinstance(error, AwsError) else ""
        if code in _FIX:
            raise InputError(field, secret, _FIX[code]) from None
        if is_denied(error):
            return None
        if not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(str(error)) from None
        pulumi.log.warn(f"{error}; what the secret holds is not known yet", component)
        return None
