"""When the first CreateHsm of each cluster was answered: a call before that is not refused."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

SETTLING_SECONDS = 0.25
"""How long CreateHsm takes to answer before activation, in real seconds whatever the speed.

A call that arrives before the first one was answered is not refused, and then no CSR ever
appears: that is what users met at AWS (terraform-provider-aws issue 7437). The width of the window
there is not public. It is not divided by the speed. It is about two calls of one client
overlapping, and a client is not faster in a rehearsal.
"""


class FirstAnswers:
    """The moment of the first answer, by cluster (monotonic; infinite: not yet answered).

    Args:
        lock: the service's; held by the caller in all methods but `settle`.
        sleep: waits; tests replace it.
    """

    def __init__(self, lock: threading.RLock, sleep: Callable[[float], None]) -> None:
        self._lock, self._sleep = lock, sleep
        self._answered: dict[str, float] = {}

    def overlaps(self, cluster_id: str, arrived: float) -> bool:
        """Whether a call that arrived then came before the first one was answered."""
        return arrived <= self._answered.get(cluster_id, -math.inf)

    def begin(self, cluster_id: str) -> None:
        """A CreateHsm before activation was accepted."""
        self._answered[cluster_id] = math.inf

    def settle(self, cluster_id: str, arrived: float) -> None:
        """Let the answer of that call take its time; the caller does not hold the lock."""
        self._sleep(max(0.0, arrived + SETTLING_SECONDS - time.monotonic()))
        with self._lock:
            self._answered[cluster_id] = time.monotonic()

    def forget(self, cluster_id: str) -> None:
        """The cluster is gone."""
        self._answered.pop(cluster_id, None)

    def clear(self) -> None:
        """Forget all clusters."""
        self._answered.clear()
