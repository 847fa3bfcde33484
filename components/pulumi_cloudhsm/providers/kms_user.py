"""The crypto user `kmsuser` on every HSM of a cluster, which KMS logs in as.

A user reaches no HSM that was joining when it was made (RadiumGu/pix-proxy-samples, measured), so
it is made once every wanted HSM is ACTIVE, its coverage is checked, and both are done again when
HSMs are added. An existing user is never given another password.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)
from pulumi.output import Unknown

from ..aws.kms import Kms
from ..aws.ssm import Ssm
from ..errors import StateError
from .base import CloudHsmProvider, Props, differs, one_line, pace
from .host_run import run_on_host

_SETTING = "activation_deadline_seconds (cloudhsm:activationDeadlineSeconds)"


class KmsUserProvider(CloudHsmProvider):
    """Makes the user through a client host; takes nothing back."""

    def kms(self, props: Props) -> Kms:
        """KMS in the region that the resource names."""
        return Kms(self.access(props))

    def ssm(self, props: Props) -> Ssm:
        """Systems Manager in the region that the resource names."""
        return Ssm(self.access(props))

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Says in the preview that a switched-off client host is needed."""
        failures: list[CheckFailure] = []
        if news.get("instance_id") is None and _added(olds, news):
            failures.append(
                CheckFailure(
                    "instance_id",
                    "switch the client host on (cloudhsm:clientHost true): kmsuser has to be made "
                    "or looked at on the HSMs",
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
        return CreateResult(id_=f"{props['cluster_id']}/kmsuser", outs=self._made(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another cluster has other users; another set of HSMs, or a missing user, is looked at."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(olds, news, "hsm_ids") or olds.get("missed_by")
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Looks at added HSMs, and where KMS has missed the user; fewer HSMs need nothing.

        Raises:
            StateError: an HSM lacks the user, and it cannot be made there.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        if _added(olds, news) or olds.get("missed_by"):
            return UpdateResult(outs=self._made(news))
        kept = {key: value for key, value in news.items() if key != "__provider"}
        return UpdateResult(outs={**kept, "done": olds.get("done", ""), "missed_by": ""})

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports that KMS misses the user: nothing else at AWS shows users."""
        missed_by = [
            store.key_store_id
            for store in self.kms(props).key_stores()
            if store.cluster_id == props["cluster_id"] and store.error_code == "USER_NOT_FOUND"
        ]
        return ReadResult(id_, {**props, "missed_by": ", ".join(missed_by)})

    def delete(self, _id: str, _props: Props) -> None:
        """Leaves the user alone: it goes with its HSMs, and stays in their backups."""

    def _made(self, props: Props) -> dict[str, Any]:
        # KMS changes the password at the first connection; until then the secret's has to fit.
        if not props.get("instance_id"):
            raise StateError(
                "kmsuser is missing on an HSM: switch the client host on (cloudhsm:clientHost "
                "true), then run `pulumi up` again"
            )
        stores = [
            store.state
            for store in self.kms(props).key_stores()
            if store.cluster_id == props["cluster_id"]
        ]
        given = {
            "step": "kmsuser",
            "region": props["region"],
            "hsm_ips": props["hsm_ips"],
            "trust_anchor": props["trust_anchor"],
            "package": props["package"],
            "admin_secret": props["admin_secret"],
            "kmsuser_secret": props["kmsuser_secret"],
            "check_password": not stores,
            "kms_is_connected": "CONNECTED" in stores,
        }
        done = run_on_host(
            self.ssm(props), self.waiter(), props["instance_id"], given, pace(props), _SETTING
        )
        kept = {key: value for key, value in props.items() if key != "__provider"}
        return {**kept, "done": done, "missed_by": ""}


def _added(olds: Props, news: Props) -> bool:
    ids = news.get("hsm_ids")
    if ids is None or isinstance(ids, Unknown) or any(isinstance(one, Unknown) for one in ids):
        return False
    before = olds.get("hsm_ids") if olds else None
    return not set(ids) <= set(before or ())


class KmsUser(Resource, module="cloudhsm", name="KmsUser"):
    """That `kmsuser` is on every HSM."""

    done: pulumi.Output[str]
    """What was done, in the host program's words."""
    missed_by: pulumi.Output[str]
    """The key store that could not log in as the user, as of the last refresh."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the user.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `instance_id` (None while the host is off), `hsm_ids`,
                `hsm_ips`, `trust_anchor` (PEM, secret only to keep it out of diffs), `package`,
                `admin_secret` and `kmsuser_secret` (ARNs), `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(KmsUserProvider(), name, {"done": None, "missed_by": None, **props}, opts)
