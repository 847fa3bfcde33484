"""How long AWS takes for each step, in seconds of AWS time, one number each.

The emulator divides every number by its speed. A number marked *assumed* has no public
source; it is there so that clients meet the intermediate state at all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Durations:
    """Seconds of AWS time per step."""

    create_cluster: float = 180.0
    """CREATE_IN_PROGRESS to UNINITIALIZED. "A few minutes": NLnetLabs/krill#556."""

    first_hsm: float = 600.0
    """First HSM to ACTIVE. "Up to 10 min": stormreply/cloudhsm-demo README (2026, hsm2m)."""

    csr_after_first_hsm: float = 15.0
    """First HSM ACTIVE to CSR and certificates shown. Assumed; public scripts poll for it."""

    initialize: float = 210.0
    """InitializeCluster to INITIALIZED. "3-4 min": tecracer blog, FSx and CloudHSM, part 1."""

    activation_visible: float = 80.0
    """`cluster activate` to ACTIVE in DescribeClusters. Measured: RadiumGu/pix-proxy-samples."""

    later_hsm: float = 313.0
    """An HSM added to an active cluster to ACTIVE. Measured: RadiumGu/pix-proxy-samples."""

    create_backup: float = 60.0
    """A backup from CREATE_IN_PROGRESS to READY. Assumed."""

    copy_backup: float = 120.0
    """A copy in another region from CREATE_IN_PROGRESS to READY. Assumed."""

    delete_hsm: float = 120.0
    """A deleted HSM stays listed. Measured: RadiumGu/pix-proxy-samples."""

    connect_key_store: float = 900.0
    """ConnectCustomKeyStore to CONNECTED. "Up to 20 minutes": KMS developer guide."""

    disconnect_key_store: float = 60.0
    """DisconnectCustomKeyStore to DISCONNECTED. Assumed."""

    create_file_system: float = 1500.0
    """CREATING to AVAILABLE. Assumed: FSx's console says "20 minutes or more"; tecracer's series
    needed a time-out of two hours."""

    update_file_system: float = 120.0
    """UpdateFileSystem to AVAILABLE again. Assumed."""

    delete_file_system: float = 600.0
    """DeleteFileSystem to no longer described. Assumed."""

    create_svm: float = 120.0
    """CREATING to CREATED. Assumed."""

    delete_svm: float = 60.0
    """DELETING to no longer described. Assumed."""

    create_volume: float = 30.0
    """CREATING to CREATED. Assumed."""

    delete_volume: float = 60.0
    """DELETING to no longer described, its final backup included. Assumed."""

    create_private_ca: float = 10.0
    """CREATING to PENDING_CERTIFICATE. Assumed."""

    issue_private_certificate: float = 3.0
    """IssueCertificate to GetCertificate with a certificate. Assumed: seconds."""

    agent_online: float = 30.0
    """A running instance to Online in Systems Manager. Assumed."""

    delete_cluster: float = 60.0
    """DELETE_IN_PROGRESS to DELETED. Assumed: "mostly destroy about 5 min" for a whole chain
    with two HSMs (ZeePal/test-kms-with-cloudhsm)."""

    deleted_cluster_listed: float = 120.0
    """DELETED to no longer described. Assumed."""
