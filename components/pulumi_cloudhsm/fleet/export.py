"""The list for engines that schedule by themselves: Pulumi's Kubernetes Operator, and Deployments.

Nothing of this package schedules across machines. Sources: the CustomResourceDefinition `Stack`,
`pulumi.com/v1`, of pulumi/pulumi-kubernetes-operator 2.x (deploy/helm/pulumi-operator/crds), and
`SourceContextGitRequest` in the reference of Pulumi Cloud's REST API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from .declaration import Fleet, StackOfFleet
from .stack_file import as_pulumi_has_it


@dataclass(frozen=True)
class Source:
    """Where the other engine finds the program.

    Attributes:
        repository: URL of the git repository.
        branch: of the repository.
        directory: of the program in it.
    """

    repository: str
    branch: str = "main"
    directory: str = "."


def operator_stacks(fleet: Fleet, source: Source) -> str:
    """Stack resources of the operator, as YAML documents.

    A stack names those of the wave before as prerequisites, so the waves keep their order. The
    operator runs no check between them.
    """
    before: list[StackOfFleet] = []
    documents: list[Mapping[str, Any]] = []
    for _, stacks in fleet.in_waves():
        documents += [_resource(fleet, one, source, before) for one in stacks]
        before = stacks
    return yaml.safe_dump_all(documents, sort_keys=False)


def _resource(
    fleet: Fleet, stack: StackOfFleet, source: Source, before: list[StackOfFleet]
) -> dict[str, Any]:
    spec = {
        "stack": stack.name,
        "projectRepo": source.repository,
        "branch": source.branch,
        "repoDir": source.directory,
        "backend": fleet.backend,
        "secretsProvider": fleet.secrets_provider,
        "config": {
            key: as_pulumi_has_it(key, value) for key, value in fleet.config_of(stack).items()
        },
        "prerequisites": [{"name": _kubernetes_name(one.name)} for one in before],
    }
    return {
        "apiVersion": "pulumi.com/v1",
        "kind": "Stack",
        "metadata": {"name": _kubernetes_name(stack.name)},
        "spec": {name: value for name, value in spec.items() if value},
    }


def _kubernetes_name(name: str) -> str:
    """A name of Kubernetes: lower case, digits, hyphens and dots."""
    return re.sub(r"[^a-z0-9.-]", "-", name.lower()).strip("-.")


def deployment_settings(fleet: Fleet, source: Source) -> str:
    """Settings of Pulumi Deployments for each stack, as one JSON object by stack.

    Each value is the body of a request for the stack's settings. Deployments take the stack's
    config from the repository: commit the stacks' files, which a `preview` or `up` writes. The
    credentials are not in it: they have to be allowed to assume the role that the config names.
    """
    git = {
        "repoUrl": source.repository,
        "branch": f"refs/heads/{source.branch}",
        "repoDir": source.directory,
    }
    settings: dict[str, Any] = {"sourceContext": {"git": git}}
    if fleet.backend:
        variables = {"PULUMI_BACKEND_URL": fleet.backend}
        settings["operationContext"] = {"environmentVariables": variables}
    return json.dumps({one.name: settings for one in fleet.stacks}, indent=2) + "\n"
