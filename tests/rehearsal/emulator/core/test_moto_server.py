"""moto answers one request at a time, and waits for the services that know its tables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from werkzeug.test import create_environ

from rehearsal.emulator.core.moto_server import Moto

SECONDS = 60.0


def test_a_request_waits_until_nobody_else_changes_its_tables() -> None:
    lock = threading.RLock()
    moto = Moto(lock)
    asked = threading.Event()
    told: list[str] = []

    def application(_environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        told.append("answered")
        start("200 OK", [])
        return [b"moto's"]

    moto._application = application  # pyright: ignore[reportPrivateUsage]

    def ask() -> bytes:
        asked.set()
        return moto.answer(create_environ()).body

    with ThreadPoolExecutor(2) as pool:
        with lock:
            answers = [pool.submit(ask) for _ in range(2)]
            assert asked.wait(SECONDS)
            assert told == []
            told.append("changed")
        assert [one.result(SECONDS) for one in answers] == [b"moto's", b"moto's"]
    assert told == ["changed", "answered", "answered"]
