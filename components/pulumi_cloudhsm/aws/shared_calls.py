"""One call to AWS answers all threads that ask the same question at the same time.

An answer is shared only by those who asked before its call began. So no caller is told a state that
is older than the question. It needs no expiry, and a look right after a write sees that write.

`aws/cloudhsmv2.py` asks for clusters through it:

    SHARED.ask((self._access, ids), lambda: self._describe(ids))

The reporters of `recovery/create_hooks.py`, one thread for each HSM, thus cost the calls of one.
All waits of a process look at the same moments (see `polling`).
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

T = TypeVar("T")

GATHERING = 0.05
"""Seconds that a call is put off while others may be about to ask, too."""

REMEMBERED = 20.0
"""Seconds for which a thread that has asked counts as one that may ask again."""


@dataclass
class _Question:
    """What is known of one question.

    Attributes:
        lock: held during a call, so that there is one at a time.
        began: number of the moment at which the last call began.
        answer: what it gave.
        error: or what it raised.
        asked: when each thread asked last, seconds of the clock.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    began: int = -1
    answer: object = None
    error: Exception | None = None
    asked: dict[int, float] = field(default_factory=dict[int, float])


@dataclass(frozen=True)
class SharedCalls:
    """Questions and their last answers; thread-safe, one object for a process.

    Attributes:
        now: seconds of a monotonic clock.
        sleep: sleeps for some seconds.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _questions: dict[Hashable, _Question] = field(default_factory=dict[Hashable, _Question])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _moments: itertools.count[int] = field(default_factory=itertools.count)

    def ask(self, key: Hashable, call: Callable[[], T]) -> T:
        """The answer of a call that begins after this was asked: an own one or another thread's.

        Args:
            key: the question; the same key must mean the same answer.
            call: asks AWS; what it returns is shared and must not be changed.

        Raises:
            Exception: what the call raises; every thread but the caller's gets a copy.
        """
        thread, now = threading.get_ident(), self.now()
        with self._lock:
            question = self._questions.setdefault(key, _Question())
            asked_at = next(self._moments)
            question.asked[thread] = now
            for other in [one for one, at in question.asked.items() if at < now - REMEMBERED]:
                del question.asked[other]
            alone = len(question.asked) == 1
        if not alone:
            self.sleep(GATHERING)
        with question.lock:
            if question.began < asked_at:
                return self._call(question, call)
            if question.error is not None:
                raise copy.copy(question.error)
            return cast("T", question.answer)

    def _call(self, question: _Question, call: Callable[[], T]) -> T:
        with self._lock:
            began = next(self._moments)
        try:
            answer = call()
        except Exception as error:
            question.began, question.answer, question.error = began, None, error
            raise
        question.began, question.answer, question.error = began, answer, None
        return answer


SHARED = SharedCalls()
"""The shared calls of this process."""
