"""How long AWS takes for each step, in seconds of AWS time: usual values, and what is drawn.

The usual values are the rehearsal's own, each with its source; the program's expectations are not
read here. AWS does not keep to a usual value, so the emulator draws every duration anew:
log-normal, with the usual value as median. Public reports of one step differ by factors (an HSM
takes 5, 10 or 20 minutes). How wide AWS's own distribution is, no public source says;
:data:`DEFAULT_SPREAD` is assumed.

The emulator divides every number by its speed. A number marked *assumed* has no public
source; it is there so that clients meet the intermediate state at all.
"""

from __future__ import annotations

import random
from typing import overload

DEFAULT_SPREAD = 0.3
"""Standard deviation of the logarithm: two of three durations are within 26 % less, 35 % more."""

MAX_FACTOR = 3.0
"""No duration is longer than its usual value times this, or shorter than that value through it."""


class Usual:
    """The usual duration of a step. Read from a `Durations`, it is drawn.

    Args:
        seconds: the median, in AWS time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.step = ""

    def __set_name__(self, owner: type[Durations], name: str) -> None:
        """Take the step's name."""
        self.step = name

    @overload
    def __get__(self, durations: None, owner: type[Durations]) -> Usual: ...
    @overload
    def __get__(self, durations: Durations, owner: type[Durations]) -> float: ...
    def __get__(self, durations: Durations | None, owner: type[Durations]) -> Usual | float:
        """Draw a duration, another one each time."""
        return self if durations is None else self.seconds * durations.factor(self.step)


class Durations:
    """Seconds of AWS time per step; each look at an attribute draws.

    Every step has a sequence of its own, so that the order in which different steps begin changes
    nothing: the same seed gives the third HSM the same duration in every run.

    Args:
        seed: of all sequences.
        spread: standard deviation of the duration's logarithm; 0: always the usual value.
    """

    def __init__(self, seed: int = 0, spread: float = 0.0) -> None:
        self.seed, self.spread = seed, spread
        self._sequences: dict[str, random.Random] = {}

    def factor(self, step: str) -> float:
        """The next duration of a step, as a multiple of the usual one."""
        if not self.spread:
            return 1.0
        if step not in self._sequences:
            self._sequences[step] = random.Random(f"{self.seed} {step}")  # noqa: S311 - no secret
        sequence = self._sequences[step]
        factor = sequence.lognormvariate(0.0, self.spread)
        return min(max(factor, 1 / MAX_FACTOR), MAX_FACTOR)

    create_cluster = Usual(180.0)
    """CREATE_IN_PROGRESS to UNINITIALIZED. "A few minutes": NLnetLabs/krill#556."""

    first_hsm = Usual(600.0)
    """First HSM to ACTIVE. "Up to 10 min": stormreply/cloudhsm-demo README (2026, hsm2m)."""

    csr_after_first_hsm = Usual(15.0)
    """First HSM ACTIVE to CSR and certificates shown. Assumed; public scripts poll for it."""

    initialize = Usual(210.0)
    """InitializeCluster to INITIALIZED. "3-4 min": tecracer blog, FSx and CloudHSM, part 1."""

    activation_visible = Usual(80.0)
    """`cluster activate` to ACTIVE in DescribeClusters. Measured: RadiumGu/pix-proxy-samples."""

    later_hsm = Usual(313.0)
    """An HSM added to an active cluster to ACTIVE. Measured: RadiumGu/pix-proxy-samples."""

    create_backup = Usual(60.0)
    """A backup from CREATE_IN_PROGRESS to READY. Assumed."""

    copy_backup = Usual(120.0)
    """A copy in another region from CREATE_IN_PROGRESS to READY. Assumed."""

    show_copy = Usual(5.0)
    """A copy is listed in its region so long after CopyBackupToRegion was answered. Assumed."""

    delete_hsm = Usual(120.0)
    """A deleted HSM stays listed. Measured: RadiumGu/pix-proxy-samples."""

    connect_key_store = Usual(900.0)
    """ConnectCustomKeyStore to CONNECTED. "Up to 20 minutes": KMS developer guide."""

    disconnect_key_store = Usual(60.0)
    """DisconnectCustomKeyStore to DISCONNECTED. Assumed."""

    create_file_system = Usual(1500.0)
    """CREATING to AVAILABLE. Assumed: FSx's console says "20 minutes or more"; tecracer's series
    needed a time-out of two hours."""

    update_file_system = Usual(120.0)
    """UpdateFileSystem to AVAILABLE again. Assumed."""

    delete_file_system = Usual(600.0)
    """DeleteFileSystem to no longer described. Assumed."""

    create_svm = Usual(120.0)
    """CREATING to CREATED. Assumed."""

    delete_svm = Usual(60.0)
    """DELETING to no longer described. Assumed."""

    create_volume = Usual(30.0)
    """CREATING to CREATED. Assumed."""

    delete_volume = Usual(60.0)
    """DELETING to no longer described, its final backup included. Assumed."""

    create_private_ca = Usual(10.0)
    """CREATING to PENDING_CERTIFICATE. Assumed."""

    issue_private_certificate = Usual(3.0)
    """IssueCertificate to GetCertificate with a certificate. Assumed: seconds."""

    agent_online = Usual(30.0)
    """A running instance to Online in Systems Manager. Assumed."""

    delete_cluster = Usual(60.0)
    """DELETE_IN_PROGRESS to DELETED. Assumed: "mostly destroy about 5 min" for a whole chain
    with two HSMs (ZeePal/test-kms-with-cloudhsm)."""

    deleted_cluster_listed = Usual(120.0)
    """DELETED to no longer described. Assumed."""
