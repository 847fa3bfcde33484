"""What each of the fork server's templates loads, ahead of the processes that need it.

Only other people's modules and the rehearsal's own: the program and its package stay out, so that
edits of them count at once.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

PROVIDERS_NEED = (
    "boto3.session",
    "botocore.config",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509",
    "dill",
    "grpc",
    "pulumi.dynamic",
    "pulumi.runtime.proto.provider_pb2_grpc",
)
PROGRAMS_NEED = (*PROVIDERS_NEED, "pulumi_aws", "pulumi_command.local", "pulumi_tls")
# They load when an attribute is first asked for; EC2 alone takes 0.2 s.
AWS_MODULES = ("acmpca", "cloudhsmv2", "config", "ec2", "fsx", "iam", "kms", "ssm", "vpc")
# Services whose descriptions boto3 reads in most runs, by who asks: up to 0.2 s of each process.
PROGRAMS_ASK = ("cloudhsmv2", "ec2", "iam", "kms", "sts")
PROVIDERS_ASK = ("cloudhsmv2", "ec2", "kms", "sts")
THE_AWS_PLUGIN_ASKS = ("cloudhsmv2", "ec2", "iam", "kms", "logs", "sts")


def _program() -> None:
    _load(*PROGRAMS_NEED)
    aws = sys.modules["pulumi_aws"]
    for name in AWS_MODULES:
        getattr(getattr(aws, name), "anything", None)
    _describe(PROGRAMS_ASK)
    _forget_the_rehearsal()


def _dynamic_providers() -> None:
    _load(*PROVIDERS_NEED)
    _describe(PROVIDERS_ASK)
    _forget_the_rehearsal()


def _language_host() -> None:
    _load("rehearsal.engine.hosts.language_host")
    del sys.modules["rehearsal.engine.hosts.language_host"]


def _plugin(name: str, *asks: str) -> Callable[[], None]:
    def load() -> None:
        module = f"rehearsal.plugins.{name}.__main__"
        service = importlib.import_module(module).servicer("")
        del sys.modules[module]
        service.package.import_modules_alone()
        service.warm_up()
        _describe(asks)

    return load


def _emulator() -> None:
    _load("rehearsal.emulator.server")
    sys.modules["rehearsal.emulator.core.moto_backends"].load()
    sys.modules["rehearsal.emulator.core.validation"].service_model()
    # moto draws the ids of what it makes; forks must not draw the same ones.
    moto_random = importlib.import_module("moto.moto_api._internal").mock_random
    os.register_at_fork(after_in_child=moto_random.seed)


def _describe(services: Sequence[str]) -> None:
    """Have botocore's files read once: each of a fork's sessions would read them anew.

    The sessions of a fork share what is read here. botocore itself shares it among the clients of
    a session, so it changes none of it.
    """
    if not services:
        return
    loaders: Any = importlib.import_module("botocore.loaders")
    read: Any = functools.cache(loaders.JSONFileLoader().load_file)
    loaders.JSONFileLoader.load_file = staticmethod(read)
    # Nothing of the user's is looked at; a fork has variables of its own.
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    session: Any = importlib.import_module("boto3").Session("none", "none", region_name="us-east-1")
    for service in services:
        session.client(service)  # asks nothing


def _forget_the_rehearsal() -> None:
    # All names but the installed packages' belong to the program.
    for name in list(sys.modules):
        if name.partition(".")[0] == "rehearsal":
            del sys.modules[name]


def _load(*names: str) -> None:
    for name in names:
        importlib.import_module(name)


PRELOADED: dict[str, Callable[[], None]] = {
    "language": _language_host,
    "program": _program,
    "dynamic": _dynamic_providers,
    "emulator": _emulator,
    "aws": _plugin("aws", *THE_AWS_PLUGIN_ASKS),
    **{name: _plugin(name) for name in ("tls", "command")},
}
"""What to load, by kind of process."""
