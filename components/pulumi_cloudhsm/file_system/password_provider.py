"""The password of a file system's `fsxadmin`, read from Secrets Manager at the moment of use.

The aws provider would keep it in the state. Here the state holds the id of the secret's version. A
new version is drift: a refresh shows it and the next `up` brings it to the file system.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.fsx import BROKEN, USABLE, Fsx
from ..aws.secretsmanager import current_version, secret_value_and_version
from ..aws.session import AwsAccess
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    state,
)
from ..errors import StateError, one_line
from ..passwords.rules import FSXADMIN
from ..waiting.waiter import Goal, Observation

_SETTING = "waits.file_system.deadline_seconds"


@dataclass(frozen=True, kw_only=True)
class FileSystemPasswordInputs(AwsInputs):
    """Inputs of `FileSystemPassword`."""

    file_system_id: str
    """`fs-…`; another one is another password."""
    password_secret_id: str
    """Name or ARN of the secret."""


@dataclass(frozen=True, kw_only=True)
class FileSystemPasswordOutputs(ResourceOutputs):
    """Outputs of `FileSystemPassword`."""

    version: str
    """Id of the secret's version that was set."""
    is_current: bool
    """False when a refresh found a newer version."""


class FileSystemPasswordProvider(CloudHsmProvider):
    """Sets the password; never shows or keeps it."""

    def fsx(self, access: AwsAccess) -> Fsx:
        """FSx in an account and Region."""
        return Fsx(access)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Sets the password.

        Raises:
            StateError: the secret holds no password that FSx takes, or the file system is broken.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: FSx or Secrets Manager refused it.
        """
        inputs = FileSystemPasswordInputs.read(props)
        return CreateResult(id_=inputs.file_system_id, outs=state(inputs, self._set(inputs)))

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
        inputs = FileSystemPasswordInputs.read(news)
        return UpdateResult(outs=state(inputs, self._set(inputs)))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports whether the secret still is what was set."""
        inputs = FileSystemPasswordInputs.read(props)
        if self.fsx(inputs.access).file_system(inputs.file_system_id) is None:
            return ReadResult("", {})
        version = current_version(inputs.access, inputs.password_secret_id)
        return ReadResult(id_, {**props, "is_current": version == props["version"]})

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing: FSx cannot take the password of `fsxadmin` away."""

    def _set(self, inputs: FileSystemPasswordInputs) -> FileSystemPasswordOutputs:
        secret_id = inputs.password_secret_id
        password, version = secret_value_and_version(inputs.access, secret_id)
        problem = FSXADMIN.problem(password)
        if problem is not None:
            raise StateError(
                f"the secret {secret_id} is no password for fsxadmin: {problem}, then run `pulumi "
                "up` again"
            )
        fsx = self.fsx(inputs.access)
        self._wait_until_available(fsx, inputs)
        self._send(fsx, inputs, password)
        self._wait_until_available(fsx, inputs)
        return FileSystemPasswordOutputs(version=version, is_current=True)

    def _send(self, fsx: Fsx, inputs: FileSystemPasswordInputs, password: str) -> None:
        """Sets the password; the same one may be set twice, so a lost answer is repeated, too."""

        def send() -> Observation[None]:
            found = fsx.file_system(inputs.file_system_id)
            if found is not None and found.state == USABLE[0]:
                fsx.set_password(inputs.file_system_id, password)
                return Observation("accepted", None)
            # FSx takes no second change meanwhile: an answer was lost, or another one is at work.
            return Observation(found.state if found else "not listed", None)

        subject = f"password of fsxadmin on {inputs.file_system_id}"
        goal = Goal(subject, "accepted", ("accepted",), BROKEN, _SETTING)
        self.waiter().wait(goal, inputs.timing, send)

    def _wait_until_available(self, fsx: Fsx, inputs: FileSystemPasswordInputs) -> None:
        def look() -> Observation[None]:
            found = fsx.file_system(inputs.file_system_id)
            if found is None:
                raise StateError(f"{inputs.file_system_id} is gone: run `pulumi up --refresh`")
            return Observation(found.state, None, found.reason)

        subject = f"file system {inputs.file_system_id}"
        goal = Goal(subject, USABLE[0], USABLE[:1], BROKEN, _SETTING)
        self.waiter().wait(goal, inputs.timing, look)


class FileSystemPassword(DynamicResource, module="cloudhsm", name="FileSystemPassword"):
    """The password of fsxadmin."""

    version: pulumi.Output[str]
    """Id of the secret's version that was set."""
    is_current: pulumi.Output[bool]
    """False when a refresh found a newer version."""

    def __init__(
        self,
        name: str,
        inputs: FileSystemPasswordInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the password.

        Args:
            name: logical name.
            inputs: its inputs.
            opts: Pulumi's options.
        """
        super().__init__(
            FileSystemPasswordProvider(), name, inputs, FileSystemPasswordOutputs, opts
        )
