"""What AWS has of a deployment, as the finders of `recovery/` see it in unit tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from unittest.mock import patch

from pulumi_cloudhsm.aws.found import COMPLETE, Found
from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.recovery.kinds import KINDS

DEPLOYMENT_ID = "01234567-89ab-cdef-0123-456789abcdef"
"""The id of every deployment in unit tests."""


@dataclass
class Owned:
    """What carries the deployment's id.

    Attributes:
        ec2: everything of EC2 that DescribeTags shows.
        states: by id, what successive looks at an instance or a NAT gateway show; the last stays.
        associations: of the deployment's route tables.
        iam: roles and instance profiles.
        schedules: schedules, their groups and the workflows that they start.
        keys: KMS keys.
        aliases: name and key of all aliases of the Region.
        others: how many VPCs, Elastic IPs and file systems there are, or what the look raises.
        missing_roles: service-linked roles that the account lacks; an error: what the look raises.
        trouble: what every other look raises instead.
        calls: the looks, in order.
    """

    ec2: list[Found] = field(default_factory=list[Found])
    states: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    associations: list[Found] = field(default_factory=list[Found])
    iam: list[Found] = field(default_factory=list[Found])
    schedules: list[Found] = field(default_factory=list[Found])
    keys: list[Found] = field(default_factory=list[Found])
    aliases: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    others: int | CloudHsmError = 0
    missing_roles: Sequence[str] | CloudHsmError = ()
    trouble: CloudHsmError | None = None
    calls: list[str] = field(default_factory=list[str])

    @contextmanager
    def patched(self) -> Iterator[None]:
        """The finders answer from here."""
        with ExitStack() as stack:
            for name, answer in {
                "ec2_owned.tagged": self._tagged,
                "ec2_owned.states": self._states,
                "ec2_owned.associations": self._associations,
                "kms.owned_keys": self._keys,
                "kms.aliases": self._aliases,
            }.items():
                stack.enter_context(patch(f"pulumi_cloudhsm.recovery.kinds.{name}", answer))
            for kind, row in KINDS.items():
                if row.discard is not None:
                    harmless = {kind: replace(row, discard=self.discard)}
                    stack.enter_context(patch.dict(KINDS, harmless))
            for name in ("role", "instance_profile"):
                stack.enter_context(patch(f"pulumi_cloudhsm.aws.iam.{name}", self._iam))
            for name in ("scheduler.group", "scheduler.schedule", "stepfunctions.state_machine"):
                stack.enter_context(patch(f"pulumi_cloudhsm.aws.{name}", self._schedules))
            stack.enter_context(patch("pulumi_cloudhsm.aws.iam.has_role", self._has_role))
            for name in ("ec2.number_of_vpcs", "ec2.number_of_addresses", "fsx.number_of_systems"):
                stack.enter_context(patch(f"pulumi_cloudhsm.aws.{name}", self._count))
            yield

    def discard(self, _access: object, identifier: str) -> None:
        """Stands in for what deletes a half made thing."""
        self._asked(f"delete {identifier}")

    def _asked(self, call: str) -> None:
        self.calls.append(call)
        if self.trouble is not None:
            raise self.trouble

    def _tagged(self, _access: object, deployment_id: str) -> list[Found]:
        self._asked("DescribeTags")
        return self.ec2 if deployment_id == DEPLOYMENT_ID else []

    def _states(self, _access: object, ids: Sequence[str]) -> dict[str, str]:
        self._asked("states")
        shown = {one: self.states.get(one, [COMPLETE]) for one in ids}
        return {one: seen.pop(0) if len(seen) > 1 else seen[0] for one, seen in shown.items()}

    def _associations(self, _access: object, tables: Sequence[Found]) -> list[Found]:
        self._asked("DescribeRouteTables")
        return [one for one in self.associations if one.name in {table.name for table in tables}]

    def _iam(self, _access: object, name: str, _deployment_id: str) -> list[Found]:
        self._asked("IAM")
        return [one for one in self.iam if one.name == name]

    def _schedules(self, _access: object, name: str, _deployment_id: str) -> list[Found]:
        self._asked("Scheduler")
        return [one for one in self.schedules if one.name == name]

    def _count(self, _access: object) -> int:
        if isinstance(self.others, CloudHsmError):
            raise self.others
        return self.others

    def _has_role(self, _access: object, name: str) -> bool:
        if isinstance(self.missing_roles, CloudHsmError):
            raise self.missing_roles
        return name not in self.missing_roles

    def _keys(self, _access: object, deployment_id: str) -> list[Found]:
        self._asked("ListKeys")
        return self.keys if deployment_id == DEPLOYMENT_ID else []

    def _aliases(self, _access: object) -> list[tuple[str, str]]:
        self._asked("ListAliases")
        return self.aliases
