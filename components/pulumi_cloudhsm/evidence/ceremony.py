"""What a stack's state holds about the initialization of a cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..aws.session import AwsAccess
from ..errors import CloudHsmError
from ..identity.identity_provider import Capture
from ..initialization.initialization_provider import ClusterInitializationInputs
from ..records import Record, in_clear
from ..state_names import DYNAMIC, dynamic_type

IDENTITY = f"{DYNAMIC}ClusterIdentity"
INITIALIZATION = f"{DYNAMIC}ClusterInitialization"
_SECONDS = 120


class EvidenceError(CloudHsmError):
    """No evidence can be collected or read; says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Captured(Capture):
    """What the state holds of the first HSM's identity."""

    cluster_id: str
    verification: str
    off_reason: str | None
    aws_roots: list[str]
    manufacturer_roots: list[str]
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Initialized(Record):
    """What the state holds of the initialization."""

    cluster_certificate: str
    ca_certificate: str
    initialized_at: str
    adopted: bool
    certificate_confirmed: bool


@dataclass(frozen=True)
class Ceremony:
    """The initialization of one cluster, as a stack's state holds it.

    Attributes:
        project: the Pulumi project.
        stack: the stack's name.
        access: account and Region of the cluster.
        identity: the capture of the first HSM.
        initialization: what the cluster was initialized with.
        versions: the engine and its plugins, by name.
    """

    project: str
    stack: str
    access: AwsAccess
    identity: Captured
    initialization: Initialized
    versions: Mapping[str, str]


def export(stack: str | None) -> str:
    """The state of a stack, its secrets in clear: never write it anywhere.

    Args:
        stack: its name; None takes the selected one.

    Raises:
        EvidenceError: the CLI is missing or refuses.
    """
    command = ["pulumi", "stack", "export", "--show-secrets", "--non-interactive"]
    command += ["--stack", stack] if stack else []
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EvidenceError(f"`pulumi stack export` cannot be run ({error})") from error
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise EvidenceError(f"`pulumi stack export` failed: {said}")
    return done.stdout


def ceremony(exported: str, cluster_id: str | None = None) -> Ceremony:
    """The initialization that an exported state holds.

    Args:
        exported: what `pulumi stack export --show-secrets` prints.
        cluster_id: which cluster's, where the stack has several.

    Raises:
        EvidenceError: the state holds none, or several, or its secrets are not in clear.
    """
    try:
        deployment: dict[str, Any] = json.loads(exported)["deployment"]
    except (ValueError, KeyError, TypeError):
        raise EvidenceError("this is no output of `pulumi stack export`") from None
    resources = cast("list[dict[str, Any]]", deployment.get("resources") or [])
    found = {
        str(_outputs(one).get("cluster_id")): one
        for one in _of_type(INITIALIZATION, resources)
        if not one.get("delete")
    }
    if cluster_id is None and len(found) > 1:
        raise EvidenceError(
            f"the stack holds {len(found)} clusters: give --cluster-id with one of "
            + ", ".join(sorted(found))
        )
    wanted = cluster_id or next(iter(found), "")
    if wanted not in found:
        raise EvidenceError(
            f"the stack initialized no cluster {wanted}".rstrip()
            + ": take the stack that did; of a restored cluster, that is the one of its backup"
        )
    identity = next(
        (
            _outputs(one)
            for one in _of_type(IDENTITY, resources)
            if _outputs(one).get("cluster_id") == wanted
        ),
        None,
    )
    if identity is None:
        raise EvidenceError(f"the state holds no captured identity of {wanted}")
    outputs = _outputs(found[wanted])
    stack, project, *_ = str(found[wanted]["urn"]).removeprefix("urn:pulumi:").split("::")
    return Ceremony(
        project=project,
        stack=stack,
        access=ClusterInitializationInputs.read(outputs).access,
        identity=Captured.read(identity),
        initialization=Initialized.read(outputs),
        versions=dict(_versions(deployment, resources)),
    )


def _of_type(token: str, resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from (one for one in resources if dynamic_type(str(one.get("type"))) == token)


def _outputs(resource: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return in_clear(resource.get("outputs") or {})
    except CloudHsmError as error:
        raise EvidenceError(str(error)) from None


def _versions(
    deployment: Mapping[str, Any], resources: list[dict[str, Any]]
) -> Iterator[tuple[str, str]]:
    engine: dict[str, Any] = deployment.get("manifest") or {}
    yield "pulumi", str(engine.get("version", "unknown"))
    for one in resources:
        kind = str(one.get("type"))
        if kind.startswith("pulumi:providers:") and "version" in (one.get("inputs") or {}):
            yield kind.removeprefix("pulumi:providers:"), str(one["inputs"]["version"])
