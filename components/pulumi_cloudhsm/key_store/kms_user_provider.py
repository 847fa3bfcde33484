"""The crypto user `kmsuser` on every HSM of a cluster, which KMS logs in as.

A user reaches no HSM that was joining when it was made (RadiumGu/pix-proxy-samples, measured). So
it is made once every wanted HSM is ACTIVE, and its coverage is checked. Both are done again when
HSMs are added. An existing user is given another password in one case: its cluster was restored
from a backup, and no key store is on it yet. KMS has changed the password before that backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown

from ..aws.kms import Kms
from ..aws.session import AwsAccess
from ..aws.ssm import Ssm
from ..client.runner import InstanceInputs
from ..client.ssm_runner import lacks_instance, run_on_instance
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    existing,
    state,
)
from ..errors import one_line

_SETTING = "waits.activation.deadline_seconds"


@dataclass(frozen=True, kw_only=True)
class KmsUserInputs(AwsInputs):
    """What a KmsUser is made of."""

    cluster_id: str
    """An ACTIVE cluster; another one takes the place of a lost one."""
    hsm_ids: Sequence[str]
    """All HSMs; added ones are looked at."""
    instance: InstanceInputs
    """Where the program runs."""


@dataclass(frozen=True, kw_only=True)
class KmsUserOutputs(ResourceOutputs):
    """What a KmsUser tells."""

    done: str
    """What was done, in the host program's words."""
    missed_by: str
    """The key store that could not log in as the user, as of the last refresh."""


class KmsUserProvider(CloudHsmProvider):
    """Makes the user through a client host; takes nothing back."""

    def kms(self, access: AwsAccess) -> Kms:
        """KMS in an account and Region."""
        return Kms(access)

    def ssm(self, access: AwsAccess) -> Ssm:
        """Systems Manager in an account and Region."""
        return Ssm(access)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Says in the preview that a switched-off client host is needed."""
        failures: list[CheckFailure] = []
        moves = bool(olds) and bool(differs(olds, news, "cluster_id"))
        if lacks_instance(news) and (moves or _added(olds, news)):
            failures.append(
                CheckFailure(
                    "instance",
                    "switch the client host on (client.host True): kmsuser has to be made or "
                    "looked at on the HSMs",
                )
            )
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Makes the user where it is missing.

        Raises:
            StateError: it cannot be made, or is there with an unknown password.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        inputs = KmsUserInputs.read(props)
        return CreateResult(id_=f"{inputs.cluster_id}/kmsuser", outs=self._made(inputs))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another cluster or set of HSMs, or a missing user, is looked at."""
        changed = differs(olds, news, "cluster_id", "hsm_ids") or olds.get("missed_by")
        return DiffResult(changes=bool(changed))

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Looks at added HSMs, and where KMS has missed the user; fewer HSMs need nothing.

        Raises:
            StateError: an HSM lacks the user, and it cannot be made there.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        inputs = KmsUserInputs.read(news)
        moves = olds.get("cluster_id") != inputs.cluster_id
        if moves or _added(olds, news) or olds.get("missed_by"):
            return UpdateResult(outs=self._made(inputs))
        kept = KmsUserOutputs(done=olds.get("done", ""), missed_by="")
        return UpdateResult(outs=state(inputs, kept))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports that KMS lacks the user: nothing else at AWS shows users."""
        inputs = KmsUserInputs.read(props)
        missed_by = [
            store.key_store_id
            for store in self.kms(inputs.access).key_stores()
            if store.cluster_id == inputs.cluster_id and store.error_code == "USER_NOT_FOUND"
        ]
        return ReadResult(id_, {**props, "missed_by": ", ".join(missed_by)})

    def delete(self, _id: str, _props: Props) -> None:
        """Leaves the user alone: it goes with its HSMs, and stays in their backups."""

    def _made(self, inputs: KmsUserInputs) -> dict[str, Any]:
        # KMS changes the password at the first connection; until then the secret's has to fit.
        stores = [
            store.state
            for store in self.kms(inputs.access).key_stores()
            if store.cluster_id == inputs.cluster_id
        ]
        cluster = existing(self.cloudhsm(inputs.access), inputs.cluster_id)
        done = run_on_instance(
            self.ssm(inputs.access),
            self.waiter(),
            inputs.instance,
            "kmsuser",
            inputs.timing,
            _SETTING,
            kmsuser_secret=inputs.instance.kms_user_secret,
            check_password=not stores,
            kms_is_connected="CONNECTED" in stores,
            set_password=bool(cluster.source_backup_id) and not stores,
        )
        return state(inputs, KmsUserOutputs(done=done, missed_by=""))


def _added(olds: Props, news: Props) -> bool:
    ids = news.get("hsm_ids")
    if ids is None or isinstance(ids, Unknown) or any(isinstance(one, Unknown) for one in ids):
        return False
    before = olds.get("hsm_ids") if olds else None
    return not set(ids) <= set(before or ())


class KmsUser(DynamicResource, module="cloudhsm", name="KmsUser"):
    """That `kmsuser` is on every HSM."""

    done: pulumi.Output[str]
    """What was done, in the host program's words."""
    missed_by: pulumi.Output[str]
    """The key store that could not log in as the user, as of the last refresh."""

    def __init__(
        self, name: str, inputs: KmsUserInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(KmsUserProvider(), name, inputs, KmsUserOutputs, opts)
