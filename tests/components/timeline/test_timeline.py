"""A timeline is drawn from any event log of the engine."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pulumi_cloudhsm.timeline.__main__ import main
from pulumi_cloudhsm.timeline.cost import cost_until
from pulumi_cloudhsm.timeline.run import Run, RunError, read_run
from pulumi_cloudhsm.timeline.svg import span, svg

BEGIN = 1_700_000_000
HSM = "aws:cloudhsmv2/hsm:Hsm"
INITIALIZATION = "pulumi-python:dynamic/cloudhsm:ClusterInitialization"


class Log:
    """An event log that is written as the engine does."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.add(0, preludeEvent={"config": {"aws:region": "us-east-1"}})

    def add(self, at: float, **event: Any) -> None:
        self.lines.append(json.dumps({"sequence": 1, "timestamp": BEGIN + at, **event}))

    def step(
        self,
        kind: str,
        name: str,
        begin: float,
        end: float | None,
        op: str = "create",
        **facts: Any,
    ) -> None:
        urn = f"urn:pulumi:prod::vault::{kind}::{name}"
        custom = not kind.startswith("cloudhsm:index:")
        metadata = {"op": op, "urn": urn, "type": kind, "new": {"custom": custom, "inputs": facts}}
        self.add(begin, resourcePreEvent={"metadata": metadata})
        if end is not None:
            self.add(end, resOutputsEvent={"metadata": metadata})

    def fail(self, kind: str, name: str, at: float) -> None:
        urn = f"urn:pulumi:prod::vault::{kind}::{name}"
        self.add(at, resOpFailedEvent={"metadata": {"urn": urn}})

    def end(self, at: float, result: str = "succeeded") -> str:
        self.add(at, summaryEvent={"result": result})
        # The engine writes in the order of time.
        self.lines.sort(key=lambda line: json.loads(line)["timestamp"])
        return "\n".join(self.lines)


def sample() -> Log:
    log = Log()
    log.step("cloudhsm:index:CloudHsmCluster", "vault", 0, 900)
    log.step("tls:index/privateKey:PrivateKey", "vault-key", 0, 100)
    log.step(HSM, "vault-hsm-1", 100, 700)
    log.step("aws:ec2/vpc:Vpc", "vault-vpc", 100, 101)
    log.step(INITIALIZATION, "vault-initialization", 700, 900)
    log.step(HSM, "kept", 700, 700, op="same")
    return log


def test_steps_with_their_times_are_read_without_components_and_unchanged_ones() -> None:
    run = read_run(sample().end(1000))
    assert [(one.name, one.begin, one.end) for one in run.steps] == [
        ("vault-key", 0, 100),
        ("vault-vpc", 100, 101),
        ("vault-hsm-1", 100, 700),
        ("vault-initialization", 700, 900),
    ]
    assert (run.stack, run.region, run.result, run.seconds) == (
        "prod",
        "us-east-1",
        "succeeded",
        1000,
    )


def test_the_share_of_aws_and_what_ran_at_the_same_time_are_measured() -> None:
    run = read_run(sample().end(1000))
    assert run.aws_seconds == 800, "two steps at once count once, and the key asks no AWS"
    assert run.parallel == 2


def test_a_failed_step_and_one_that_a_kill_cut_off_are_told() -> None:
    log = Log()
    log.step(HSM, "vault-hsm-1", 0, None)
    log.fail(HSM, "vault-hsm-1", 50)
    log.step(HSM, "vault-hsm-2", 0, None)
    run = read_run("\n".join([*log.lines, log.lines[0].replace(str(BEGIN), str(BEGIN + 80))]))
    assert [(one.name, one.end, one.failed) for one in run.steps] == [
        ("vault-hsm-1", 50, True),
        ("vault-hsm-2", 80, True),
    ]
    assert "cut off after 1 min" in svg(run)
    assert 'class="failed"' in svg(run)


def test_lines_of_progress_belong_to_the_dynamic_resource_that_prints_them() -> None:
    log = sample()
    log.add(800, diagnosticEvent={"severity": "info", "message": "INITIALIZE_IN_PROGRESS\n"})
    log.add(800, diagnosticEvent={"severity": "debug", "message": "noise"})
    log.add(50, diagnosticEvent={"severity": "info", "message": "of nobody"})
    steps = {one.name: one.said for one in read_run(log.end(1000)).steps}
    assert steps["vault-initialization"] == [(800, "INITIALIZE_IN_PROGRESS")]
    assert not any(said for name, said in steps.items() if name != "vault-initialization")


def test_calls_are_counted_for_the_step_of_their_service_that_began_last() -> None:
    log = sample()
    log.step("aws:cloudhsmv2/cluster:Cluster", "vault-cluster", 50, 300)
    calls = [
        {"time": BEGIN + 60, "service": "cloudhsmv2", "operation": "DescribeClusters"},
        {"time": BEGIN + 200, "service": "cloudhsmv2", "operation": "DescribeClusters"},
        {"time": BEGIN + 200, "service": "kms", "operation": "ListKeys"},
        {"time": BEGIN + 990, "service": "cloudhsmv2", "operation": "DescribeClusters"},
    ]
    steps = {one.name: one.calls for one in read_run(log.end(1000), calls).steps}
    assert steps["vault-cluster"] == {"DescribeClusters": 1}
    assert steps["vault-hsm-1"] == {"DescribeClusters": 1}
    assert sum(sum(one.values()) for one in steps.values()) == 2


def test_a_rehearsal_is_told_in_the_time_of_aws() -> None:
    log = Log()
    log.step(HSM, "vault-hsm-1", 10, 20)
    run = read_run(log.end(30), speed=60)
    assert (run.steps[0].begin, run.steps[0].end, run.seconds) == (600, 1200, 1800)


def test_an_hsm_is_charged_for_from_its_creation_on() -> None:
    log = Log()
    log.step(HSM, "vault-hsm-1", 0, 600)
    log.step(HSM, "gone", 0, 600, op="delete")
    run = read_run(log.end(3600))
    assert cost_until(run, 0) == 0
    assert cost_until(run, 1800) == pytest.approx(0.80)
    assert "1.60 USD so far" in svg(run)


def test_a_file_system_costs_what_its_size_does() -> None:
    log = Log()
    kind, size = "aws:fsx/ontapFileSystem:OntapFileSystem", {"storageCapacity": 1024}
    size |= {"throughputCapacity": 128, "deploymentType": "SINGLE_AZ_1"}
    log.step(kind, "vault-storage", 0, 1800, **size)
    month = 1024 * 0.125 + 128 * 0.72
    assert cost_until(read_run(log.end(3600)), 3600) == pytest.approx(month / 730)


@pytest.mark.parametrize("text", ["", "Updating (dev)", '{"steps": []}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="--event-log"):
        read_run(text)


def drawn() -> tuple[Run, str]:
    log = sample()
    pem = "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"
    log.add(800, diagnosticEvent={"severity": "info", "message": f"<b>&{pem}"})
    log.step(HSM, "a-name-that-is-" + "much-" * 20 + "too-long", 900, 950)
    run = read_run(log.end(1000))
    return run, svg(run)


def test_the_picture_is_valid_xml_needs_nothing_else_and_shows_no_pem() -> None:
    _, text = drawn()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"(?:href|src)=|url\(|@import", text)
    assert "MIIE" not in text
    assert "&lt;b&gt;&amp;[PEM]" in text


def test_the_picture_is_readable_in_light_and_in_dark() -> None:
    _, text = drawn()
    light, _, dark = text.partition("prefers-color-scheme: dark")
    for name in ("page", "text", "quiet", "aws", "own", "failed"):
        assert f".{name} {{ fill:" in light
        assert f".{name} {{ fill:" in dark


def test_bars_begin_and_end_where_the_steps_do() -> None:
    run, text = drawn()
    root = ElementTree.fromstring(text)
    bars = [one for one in root.iter() if one.get("class") in ("aws", "own") and len(one)]
    at = {bar[0].text.split(":")[0]: bar for bar in bars if bar[0].text}
    hsm = at["vault-hsm-1"]
    assert float(hsm.get("x", 0)) == pytest.approx(16 + 728 * 0.1)
    assert float(hsm.get("width", 0)) == pytest.approx(728 * 0.6)
    assert at["vault-key"].get("class") == "own"
    assert len(at) == len(run.steps)


def test_quick_steps_share_a_row_and_long_ones_have_their_own() -> None:
    _, text = drawn()
    assert "1 quick step" in text
    assert "HSM vault-hsm-1" in text


def test_a_log_is_read_from_a_file_or_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = sample().end(1000)
    (tmp_path / "events").write_text(text)
    call = {"time": BEGIN + 200, "service": "cloudhsmv2", "operation": "DescribeClusters"}
    moved = {**call, "operation": "transition"}
    (tmp_path / "calls").write_text(json.dumps([call, moved]))
    assert main([str(tmp_path / "events"), "--calls", str(tmp_path / "calls")]) == 0
    shown = capsys.readouterr().out
    assert "1 DescribeClusters" in shown
    assert "transition" not in shown
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["-", "--speed", "60"]) == 0
    assert "16 h 40 min" in capsys.readouterr().out
    assert main([str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0.4 s"), (3, "3 s"), (42, "42 s"), (90, "2 min"), (5100, "1 h 25 min"), (7200, "2 h")],
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert span(seconds) == words
