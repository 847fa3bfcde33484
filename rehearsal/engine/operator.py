"""The operator of a rehearsal: does on the data plane what no call to AWS can do.

With `activation: manual` the program says what to do and waits. At AWS, an operator runs
cloudhsm-cli on a host. Here a thread does it as soon as it can be done.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError

from rehearsal.emulator.process import EmulatorError, RunningEmulator

LAG_SECONDS = 80.0
"""From `cluster activate` to ACTIVE, in AWS's time. Measured: RadiumGu/pix-proxy-samples."""
LOOK_SECONDS = 0.2


@contextmanager
def operator_at(
    emulator: RunningEmulator, secret: str | None = None, *, reads_for: float = 0.0
) -> Iterator[None]:
    """Activates every cluster once it is INITIALIZED and, with a secret, makes `kmsuser`.

    Args:
        emulator: the AWS of the rehearsal.
        secret: name of the secret for kmsuser's password; it is made with a password of its own.
            The user is made once two HSMs are ACTIVE, since it reaches none that joins later.
        reads_for: seconds between INITIALIZED and the activation, to read what to do.
    """
    password = "Rehearsed" + secrets.token_hex(8)
    if secret is not None:
        emulator.client("secretsmanager").create_secret(Name=secret, SecretString=password)
    over = threading.Event()

    def act() -> None:
        activated: set[str] = set()
        while not over.wait(LOOK_SECONDS):
            for cluster in emulator.client("cloudhsmv2").describe_clusters()["Clusters"]:
                cluster_id = cluster["ClusterId"]
                if cluster["State"] == "INITIALIZED" and cluster_id not in activated:
                    over.wait(reads_for)
                    emulator.activate(cluster_id, lag_seconds=LAG_SECONDS)
                    activated.add(cluster_id)
                states = [hsm["State"] for hsm in cluster["Hsms"]]
                if secret and cluster["State"] == "ACTIVE" and states == ["ACTIVE"] * 2:
                    emulator.make_kmsuser(cluster_id, password)
                    return

    def until_the_end() -> None:
        try:
            act()
        except (EmulatorError, BotoCoreError, OSError):
            # The emulator has ended before this thread (Ctrl-C reaches both): it is all over.
            return

    operator = threading.Thread(target=until_the_end, name="operator", daemon=True)
    operator.start()
    try:
        yield
    finally:
        over.set()
        operator.join(5)
