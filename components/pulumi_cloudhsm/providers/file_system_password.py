"""The password of a file system's `fsxadmin`, taken from Secrets Manager at the moment of use.

The aws provider would keep it in the state. Here the state holds the id of the secret's version: a
new version is drift that a refresh shows and the next `up` brings to the file system.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..aws.fsx import BROKEN, USABLE, Fsx
from ..aws.secretsmanager import current_version, secret_value_and_version
from ..errors import StateError
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, differs, one_line, pace

_SETTING = "file_system_deadline_seconds (cloudhsm:fileSystemDeadlineSeconds)"
_LENGTH = (8, 50)
_FORBIDDEN = frozenset("\x00\x85\u2028\u2029\r\n")
"""What FSx takes as AdminPassword. Source: its API reference."""


class FileSystemPasswordProvider(CloudHsmProvider):
    """Sets the password; never shows or keeps it."""

    def fsx(self, props: Props) -> Fsx:
        """FSx in the region that the resource names."""
        return Fsx(self.access(props))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Sets the password.

        Raises:
            StateError: the secret holds no password that FSx takes, or the file system is broken.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: FSx or Secrets Manager refused it.
        """
        return CreateResult(id_=props["file_system_id"], outs=self._set(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another file system is another password; a new version of the secret is set."""
        replaces = differs(olds, news, "file_system_id")
        changed = differs(olds, news, "password_secret_id")
        return DiffResult(
            changes=bool(replaces or changed or not olds.get("is_current")), replaces=replaces
        )

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Sets the password again."""
        return UpdateResult(outs=self._set(news))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports whether the secret still is what was set."""
        if self.fsx(props).file_system(props["file_system_id"]) is None:
            return ReadResult("", {})
        version = current_version(self.access(props), props["password_secret_id"])
        return ReadResult(id_, {**props, "is_current": version == props["version"]})

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing: FSx knows no `fsxadmin` without a password once it had one."""

    def _set(self, props: Props) -> dict[str, Any]:
        secret_id, system = props["password_secret_id"], props["file_system_id"]
        password, version = secret_value_and_version(self.access(props), secret_id)
        shortest, longest = _LENGTH
        if not shortest <= len(password) <= longest or _FORBIDDEN & set(password):
            # The value itself is never shown.
            raise StateError(
                f"the secret {secret_id} is no password for fsxadmin: FSx takes {shortest} to "
                f"{longest} characters in one line; store another, then run `pulumi up` again"
            )
        fsx = self.fsx(props)
        self._available(fsx, system, props)
        fsx.set_password(system, password)
        self._available(fsx, system, props)
        kept = {key: value for key, value in props.items() if key != "__provider"}
        return {**kept, "version": version, "is_current": True}

    def _available(self, fsx: Fsx, system: str, props: Props) -> None:
        def look() -> Observation[None]:
            found = fsx.file_system(system)
            if found is None:
                raise StateError(f"{system} is gone: run `pulumi up --refresh`")
            return Observation(found.state, None, found.reason)

        goal = Goal(f"file system {system}", USABLE[0], USABLE[:1], BROKEN, _SETTING)
        self.waiter().wait(goal, pace(props), look)


class FileSystemPassword(Resource, module="cloudhsm", name="FileSystemPassword"):
    """The password of fsxadmin."""

    version: pulumi.Output[str]
    """Id of the secret's version that was set."""
    is_current: pulumi.Output[bool]
    """False when a refresh found a newer version."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the password.

        Args:
            name: logical name.
            props: `file_system_id`, `region`, `password_secret_id`, `usual_seconds`,
                `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(("version", "is_current"))
        super().__init__(FileSystemPasswordProvider(), name, {**kept, **props}, opts)
