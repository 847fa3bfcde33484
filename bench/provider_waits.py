"""By how much the aws provider's own waits hold up the chain: simulated, no time passes.

Sources: terraform-provider-aws, internal/service/cloudhsmv2/wait.go and internal/service/fsx, and
the loop of terraform-plugin-sdk, helper/retry/state.go. That loop looks after a delay, then doubles
its pause from 0.1 s. A pause of more than 10 s becomes 10 s, unless it is below the least pause. So
a least pause of 30 s makes pauses of 30 s and 10 s in turn.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from bench.rows import Row
from rehearsal.emulator.core.durations import Durations, Usual

_FIRST, _LONGEST = 0.1, 10.0
"""Seconds: the pause that is doubled, and the longest one."""
REPETITIONS, STEPS, SPREAD = 5, 400, 0.3
GROUP = "Chain held up by the aws provider's own waits"


@dataclass(frozen=True)
class ProviderWait:
    """How the aws provider waits for a step.

    Attributes:
        least: seconds of the shortest pause.
        sightings: how often in a row it wants to see the end.
        delay: seconds before the first look.
    """

    least: float = 0.0
    sightings: int = 1
    delay: float = 30.0

    def noticed(self, actual: float) -> tuple[float, int]:
        """Seconds from the end of a step to the look that ends the wait, and looks in all.

        Args:
            actual: seconds that the step takes.
        """
        for looks, (moment, pause) in enumerate(self._looks(), start=1):
            if moment >= actual:
                # From the first sight on, the pause stays as it is.
                return moment + pause * (self.sightings - 1) - actual, looks + self.sightings - 1
        raise AssertionError("looks never end")

    def _looks(self) -> Iterator[tuple[float, float]]:
        """Moments of looks, each with the pause that would follow a first sight."""
        moment, pause = self.delay, _FIRST
        while True:
            yield moment, self._bounded(pause)
            pause = self._bounded(2 * pause)
            moment += pause

    def _bounded(self, pause: float) -> float:
        return self.least if pause < self.least else min(pause, _LONGEST)


CLOUDHSM = ProviderWait(least=30.0)
"""Of a cluster and of an HSM."""
FILE_SYSTEM = ProviderWait(sightings=3)
PART = ProviderWait()
"""Of a storage virtual machine and of a volume."""

_CLUSTER, _HSM = (Durations.create_cluster, CLOUDHSM), (Durations.first_hsm, CLOUDHSM)
_FILES = (
    (Durations.create_file_system, FILE_SYSTEM),
    (Durations.create_svm, PART),
    (Durations.create_volume, PART),
)
CHAINS: dict[str, tuple[tuple[Usual, ProviderWait], ...]] = {
    "initialized cluster": (_CLUSTER, _HSM),
    "key store": (_CLUSTER, _HSM, (Durations.later_hsm, CLOUDHSM)),
    "file system": (_CLUSTER, _HSM, (Durations.later_hsm, CLOUDHSM), *_FILES),
}
"""The steps on the way that the aws provider waits for, one after the other."""


def rows() -> list[Row]:
    """Seconds that the provider's waits add to the way to each end."""
    return [_row(end, steps) for end, steps in CHAINS.items()]


def _row(end: str, steps: tuple[tuple[Usual, ProviderWait], ...]) -> Row:
    means: list[float] = []
    for seed in range(REPETITIONS):
        dice = random.Random(seed)
        added = [_held_up(steps, dice) for _ in range(STEPS)]
        means.append(statistics.mean(added))
    waits = f"{len(steps)} waits of {sum(usual.seconds for usual, _ in steps) / 60:.0f} min"
    return Row(GROUP, f"up to the {end}", "s", means, detail=waits)


def _held_up(steps: tuple[tuple[Usual, ProviderWait], ...], dice: random.Random) -> float:
    return sum(
        wait.noticed(usual.seconds * dice.lognormvariate(0, SPREAD))[0] for usual, wait in steps
    )
