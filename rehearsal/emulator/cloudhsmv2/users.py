"""The users on a cluster's HSMs, as the data plane keeps them: apart from AWS's control plane.

Answers have the form of cloudhsm-cli (user guide, "CloudHSM CLI reference"): `error_code` and
`data`. Texts of refusals are ours, since AWS's are not public.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rehearsal.emulator.cloudhsmv2.records import Cluster, User

ADMIN = "admin"
UNACTIVATED = "unactivated-admin"
CRYPTO_USER = "crypto-user"
KMSUSER = "kmsuser"
TRIES_BEFORE_LOCKED = 5
"""Wrong passwords in a row that lock a user. Assumed; the user guide has no number."""

Answer = dict[str, Any]


class DataPlaneError(Exception):
    """What cloudhsm-cli answers with an error_code of 1."""


@dataclass(frozen=True)
class Login:
    """Who is logged in in the CLI's session."""

    name: str
    password: str


def users(cluster: Cluster) -> dict[str, User]:
    """The cluster's users; before the activation only the one who may activate it."""
    if ADMIN not in cluster.users:
        cluster.users[ADMIN] = User(UNACTIVATED, "")
    return cluster.users


def activate(cluster: Cluster, password: str) -> str:
    """`cluster activate`: the first password of the first administrator."""
    admin = users(cluster)[ADMIN]
    if admin.role != UNACTIVATED:
        raise DataPlaneError("The cluster is already activated.")
    _check_password(password)
    admin.role, admin.password = ADMIN, password
    return "Cluster activation successful"


def listed(cluster: Cluster) -> Answer:
    """`user list`, which needs no login."""
    live, found = _live(cluster), list[Answer]()
    for name, user in users(cluster).items():
        properties = {
            "username": name,
            "role": user.role,
            "locked": str(user.locked).lower(),
            "mfa": [],
            "quorum": [],
            "cluster-coverage": "inconsistent" if user.missing_on & live else "full",
            **user.shown,
        }
        found.append({key: value for key, value in properties.items() if value is not None})
    return {"users": found}


def hsm_info(cluster: Cluster) -> Answer:
    """`cluster hsm-info`, which needs no login."""
    return {
        "hsms": [
            {"vendor": "Marvell Semiconductors, Inc.", "serial-number": hsm.hsm_id}
            for hsm in cluster.hsms
            if hsm.state == "ACTIVE"
        ]
    }


def login(cluster: Cluster, name: str, role: str, password: str) -> Answer:
    """`login`; a user is locked after some wrong passwords."""
    user = users(cluster).get(name)
    if user is None or user.role != role:
        raise DataPlaneError(f"User {name} with role {role} does not exist.")
    if user.locked or user.shown.get("locked") not in (None, "false"):
        raise DataPlaneError(f"User {name} is locked out.")
    if user.shown.get("mfa"):
        raise DataPlaneError(f"User {name} needs a signed token.")
    if user.password != password:
        user.failures += 1
        user.locked = user.failures >= TRIES_BEFORE_LOCKED
        raise DataPlaneError("The user's credentials are wrong.")
    user.failures = 0
    return {"username": name, "role": role}


def create(cluster: Cluster, by: Login | None, name: str, role: str, password: str) -> Answer:
    """`user create`; where the user is on some HSMs only, it is made on the others."""
    _require_admin(cluster, by)
    _check_password(password)
    live, existing = _live(cluster), users(cluster).get(name)
    if existing is not None and not existing.missing_on & live:
        raise DataPlaneError(f"User {name} already exists.")
    if existing is not None:
        if existing.password != password:
            raise DataPlaneError(f"User {name} has another password on the HSMs that have it.")
        existing.missing_on -= live
    else:
        cluster.users[name] = User(role, password, joining(cluster))
    return {"username": name, "role": role}


def change_password(
    cluster: Cluster, by: Login | None, name: str, role: str, password: str
) -> Answer:
    """`user change-password` by an administrator; it unlocks the user, too."""
    _require_admin(cluster, by)
    _check_password(password)
    user = users(cluster).get(name)
    if user is None or user.role != role:
        raise DataPlaneError(f"User {name} with role {role} does not exist.")
    user.password, user.locked, user.failures = password, False, 0
    return {"username": name, "role": role}


def delete(cluster: Cluster, by: Login | None, name: str) -> Answer:
    """`user delete`."""
    _require_admin(cluster, by)
    if cluster.users.pop(name, None) is None:
        raise DataPlaneError(f"User {name} does not exist.")
    return {"username": name}


def joining(cluster: Cluster) -> set[str]:
    """HSMs that are joining: a user made now never reaches them."""
    return {hsm.hsm_id for hsm in cluster.hsms if hsm.state == "CREATE_IN_PROGRESS"}


def on_hsm(cluster: Cluster, hsm_id: str) -> dict[str, User]:
    """The users that an HSM has, as a backup of it keeps them: with the passwords of now."""
    return {
        name: replace(user, missing_on=set(), logged_in=False)
        for name, user in users(cluster).items()
        if hsm_id not in user.missing_on
    }


def restored(cluster: Cluster, hsm_id: str, source: str) -> None:
    """A new HSM begins with a backup of another: a user that is missing there is missing here."""
    for user in users(cluster).values():
        if source in user.missing_on:
            user.missing_on.add(hsm_id)


def _live(cluster: Cluster) -> set[str]:
    return {hsm.hsm_id for hsm in cluster.hsms if hsm.state == "ACTIVE"}


def _require_admin(cluster: Cluster, by: Login | None) -> None:
    if by is None or by.name != ADMIN:
        raise DataPlaneError("This command needs a login as admin.")
    login(cluster, by.name, ADMIN, by.password)


def _check_password(password: str) -> None:
    # User guide, quotas: 7 to 32 characters.
    if not 7 <= len(password) <= 32:
        raise DataPlaneError("A password must have 7 to 32 characters.")
