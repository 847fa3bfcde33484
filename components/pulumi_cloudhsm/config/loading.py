"""Reads the stack's configuration: flat keys and sections in, the deployment's Args out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from ..client.args import check_private_key
from ..deployment.args import CloudHsmDeploymentArgs
from ..initialization.args import FilesArgs
from ..names import camel_case, nearest
from ..structure import plain_types, record
from ..validation import InputError, InputNames, brief, check_name, name_inputs, section
from .keys import FLAT, NAMESPACE, SECRETS, in_keys, is_nearly_the_namespace, key_of

_PEM_FILES = {
    "trust": ("clusterCertificate", "caCertificate"),
    "restore": ("caCertificate",),
}
"""Keys that take PEM text, or the path of a file with it."""


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration. Every key is described in docs/reference/configuration.md."""

    name: str
    """Prefix of all resources, `cloudhsm:clusterName`; `cloudhsm` when left out."""
    args: CloudHsmDeploymentArgs
    """The deployment."""


def load() -> StackConfig:
    """Reads and checks the stack's configuration.

    Raises:
        RunError: a key is unknown, missing or has a wrong value; names it, the value and the fix.
    """
    given = _given()
    name_inputs(InputNames(key_of, in_keys, _name(given)))
    _refuse_plain_secrets(given)
    config = StackConfig(_name(given), _args(given))
    check_name(config.name)
    config.args.check()
    return config


def sections() -> dict[str, type[object]]:
    """The sections of the config by their key, each with the record that it becomes."""
    kinds = plain_types(CloudHsmDeploymentArgs)
    return {
        camel_case(name): kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and is_dataclass(kind) and name != "aws_access"
    }


def _given() -> dict[str, Any]:
    """The values of this package's namespace; refuses unknown keys."""
    known = [*FLAT, *sections()]
    given: dict[str, Any] = {}
    for full, value in {**get_config_env(), **CONFIG.get()}.items():
        namespace, _, key = full.partition(":")
        if is_nearly_the_namespace(namespace) and namespace != pulumi.get_project():
            raise pulumi.RunError(f"{full} is set: the namespace is {NAMESPACE}; move it there")
        if namespace == NAMESPACE:
            if key not in known:
                raise pulumi.RunError(_unknown(full, key, known))
            given[key] = value
        elif namespace == pulumi.get_project() and key in known and key != "tags":
            pulumi.log.warn(
                f"{full} is set and not read: this program reads {NAMESPACE}:{key}; move it there"
            )
    return given


def _unknown(full: str, key: str, known: list[str]) -> str:
    meant = nearest(key, known)
    return f"{full} is set: there is no such key; use " + (
        f"{NAMESPACE}:{meant}" if meant else ", ".join(sorted(known))
    )


def _refuse_plain_secrets(given: Mapping[str, Any]) -> None:
    for key in SECRETS:
        if key in given and not is_config_secret(f"{NAMESPACE}:{key}"):
            raise pulumi.RunError(
                f"{NAMESPACE}:{key} is stored in plain text: run `pulumi config set --secret "
                f"{NAMESPACE}:{key}`, and take it as known to everyone who saw the file"
            )


def _name(given: Mapping[str, Any]) -> str:
    return str(given.get("clusterName") or "cloudhsm")


def _args(given: Mapping[str, Any]) -> CloudHsmDeploymentArgs:
    region = aws.config.region
    if not region:
        raise pulumi.RunError("aws:region is not set: run `pulumi config set aws:region REGION`")
    found = {key: _section(key, kind, given) for key, kind in sections().items()}
    records = {one.name: found.get(camel_case(one.name)) for one in fields(CloudHsmDeploymentArgs)}
    if records["network"] is None:
        raise InputError(
            "network", None, "give network.availabilityZones, or network.subnetIds of yours"
        )
    return CloudHsmDeploymentArgs(
        region=region,
        tags=_tags(given),
        protect=not _flag(given, "disposable"),
        **{name: one for name, one in records.items() if one is not None},
    )


def _section(key: str, kind: type[object], given: Mapping[str, Any]) -> Any:  # noqa: ANN401
    also: dict[str, Any] = {}
    if key == "files" and "caKeyPassphrase" in given:
        with section("files"):  # as plain text: what is secret cannot be checked later
            FilesArgs(ca_key_passphrase=given["caKeyPassphrase"]).check()
        also = {"ca_key_passphrase": pulumi.Output.secret(given["caKeyPassphrase"])}
    value: Any = _json(key, given[key]) if key in given else ({} if also else None)
    if not isinstance(value, dict):
        return None if value is None else record(kind, value, _field(key))
    fields_given = cast("dict[str, Any]", value)
    for name in _PEM_FILES.get(key, ()):
        if name in fields_given:
            fields_given[name] = _pem(f"{key}.{name}", fields_given[name])
    if key == "client" and "ssh" in fields_given:
        return _client(kind, fields_given, given)
    return record(kind, fields_given, _field(key), also)


def _client(kind: type[object], value: dict[str, Any], given: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The client with its SSH host, whose private key is a secret key of its own."""
    if "sshPrivateKey" not in given:
        raise pulumi.RunError(
            f"{NAMESPACE}:client.ssh is set: it needs a private key; run `pulumi config set "
            f"--secret {NAMESPACE}:sshPrivateKey`"
        )
    with section("client.ssh"):  # as plain text: what is secret cannot be checked later
        check_private_key(given["sshPrivateKey"])
    private = {"private_key": pulumi.Output.secret(given["sshPrivateKey"])}
    ssh = record(plain_types(kind)["ssh"], value["ssh"], "client.ssh", private)
    rest = {key: one for key, one in value.items() if key != "ssh"}
    return record(kind, rest, "client", {"ssh": ssh})


def _field(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def _json(key: str, value: Any) -> Any:  # noqa: ANN401
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise pulumi.RunError(
            f"{NAMESPACE}:{key} is {brief(value)}: it is an object; set one field of it with "
            f"`pulumi config set --path {NAMESPACE}:{key}.FIELD VALUE`"
        ) from None


def _flag(given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, "false")
    if value not in ("true", "false"):
        raise pulumi.RunError(f"{NAMESPACE}:{key} is {value!r}: give true or false")
    return value == "true"


def _tags(given: Mapping[str, Any]) -> dict[str, Any]:
    tags = _json("tags", given.get("tags", "{}"))
    if not isinstance(tags, dict):
        raise InputError("tags", tags, "give an object of names and values")
    return cast("dict[str, Any]", tags)


def _pem(key: str, value: Any) -> Any:  # noqa: ANN401
    """PEM text, or that of the file which the config names."""
    if not isinstance(value, str) or value.strip().startswith("-----BEGIN"):
        return value.strip() if isinstance(value, str) else value
    try:
        return Path(value).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise pulumi.RunError(
            f"{NAMESPACE}:{key} is {value!r}: no PEM file can be read there ({error}); give its "
            "path, or the PEM text itself"
        ) from None
