"""One cluster as it is asked for: the choices of all sections, and whether they fit together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..common import CommonArgs, visible_inputs
from ..hsms.args import HsmsArgs, check_places
from ..identity.args import IdentityArgs
from ..initialization.args import FilesArgs
from ..network.args import PlannedNetwork
from ..recovery.part import Part
from ..trust.args import TrustArgs, TrustMode
from ..validation import InputError, section
from .args import CA_NEEDED, CloudHsmClusterArgs, RestoreArgs


@dataclass(frozen=True, kw_only=True)
class ClusterRequest:
    """What CloudHsmCluster's constructor is given, see there."""

    name: str
    cluster: CloudHsmClusterArgs
    network: PlannedNetwork
    trust: TrustArgs | None
    restore: RestoreArgs | None
    identity: IdentityArgs
    files: FilesArgs
    hsms: HsmsArgs
    common: CommonArgs

    @property
    def resource_name(self) -> str:
        """Logical name of the cluster at AWS, below the component's own."""
        return f"{self.name}-cluster"

    @property
    def awaits_certificate(self) -> bool:
        """Whether an external CA has to sign first."""
        return self.trust is not None and self.trust.awaits_certificate

    @property
    def hsm_count(self) -> int:
        """How many HSMs AWS charges for; one made the CSR, and waits with it for the signature."""
        return 1 if self.awaits_certificate else self.hsms.number

    @property
    def backup_id(self) -> str | None:
        """The backup that it is made from; empty for a new cluster; None for one not known yet."""
        if self.restore is None:
            return ""
        return self.restore.backup_id if isinstance(self.restore.backup_id, str) else None

    @property
    def restores_in_place(self) -> bool:
        """Whether a lost cluster of this stack's own comes back, under the CA that it had."""
        return self.trust is not None and self.restore is not None

    def from_backup(self, backup_id: str) -> ClusterRequest:
        """The same with the backup that was found for it; empty: as it is."""
        if self.restore is None or not backup_id:
            return self
        return replace(self, restore=replace(self.restore, backup_id=backup_id))

    @property
    def region(self) -> str | None:
        """The Region, where it is known before anything runs."""
        return self.common.region if isinstance(self.common.region, str) else None

    def within(self, component: Part) -> ClusterRequest:
        """The same with account and Region as plain values; see `CommonArgs.within`."""
        return replace(self, common=self.common.within(component))

    def visible_inputs(self) -> dict[str, Any]:
        """The choices as the component's inputs in the state; never the passphrase."""
        files = replace(self.files, ca_key_passphrase=None)
        parts = {
            "cluster": self.cluster,
            "trust": self.trust,
            "restore": self.restore,
            "identity": self.identity,
            "files": files,
            "hsms": self.hsms,
        }
        return {name: visible_inputs(part) for name, part in parts.items() if part is not None}

    def check(self) -> None:
        """Refuses what would fail later, when it costs money or cannot be undone.

        Raises:
            InputError: names the field, the value and the fix.
        """
        self._check_trust()
        for name in ("cluster", "hsms", "identity", "files"):
            with section(name):
                getattr(self, name).check()
        check_fit(self.trust, self.files, self.hsms, self.network)
        self.common.check()

    def _check_trust(self) -> None:
        check_origin(self.trust, self.restore)
        for name in ("trust", "restore"):
            if part := getattr(self, name):
                with section(name):
                    part.check()


def check_origin(trust: TrustArgs | None, restore: RestoreArgs | None) -> None:
    """Refuses a cluster of which it is not told whose CA it is under.

    Raises:
        InputError: names the field, the value and the fix.
    """
    if restore is None:
        if trust is None:
            raise InputError("trust", None, "give the subject of a CA, or a backup as `restore`")
        return
    if trust is None and not restore.ca_certificate:
        raise InputError("restore.ca_certificate", restore.ca_certificate, CA_NEEDED)
    if trust is not None and restore.ca_certificate is not None:
        raise InputError(
            "restore.ca_certificate",
            "[PEM]",
            "leave it out: with `trust`, the lost cluster's CA is that of this stack; or leave "
            "`trust` out, in another stack",
        )


def check_fit(
    trust: TrustArgs | None, files: FilesArgs, hsms: HsmsArgs, network: PlannedNetwork
) -> None:
    """Refuses sections that contradict each other.

    Raises:
        InputError: names the field by its path, the value and the fix.
    """
    generated = trust is not None and trust.mode == TrustMode.GENERATED
    if files.ca_key_passphrase is not None and not generated:
        raise InputError(
            "files.ca_key_passphrase", "[secret]", "leave it out: the key of that CA is not here"
        )
    if network.known is not None:
        check_places(hsms, network.known.zones, network.known.cidrs)
