"""The demo as a user sees it, and its end when the user has seen enough."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rehearsal.engine.marked_processes import living, living_after, start

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc"),
]


def demo(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    folder = str(tmp_path / "demo")
    module = "rehearsal.engine.demo"
    return start(module, "--folder", folder, *arguments, stderr=subprocess.STDOUT, **variables)


def asked(output: str) -> list[dict[str, int]]:
    """What each command that tells it has asked AWS."""
    lines = re.findall(r"AWS was asked \d+ times: (.+)", output)
    found = (re.findall(r"(\d+) (\w+)", told) for told in lines)
    return [{name: int(count) for count, name in counts} for counts in found]


INITIALIZED = ("to create", "clusterState", "INITIALIZED", "InitializeCluster x1", "CreateHsm x1")
WHOLE = (*INITIALIZED, "ACTIVE", "CONNECTED", "CreateCustomKeyStore x1", "hsms.count 3, and up")


# Both we and the aws provider ask which account this is: one STS call each.
NEW = {
    "GetCallerIdentity": 2,
    "DescribeClusters": 1,
    "DescribeVpcEndpointServices": 1,
    "DescribeVpcs": 1,
    "GetRole": 1,
}
NEW_WHOLE = NEW | {
    "DescribeAddresses": 1,
    "DescribeCustomKeyStores": 1,
    "DescribeFileSystems": 1,
    "GetParameter": 1,
    "GetRole": 3,
    "GetSecretValue": 1,
    "ListAliases": 1,
}
"""What a preview asks before anything is there: whatever would be refused after money is spent."""
UNCHANGED = {"GetCallerIdentity": 2, "DescribeClusters": 1}
READ = {"GetCallerIdentity": 1, "DescribeClusters": 4}
"""A refresh reads the cluster, its HSM, its retention and its initialization once."""
READ_WHOLE = READ | {
    "DescribeClusters": 7,
    "DescribeCustomKeyStores": 2,
    "DescribeSecret": 3,
}


@pytest.mark.parametrize(
    ("part", "shows", "left", "new", "unchanged", "read"),
    [
        ("initialized", INITIALIZED, "Nothing is left in AWS.", NEW, UNCHANGED, READ),
        (
            "whole",
            WHOLE,
            "Nothing is left in AWS but what KMS keeps",
            NEW_WHOLE,
            UNCHANGED | {"DescribeFileSystems": 1},
            READ_WHOLE,
        ),
    ],
)
def test_the_demo_goes_from_nothing_to_its_end_and_back(
    tmp_path: Path,
    mark: dict[str, str],
    part: str,
    shows: tuple[str, ...],
    left: str,
    new: Mapping[str, int],
    unchanged: Mapping[str, int],
    read: Mapping[str, int],
) -> None:
    process = demo(tmp_path, "--part", part, "--speed", "200", "--seed", "11", **mark)
    output, _ = process.communicate(timeout=240)

    assert process.returncode == 0, output
    closing = (
        "--seed 11 gives the same again",
        "no changes",
        "no drift",
        left,
        "The working tree is as it was.",
    )
    for shown in (*shows, *closing):
        assert shown in output
    assert "PRIVATE KEY" not in output
    assert "Traceback" not in output
    asked_by_preview, asked_by_up, asked_by_refresh = asked(output)
    assert asked_by_preview == new
    assert asked_by_up == unchanged, "what the state holds is not asked for again"
    # Reads at the same moment share one call, so it may be fewer.
    too_often = {call: n for call, n in asked_by_refresh.items() if n > read.get(call, n)}
    assert too_often == {}, "a resource is read once"
    timeline = (tmp_path / "demo" / "timeline.svg").read_text()
    assert "dev: succeeded after" in timeline
    assert "1 CreateCluster" in timeline, "the calls are told, too"
    diagram = (tmp_path / "demo" / "deployment.md").read_text()
    assert "<b>HSM</b><br/>hsm-" in diagram


def test_ctrl_c_in_the_middle_of_the_demo_leaves_no_process(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    process = demo(tmp_path, **mark)
    assert process.stdout is not None
    output = ""
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    for line in process.stdout:
        output += line
        if "cloudhsmv2:Hsm" in line and "creating" in line:
            break
    watchdog.cancel()
    assert "creating" in output, output
    time.sleep(1.0)
    assert len(living(mark)) >= 5, "CLI, hosts, plugins and the emulator should be at work"

    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    rest, _ = process.communicate(timeout=60)

    assert process.returncode == 130, output + rest
    assert "error: interrupted; nothing of the demo is left running" in rest
    assert "Traceback" not in output + rest
    assert living_after(mark, 30.0) == []


def test_a_failing_program_fails_the_demo_and_leaves_no_process(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    program = Path(__file__).with_name("programs") / "tiny"
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "Pulumi.yaml").write_text((program / "Pulumi.yaml").read_text())
    (broken / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('no: fix it')\n")
    process = demo(tmp_path, "--program", str(broken), **mark)

    output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "error: no: fix it" in output
    assert output.rstrip().endswith("error: `pulumi preview` failed; the lines above say why")
