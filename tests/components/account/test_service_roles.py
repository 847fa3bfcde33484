"""Service-linked roles: what the account lacks is told in the preview, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pulumi_cloudhsm.account.service_roles import CLOUDHSM, FSX, KEY_STORES, ServiceRole
from pulumi_cloudhsm.errors import AwsError, CloudHsmError
from tests.support.fake_cloud import World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

ROLES = (CLOUDHSM, KEY_STORES, FSX)
WHOLE = config(
    activation={"mode": "manual"},
    hsms={"count": 2},
    keyStore={"kmsUserSecret": "kmsuser"},
    fileSystem={},
)


def told(missing: Sequence[str] | CloudHsmError, world: World | None = None) -> list[str]:
    world = world or World()
    world.owned.missing_roles = missing
    done: Run = run(WHOLE, preview=True, world=world).succeeded()
    return [one for one in done.said("warning") if "service-linked" in one or "look ahead" in one]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (CLOUDHSM, ("CreateCluster makes it", "--aws-service-name cloudhsm.amazonaws.com")),
        (KEY_STORES, ("CreateCustomKeyStore makes it", "nobody can make it beforehand")),
        (FSX, ("CreateFileSystem makes it", "--aws-service-name fsx.amazonaws.com")),
    ],
)
def test_a_missing_role_is_told_before_anything_is_made(
    role: ServiceRole, words: tuple[str, ...]
) -> None:
    (line,) = told([role.name])
    for part in (role.name, f"iam:CreateServiceLinkedRole for {role.service}", *words):
        assert part in line
    assert ("aws iam create" in line) is role.can_be_made_beforehand


def test_nothing_is_told_of_roles_that_are_there() -> None:
    assert told([]) == []


def test_nothing_is_asked_once_what_needs_the_roles_is_there() -> None:
    world = World()
    run(WHOLE, world=world).succeeded()
    again = world.as_left()
    again.sights = [[cluster_seen("ACTIVE", owner=OWNER)]]
    assert told([one.name for one in ROLES], again) == []


def test_who_may_not_look_is_told_so_and_goes_on() -> None:
    lines = told(AwsError("looking for the role: AWS said: no"))
    assert len(lines) == len(ROLES)
    assert all("could not look ahead: looking for the role" in one for one in lines)
