"""What the three types of FSx for ONTAP share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.tagged_by_arn import TaggedByArn
from rehearsal.plugins.aws.core.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import snake_case
from rehearsal.plugins.core.refusals import not_supported, without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class FsxResource(TaggedByArn):
    """A resource of FSx for ONTAP."""

    service = "fsx"
    #: FSx's word for it, such as "StorageVirtualMachine".
    kind: ClassVar[str]
    #: Inputs and the names of the same settings in the ONTAP configuration of a request.
    settings: ClassVar[Mapping[str, str]] = {}
    #: What is right for FSx but not for this stand-in.
    unsupported: ClassVar[frozenset[str]] = frozenset()
    #: The states of a creation: those on the way, and the good end.
    pending: ClassVar[frozenset[str]] = frozenset({"CREATING", "PENDING"})
    goal = "CREATED"
    #: Where FSx says why it failed. Terraform shows it for FAILED only.
    reason = "LifecycleTransitionReason"

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse inputs only the published plugin can follow, and missing names."""
        given = {name for name, value in inputs.items() if value not in (None, False, "")}
        failures = not_supported(sorted(self.unsupported & given), "aws", resource)
        if "name" in self.python_class.inputs.types:
            failures += without_name(inputs, resource)
        return failures

    def given_settings(self, inputs: Properties) -> dict[str, Any]:
        """The ONTAP configuration of a creation."""
        return {key: inputs[name] for name, key in self.settings.items() if name in inputs}

    def changed_settings(self, old: Properties, inputs: Properties) -> dict[str, Any]:
        """The ONTAP configuration of an update: what changed of what can change."""
        return {
            self.settings[name]: inputs[name]
            for name in self.updatable & self.settings.keys()
            if name in inputs and inputs[name] != old.get(name)
        }

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Until it is there; every other state but those on the way is an error."""
        wait_for(self.goal, self.pending, lambda: self._state(identifier, inputs), call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """Describe it by its id."""
        found = self.described(identifier, old)
        if found is None:
            return None
        common = {"arn": found["ResourceARN"], **self.shown_tags(found.get("Tags"))}
        return Made(identifier, {**common, **self.outputs_of(found, old)})

    @abstractmethod
    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """The outputs, without ARN and tags."""

    def described(self, identifier: str, properties: Properties) -> Any | None:  # noqa: ANN401
        """FSx's own description; None when it is gone."""
        method = f"describe_{snake_case(self.kind)}s"
        request = {f"{self.kind}Ids": [identifier]}
        found = self.if_found(
            properties, lambda client: getattr(client, method)(**request)[f"{self.kind}s"]
        )
        return found[0] if found else None

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Delete it."""
        del call
        method = f"delete_{snake_case(self.kind)}"
        request = {f"{self.kind}Id": identifier, **self.delete_options(old)}
        deleted = self.if_found(old, lambda client: getattr(client, method)(**request))
        return deleted is not None

    def delete_options(self, old: Properties) -> dict[str, Any]:
        """What the call that deletes it takes besides the id."""
        del old
        return {}

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until it is no longer described."""
        pending = frozenset({"DELETING", self.goal, "MISCONFIGURED"})
        wait_until_gone(pending, lambda: self._state(identifier, old), call)

    def _state(self, identifier: str, properties: Properties) -> Seen | None:
        found = self.described(identifier, properties)
        if found is None:
            return None
        state = found["Lifecycle"]
        why = (found.get(self.reason) or {}).get("Message", "") if state == "FAILED" else ""
        return Seen(state, why)


def shown_endpoints(found: Mapping[str, Any], names: Mapping[str, str]) -> list[Properties]:
    """One entry with a list for each kind of endpoint, as pulumi-aws has them."""
    shown: Properties = {name: [] for name in names}
    for name, key in names.items():
        if key in found:
            addresses = sorted(found[key].get("IpAddresses") or [])
            shown[name] = [{"dnsName": found[key]["DNSName"], "ipAddresses": addresses}]
    return [shown] if found else []
