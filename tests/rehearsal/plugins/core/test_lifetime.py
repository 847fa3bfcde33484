import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.plugins.driver import REPOSITORY, Plugin, RefusedError, running_plugin

CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
PROVIDERS = ["aws", "tls", "command"]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_plugin_silently(provider: str, number: int):
    with running_plugin(provider) as plugin:
        plugin.process.send_signal(number)
        out, err = plugin.process.communicate(timeout=30)
        assert (out, err, plugin.process.returncode) == ("", "", 0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_plugin_ends_with_a_parent_that_is_killed(provider: str):
    # The parent prints the plugin's process id and port, and then does nothing.
    program = textwrap.dedent(f"""
        import subprocess, sys, time
        plugin = subprocess.Popen([sys.executable, "-u", "-m", "rehearsal.plugins.{provider}", ""],
                                  stdout=subprocess.PIPE, text=True)
        print(plugin.pid, plugin.stdout.readline(), flush=True)
        time.sleep(60)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    plugin_id = int(parent.stdout.readline().split()[0])
    parent.kill()
    parent.communicate()
    assert _ends_within(plugin_id, seconds=30)


def test_a_command_ends_with_the_plugin_and_all_it_started(tmp_path):
    ids = tmp_path / "ids"
    create = f"sleep 61 & echo $! > {ids}; echo $$ >> {ids}; wait"
    with running_plugin("command") as plugin:
        plugin.configure()
        calling = threading.Thread(
            target=lambda: _ignoring_errors(
                lambda: plugin.create("command:local:Command", {"create": create})
            )
        )
        calling.start()
        deadline = time.monotonic() + 30
        while not (ids.exists() and len(ids.read_text().split()) == 2):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started = [int(number) for number in ids.read_text().split()]
        plugin.process.send_signal(signal.SIGINT)
        plugin.process.wait(timeout=30)
        calling.join(timeout=30)
    assert all(_ends_within(number, seconds=30) for number in started)


def test_cancel_ends_a_wait_and_keeps_what_was_made(emulator: RunningEmulator, subnets: list[str]):
    emulator.set_fault("never_ends", target="cluster", state="CREATE_IN_PROGRESS")
    inputs = {"hsmType": "hsm2m.medium", "mode": "FIPS", "subnetIds": subnets}
    with running_plugin("aws", emulator.environment()) as plugin:
        plugin.configure(region="us-east-1")
        refused: list[RefusedError] = []

        def create() -> None:
            try:
                plugin.create(CLUSTER, inputs)
            except RefusedError as error:
                refused.append(error)

        calling = threading.Thread(target=create)
        calling.start()
        deadline = time.monotonic() + 20
        while not emulator.resources()["clusters"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        plugin.cancel()
        calling.join(timeout=30)
        assert not calling.is_alive()
    [cluster] = emulator.resources()["clusters"]
    assert str(refused[0]) == f"waiting for CloudHSMv2 Cluster ({cluster}) create: context canceled"
    assert refused[0].partial is not None
    assert refused[0].partial.id == cluster


def _ends_within(process_id: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process_id, 0)
            status = Path(f"/proc/{process_id}/stat").read_text()
            if status.split()[2] == "Z":  # ended; nobody has collected it yet
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def _ignoring_errors(action) -> None:
    with contextlib.suppress(RefusedError):
        action()


def test_every_plugin_tells_the_version_of_its_package(tls: Plugin):
    from importlib.metadata import version

    from google.protobuf import empty_pb2

    assert tls.call("GetPluginInfo", empty_pb2.Empty()).version == version("pulumi_tls")
