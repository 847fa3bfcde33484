"""moto's services in this process: what the emulated services make and look at there.

Each is imported when it is first needed: moto's EC2 takes seconds, and the start should not.
"""

# moto's backends have no useful types.
# ruff: noqa: ANN401

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from rehearsal.emulator.core import moto_corrections
from rehearsal.emulator.core.place import ACCOUNT, Place

_SERVICES = ("ec2", "iam", "kms", "logs", "secretsmanager", "ssm", "sts")
"""What moto is asked for in a run of the program."""


def load() -> None:
    """Import what a run of the program needs of moto, and make nothing of it yet."""
    from moto.backends import get_backend

    importlib.import_module("moto.moto_server.werkzeug_app")
    for name in _SERVICES:
        importlib.import_module(f"moto.{name}.urls")
    # EC2 asks these for their endpoint services when it describes those of any.
    asked: Any = importlib.import_module("moto.ec2.models.vpcs").IMPLEMENTED_ENDPOINT_SERVICES
    for name in (*_SERVICES, *asked):
        get_backend(name)[ACCOUNT]  # knows its regions now
    _prepare_ec2()


def account_of(access_key: str) -> str:
    """The account that an access key is of: one that STS or IAM gave out, or the usual account."""
    from moto.iam.models import iam_backends

    # moto's own look-up makes a backend for each partition.
    for account, of_account in list(iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(of_account.values())):
            return account
    return ACCOUNT


def ec2(place: Place) -> Any:
    """EC2 of a Region; the first use makes its default VPC."""
    from moto.ec2.models import ec2_backends

    _prepare_ec2()
    return ec2_backends[place.account][place.region]


def iam(place: Place) -> Any:
    """IAM of an account, which is the same in all Regions."""
    from moto.iam.models import iam_backends

    return iam_backends[place.account][place.partition]


def kms(place: Place) -> Any:
    """KMS of a Region."""
    from moto.kms.models import kms_backends

    return kms_backends[place.account][place.region]


def logs(place: Place) -> Any:
    """CloudWatch Logs of a Region."""
    from moto.logs.models import logs_backends

    return logs_backends[place.account][place.region]


def secrets_manager(place: Place) -> Any:
    """Secrets Manager of a Region."""
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends[place.account][place.region]


@cache
def _prepare_ec2() -> None:
    """Correct moto's EC2, and leave out its 1,200 images for ECS, each with a disk.

    They would take 0.2 s of every start and every reset, and nothing here runs containers.
    """
    amis: Any = importlib.import_module("moto.ec2.models.amis")
    moto_corrections.correct()
    load_resource = amis.load_resource
    amis.load_resource = lambda path: [] if "/ecs/" in path else load_resource(path)
