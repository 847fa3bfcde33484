"""What AWS shows of a file system and its parts before a run does anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..aws.found import ID_TAG, resource_name
from ..aws.fsx import BROKEN, Part
from ..recovery import part
from ..recovery.kinds import STORAGE_VIRTUAL_MACHINE, VOLUME
from ..recovery.orphans import Recovery
from .args import VolumeArgs
from .lookup import DELETE_SVM, DELETE_VOLUME, broken, failed_part


def look_at_file_system(
    recovery: Recovery, component: part.Part, name: str, volumes: Sequence[VolumeArgs]
) -> Part | None:
    """The file system that is there already, in the state or not.

    Args:
        recovery: whose it is.
        component: the file system's component.
        name: its logical name.
        volumes: the wanted ones.

    Raises:
        RunError: AWS cannot be asked in an update, or the file system or a part has failed.
    """
    if recovery.deployment.known_id is None:
        return None
    survey = recovery.survey()
    key = recovery.deployment.path(f"{name}-system")
    listed = recovery.look("file systems", survey.file_systems) or []
    ours = (one for one in listed if one.tags.get(ID_TAG) == survey.deployment_id)
    found = next((one for one in ours if resource_name(one.tags) == key), None)
    if found is None:
        return None
    if found.state == "FAILED":
        raise pulumi.RunError(broken(found))
    # No output of the aws provider shows that it has broken since.
    if found.state in BROKEN:
        pulumi.log.warn(broken(found), component)
    if not _parts_are_made(recovery, component, name, volumes):
        _look_at_parts(recovery, component)
    return found


def _parts_are_made(
    recovery: Recovery, component: part.Part, name: str, volumes: Sequence[VolumeArgs]
) -> bool:
    """Whether a run has made all wanted parts: only then do the component's outputs show them.

    A part that AWS has made never becomes FAILED: "Amazon FSx was unable to create the volume".
    Source: FSx API reference, Volume and StorageVirtualMachine, Lifecycle.
    """
    types = [one.pulumi_resource_type for one in component.lineage]
    state = recovery.deployment.state
    made = state.outputs(types, name) or {}
    machine = state.outputs([*types, STORAGE_VIRTUAL_MACHINE], f"{name}-svm") or {}
    held = {one.get("name"): _id(one) for one in state.held([*types, VOLUME]).values()}
    return (
        bool(made)
        and made.get("svm_id") == _id(machine)
        and made.get("volume_ids") == held
        and {one.name for one in volumes} <= set(held)
    )


def _id(held: Mapping[str, Any]) -> str:
    """The last part of a resource's ARN: the engine tells outputs, and not every one is there."""
    return str(held.get("arn")).rpartition("/")[2]


def _look_at_parts(recovery: Recovery, component: part.Part) -> None:
    """Stops at a part that AWS has failed to make: the aws provider takes it for made."""
    survey, look = recovery.survey(), recovery.look
    svms = look("storage virtual machines", survey.svms) or []
    volumes = look("volumes", survey.volumes) or []
    for parts, command in ((svms, DELETE_SVM), (volumes, DELETE_VOLUME)):
        for one in parts:
            told = failed_part(one, command)
            if told is None or one.tags.get(ID_TAG) != survey.deployment_id:
                continue
            if one.state == "FAILED":
                raise pulumi.RunError(told)
            pulumi.log.warn(told, component)
