"""Roles: whom they trust. moto lets everybody assume everything, also what is not there.

Sources: IAM user guide, "IAM roles" (trust policy) and "Access to AWS accounts owned by third
parties" (external id). The refusal's text is the one that users report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ControlError, ServiceError
from rehearsal.emulator.core.place import ACCOUNT, Place
from rehearsal.emulator.core.request import AwsRequest

_OWN_PATH = "/rehearsal/"
"""Of roles that the control interface makes; they are no leftovers."""
_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/.+")
_IAM_REGION = "us-east-1"


def check(asked: AwsRequest) -> dict[str, Any] | None:
    """Refuse AssumeRole where the role does not trust the caller; moto answers all calls.

    Raises:
        ServiceError: there is no such role, or it trusts others or demands another external id.
    """
    if asked.operation != "AssumeRole":
        return None
    given = asked.parameters
    arn = str(given.get("RoleArn", ""))
    role = _find(arn)
    if role is None or not _trusts(role, asked.place.account, given.get("ExternalId")):
        raise ServiceError(
            "AccessDenied",
            f"User: arn:aws:iam::{asked.place.account}:user/rehearsal is not authorized to perform:"
            f" sts:AssumeRole on resource: {arn}",
            403,
        )
    return None


def access_key_in(answer: bytes) -> str:
    """The access key that STS gives out in an answer; empty where it gives none."""
    found = re.search(rb"<AccessKeyId>([^<]+)</AccessKeyId>", answer)
    return found[1].decode() if found else ""


def make_role(given: Mapping[str, Any]) -> dict[str, str]:
    """Make a role that callers of another account may assume.

    Args:
        given: `account` (where), `name`, `trusts` (the account of the callers; the usual one) and
            `external_id` (demanded of them; none).

    Raises:
        ControlError: no account or name, or the name is taken.
    """
    account, name = str(given.get("account", "")), str(given.get("name", ""))
    if not re.fullmatch(r"\d{12}", account) or not name:
        raise ControlError(f"a role needs account, twelve digits, and name; got {dict(given)}")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{given.get('trusts', ACCOUNT)}:root"},
        "Action": "sts:AssumeRole",
    }
    if given.get("external_id"):
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": given["external_id"]}}
    if name in [role.name for role in _iam(account).roles.values()]:
        raise ControlError(f"account {account} has a role {name!r} already")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = _iam(account).create_role(
        role_name=name,
        assume_role_policy_document=policy,
        path=_OWN_PATH,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    return {"arn": str(role.arn)}


def remaining(account: str) -> dict[str, list[str]]:
    """Names of an account's roles and instance profiles, without those of the rehearsal."""
    iam = _iam(account)
    return {
        "roles": sorted(role.name for role in iam.roles.values() if role.path != _OWN_PATH),
        "instance_profiles": sorted(one.name for one in iam.instance_profiles.values()),
    }


def _iam(account: str) -> Any:  # noqa: ANN401 - moto's IAM
    return moto_backends.iam(Place(_IAM_REGION, account))


def _find(arn: str) -> Any:  # noqa: ANN401 - moto's role, or None
    account = _ROLE.fullmatch(arn)
    roles = _iam(account[1]).roles.values() if account else ()
    return next((role for role in roles if role.arn == arn), None)


def _trusts(role: Any, account: str, external_id: str | None) -> bool:  # noqa: ANN401
    document = json.loads(role.assume_role_policy_document)
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _listed(statement["Action"])
        and _is_meant(account, statement.get("Principal", {}))
        and external_id in _listed(_demanded(statement) or external_id)
        for statement in _listed(document["Statement"])
    )


def _demanded(statement: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")


def _is_meant(account: str, principal: str | Mapping[str, Any]) -> bool:
    named = [principal] if isinstance(principal, str) else _listed(principal.get("AWS", []))
    return bool({"*", account, f"arn:aws:iam::{account}:root"} & set(named))


def _listed(value: Any) -> Iterable[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]
