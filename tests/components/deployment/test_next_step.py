"""What a person does next: it counts what there is, and advises nothing that is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.recording import bare, config, run

STORE = {"kmsUserSecret": "kmsuser"}


def told(**changes: Any) -> str:
    return bare(run(config(**changes)).succeeded().exports)["nextStep"]


def test_three_hsms_and_a_key_store_need_no_further_hsm() -> None:
    line = told(activation={"mode": "manual"}, hsms={"count": 3}, keyStore=STORE)
    assert line == (
        "the cluster is active with 3 HSMs and a key store: give key_arn to what encrypts"
    )


@pytest.mark.parametrize(("count", "advised"), [(1, True), (2, False)])
def test_a_second_hsm_is_advised_only_where_there_is_one(count: int, advised: bool) -> None:
    line = told(activation={"mode": "manual"}, hsms={"count": count})
    assert ("cloudhsm:hsms.count 2" in line) is advised
    assert "kmsuser" in line


def test_the_client_host_is_told_where_there_is_one() -> None:
    line = told(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={})
    assert "2 HSMs and a key store" in line
    assert line.endswith("the client host is not needed: cloudhsm:client.host False deletes it")
