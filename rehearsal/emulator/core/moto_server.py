"""moto's own server application, which answers what no emulated service does."""

from __future__ import annotations

import threading
from typing import Any

from rehearsal.emulator.core.answers import Answer
from rehearsal.emulator.core.request import Environ


class Moto:
    """Loaded when first needed, since that takes long. Answers one request at a time.

    A request that reads moto's tables while another one changes them would fail with status 500.
    """

    def __init__(self, lock: threading.RLock) -> None:
        """Prepares.

        Args:
            lock: of all that knows moto's tables.
        """
        self._application: Any = None
        self._lock = lock

    def answer(self, environ: Environ) -> Answer:
        """Let moto answer a request."""
        from werkzeug.test import run_wsgi_app

        with self._lock:
            parts, status, headers = run_wsgi_app(self._load(), environ, buffered=True)
        return Answer(int(status.split()[0]), list(headers), b"".join(parts))

    def reset(self) -> None:
        """Forget the state of all services that were used."""
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()

    def _load(self) -> Any:  # noqa: ANN401 - a WSGI application
        if self._application is None:
            from moto.moto_server.werkzeug_app import (
                DomainDispatcherApplication,
                create_backend_app,
            )

            self._application = DomainDispatcherApplication(create_backend_app)
        return self._application
