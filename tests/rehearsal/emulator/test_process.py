"""The emulator as a process: it starts fast, ends promptly and never outlives its starter."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from rehearsal.emulator.process import REPOSITORY, EmulatorError, running_emulator

COMMAND = [sys.executable, "-m", "rehearsal.emulator", "--port", "0", "--speed", "60"]


def gone(pid):
    # A process that ended but was not yet waited for (by init, say) does nothing any more.
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_the_ready_line_gives_addresses_and_roots():
    with running_emulator() as emulator:
        assert emulator.endpoint.startswith("http://127.0.0.1:")
        assert emulator.control.startswith(emulator.endpoint + "/")
        assert set(emulator.roots) == {"aws", "manufacturer"}
        for root in emulator.roots.values():
            certificate = x509.load_pem_x509_certificate(root.pem.encode())
            assert certificate.fingerprint(hashes.SHA256()).hex() == root.sha256
            certificate.verify_directly_issued_by(certificate)
    assert emulator.process.returncode == 0


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["when ready", "after a call"])
def test_it_ends_silently_when_told_to(sent, moment):
    process = subprocess.Popen(
        COMMAND, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"endpoint", "control", "roots"}
        if moment == "after a call":
            import boto3

            boto3.client(
                "cloudhsmv2",
                endpoint_url=ready["endpoint"],
                region_name="us-east-1",
                aws_access_key_id="a",
                aws_secret_access_key="b",
            ).describe_clusters()
        process.send_signal(sent)
        rest, errors = process.communicate(timeout=30)
        assert (process.returncode, rest, errors) == (0, "", "")
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("stand_alone", [False, True])
def test_it_ends_with_its_starter_unless_told_to_stand_alone(stand_alone, tmp_path):
    flag = ["--stand-alone"] if stand_alone else []
    starter = textwrap.dedent(
        f"""
        import os, signal, subprocess
        process = subprocess.Popen(
            {[*COMMAND, *flag]!r}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        process.stdout.readline()
        print(process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", starter], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    try:
        deadline = time.monotonic() + (2 if stand_alone else 30)
        while not gone(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert gone(pid) is not stand_alone
    finally:
        if not gone(pid):
            os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_it_refuses_to_listen_anywhere_but_on_loopback(host):
    done = subprocess.run(
        [*COMMAND, "--host", host], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "loopback" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_told_in_one_line():
    with running_emulator() as emulator:
        port = int(emulator.endpoint.rpartition(":")[2])
        with pytest.raises(EmulatorError, match="in use"), running_emulator(port=port):
            pass


@pytest.mark.parametrize("speed", ["0", "-1", "inf", "nan", "fast"])
def test_a_speed_must_be_a_positive_number(speed):
    done = subprocess.run(
        [*COMMAND[:-1], speed], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "speed" in done.stderr


def test_requests_right_after_the_ready_line_are_answered():
    with running_emulator() as emulator, ThreadPoolExecutor(3) as pool:
        answers = [
            pool.submit(emulator.reset),
            pool.submit(emulator.resources),
            pool.submit(lambda: emulator.client("ec2").describe_vpcs()),
        ]
        for answer in answers:
            answer.result()
