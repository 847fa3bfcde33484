"""Clusters, HSMs and users as the service keeps them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.cloudhsmv2.pki import HsmIdentity, HsmKeys
from rehearsal.emulator.core.place import Place

_ID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def new_id(prefix: str) -> str:
    """An id as AWS makes them: ``cluster-`` and so on, and eleven letters or digits 2 to 7."""
    return prefix + "-" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(11))


@dataclass
class User:
    """One user of a cluster."""

    role: str
    password: str
    missing_on: set[str] = field(default_factory=set)
    """HSMs that were joining when the user was made: it never reaches them (RadiumGu, measured)."""
    failures: int = 0
    locked: bool = False
    logged_in: bool = False
    """KMS is logged in."""
    shown: dict[str, Any] = field(default_factory=dict)
    """Properties that `user list` shows instead of the true ones; None: not at all."""


@dataclass
class Hsm:
    """One HSM of a cluster."""

    hsm_id: str
    availability_zone: str
    subnet_id: str
    eni_id: str
    eni_ip: str
    keys: HsmKeys
    hsm_type: str
    eni_ipv6: str | None = None
    state: str = "CREATE_IN_PROGRESS"
    state_message: str = ""


@dataclass
class Cluster:
    """One cluster with everything the service knows about it."""

    cluster_id: str
    place: Place
    hsm_type: str
    mode: str
    network_type: str
    subnet_mapping: dict[str, str]
    vpc_id: str
    security_group: str
    created_at: float
    retention_days: int = 90
    tags: dict[str, str] = field(default_factory=dict)
    state: str = "CREATE_IN_PROGRESS"
    state_message: str = ""
    hsms: list[Hsm] = field(default_factory=list)
    identity: HsmIdentity | None = None
    """CSR and certificates, while they are shown."""
    cluster_certificate: str | None = None
    csr_withheld: bool = False
    """Two HSMs were created at once before activation: no CSR appears (see README)."""
    activated: bool = False
    replacing: bool = False
    """DEGRADED only because AWS replaces an HSM."""
    trust_anchor: str | None = None
    """What it was initialized under; never shown by the service."""
    users: dict[str, User] = field(default_factory=dict)
    """The users on its HSMs by name, see users.py."""
    keys: dict[str, bytes] = field(default_factory=dict)
    """Material of the KMS keys that its HSMs hold, by the key's id."""
    source_backup_id: str | None = None
    """The backup it was restored from."""
    history: str = ""
    """The cluster that all with this backup history descend from; itself, if nothing is given."""

    def __post_init__(self) -> None:
        self.history = self.history or self.cluster_id

    @property
    def active_hsm(self) -> Hsm | None:
        """One of its ACTIVE HSMs, the oldest."""
        return next((hsm for hsm in self.hsms if hsm.state == "ACTIVE"), None)
