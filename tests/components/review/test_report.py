"""The review as a person and as CI meet it: ten lines, the details, the exit status."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudhsm.prices import PRICES, price
from pulumi_cloudhsm.review.__main__ import main
from pulumi_cloudhsm.review.bill import bill
from pulumi_cloudhsm.review.report import markdown
from pulumi_cloudhsm.review.timing import seconds, stages
from pulumi_cloudhsm.review.words import NOUNS, counted, dollars, duration, several
from pulumi_cloudhsm.state_names import PROVIDERS
from tests.components.review.plans import (
    CLUSTER,
    FILE_SYSTEM,
    HSM,
    KEY,
    ONTAP,
    document,
    dynamic,
    events,
    plan,
    step,
    violation,
)
from tests.support.recording import ROOT

GROWTH = (
    step("same", CLUSTER),
    step("same", HSM, "hsm-1"),
    step("same", HSM, "hsm-2"),
    step("create", HSM, "hsm-3"),
)


def rows(text: str) -> dict[str, str]:
    """The table of the first ten lines."""
    return dict(re.findall(r"^\| ([A-Z][^|]*) \| (.*) \|$", text.split("###")[0], re.MULTILINE))


def test_ten_lines_tell_what_growing_by_an_hsm_does() -> None:
    found = rows(markdown(plan(*GROWTH)))
    assert len(found) == 10
    assert found["HSMs"] == "2 → 3"
    assert found["Cost"].startswith("2,336 → **3,504 USD a month**")
    assert found["Data and keys"] == "nothing is lost"
    assert found["AWS takes"] == "about 5 minutes"


def test_a_refused_preview_claims_nothing_that_it_did_not_plan() -> None:
    refused = {"severity": "error", "message": "error: Preview failed: it is protected"}
    text = markdown(plan(step("delete", HSM, protect=True), diagnostics=[refused]))
    found = rows(text)
    assert "it is protected" in found["Preview"]
    assert {found[name] for name in ("Data and keys", "Keeps working", "HSMs")} == {"not known"}


def test_the_price_of_the_stacks_region_is_used_where_it_is_known() -> None:
    here, there = plan(*GROWTH), plan(*GROWTH, region="ap-southeast-1")
    unknown = plan(*GROWTH, region="eu-central-1")
    assert bill(there).after == pytest.approx(3 * 730 * 1.86)
    assert bill(unknown).after == bill(here).after == pytest.approx(3 * 730 * 1.60)
    assert "this stack is in eu-central-1" in markdown(unknown).lower()


def test_each_part_of_the_bill_is_told_before_and_after() -> None:
    private = "aws:acmpca/certificateAuthority:CertificateAuthority"
    found = bill(
        plan(
            step("create", FILE_SYSTEM, new=ONTAP),
            step("delete", "aws:ec2/natGateway:NatGateway"),
            step("same", dynamic("PasswordSecret"), "a"),
            step("same", dynamic("PasswordSecret"), "b"),
            step("create", "aws:ec2/instance:Instance", new={"instanceType": "m7i.large"}),
            step("same", private, "c", old={"usageMode": "SHORT_LIVED_CERTIFICATE"}),
            step("create", private, "d", new={"usageMode": "GENERAL_PURPOSE"}),
        )
    )
    told = {one.what: (one.usd_before, one.usd_after) for one in found.lines}
    assert told["file system"] == (0, pytest.approx(1024 * 0.125 + 128 * 0.72))
    assert told["NAT gateway"] == (pytest.approx(730 * 0.05), 0)
    assert told["secret"] == (pytest.approx(0.8), pytest.approx(0.8))
    assert told["m7i.large client host"] == (0, None)
    assert told["private CA"] == (50, 450)
    assert {one.item for one in found.by_use} == {"file system backups"}


def test_two_zones_and_pairs_of_the_second_generation_have_their_prices() -> None:
    wide = {"storageCapacity": 2048, "throughputCapacityPerHaPair": 384, "haPairs": 2}
    made = step("create", FILE_SYSTEM, new=wide | {"deploymentType": "MULTI_AZ_2"})
    assert bill(plan(made)).after == pytest.approx(2048 * 0.25 + 768 * 1.20)


def test_prices_are_dated_and_have_a_source_and_stand_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "costs.md").read_text(encoding="utf-8")
    for one in PRICES:
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", one.day), one
        row = f"| {one.item} | {one.usd:g} | {one.unit} | {one.region} | {one.day} | {one.source} |"
        assert row in page
    with pytest.raises(KeyError):
        price("a unicorn")


def test_the_steps_of_the_chain_add_up() -> None:
    whole = plan(
        step("create", CLUSTER),
        step("create", HSM, "hsm-1"),
        step("create", HSM, "hsm-2"),
        step("create", dynamic("ClusterIdentity")),
        step("create", dynamic("ClusterInitialization")),
        step("create", "aws:ec2/natGateway:NatGateway"),
        step("create", dynamic("ClusterActivation")),
    )
    assert dict(stages(whole)) == {
        "cluster": 180,
        "HSMs": 900,
        "initialization": 210,
        "activation": 90,
    }
    assert seconds(plan(*GROWTH)) == 300
    assert dict(stages(plan(step("delete", HSM)))) == {"HSMs, deletion": 120}
    assert seconds(plan(step("same", CLUSTER))) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "seconds"),
        (90, "about 2 minutes"),
        (900, "about 15 minutes"),
        (4600, "about 1 hour and 15 minutes"),
        (7200, "about 2 hours"),
    ],
)
def test_durations_are_told_as_roughly_as_they_are_known(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_words_of_people() -> None:
    assert several("NAT gateway", 2) == "2 NAT gateways"
    assert several("policy of a role", 2) == "2 policies of roles"
    assert counted(["Subnet", "Hsm", "Hsm", "Vpc"]) == "2 HSMs and 2 others"
    assert counted(["RouteTable", "RouteTable"]) == "2 route tables"
    assert (dollars(2336.4), dollars(0.4)) == ("2,336", "0.40")


def test_every_dynamic_resource_has_a_name_of_the_field() -> None:
    assert PROVIDERS.keys() - NOUNS.keys() == set()


def run(text: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(list(arguments))


IRREVERSIBLE = step("create", dynamic("ClusterInitialization"))
LOSS = step("delete", KEY, old={"customKeyStoreId": "cks-1"})
FAILED: dict[str, Any] = {"diagnostics": [{"severity": "error", "message": "no"}]}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (document(*GROWTH), 0),
        (document(*GROWTH, IRREVERSIBLE), 10),
        (document(*GROWTH, IRREVERSIBLE, LOSS), 11),
        (document(*GROWTH, LOSS, **FAILED), 12),
        (events(*GROWTH, more=[violation("advisory")]), 0),
        (events(*GROWTH, more=[violation("mandatory")]), 12),
        ("Updating (dev)", 2),
    ],
)
def test_the_exit_status_tells_ci_what_kind_of_change_it_is(
    text: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(text, monkeypatch) == status
    shown = capsys.readouterr()
    assert shown.err.startswith("error: no plan") == (status == 2)
    assert shown.out.startswith("## CloudHSM review") == (status != 2)


def test_a_file_and_its_events_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text(document(*GROWTH))
    (tmp_path / "events").write_text(events(*GROWTH, more=[violation()]))
    assert main([str(tmp_path / "plan.json"), "--events", str(tmp_path / "events")]) == 12
    shown = capsys.readouterr().out
    assert "1 finding, 1 mandatory" in shown
    assert "`protected` on `cloudhsm-cluster`: `What holds data or keys" in shown
    assert main([str(tmp_path / "missing")]) == 2


def test_no_pem_and_no_markup_of_others_reaches_the_comment() -> None:
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
    warned = {"severity": "warning", "message": f"got {pem} <script>| {'x' * 900}"}
    text = markdown(plan(step("create", HSM, new={"pem": pem}), diagnostics=[warned]))
    assert "BEGIN" not in text
    assert "MIIE" not in text
    assert "`got [PEM] <script>\\| xxx" in text
    assert max(map(len, text.splitlines())) < 600


def test_nothing_to_change_is_a_review_too() -> None:
    text = markdown(plan(step("same", HSM)))
    assert rows(text)["Resources"] == "no change"
    assert "### Changes" not in text
    assert markdown(plan()).startswith("## CloudHSM review: an empty stack")
