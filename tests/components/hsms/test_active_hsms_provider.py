"""Nothing that has to reach every HSM begins before all of them are ACTIVE."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import DeadlineError, StateError
from pulumi_cloudhsm.hsms.active_hsms_provider import ActiveHsmsInputs, ActiveHsmsProvider
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_aws import CLUSTER, REGION, FakeAws, hsm, on_fake_aws
from tests.support.fake_clock import FakeTime

FIRST, SECOND = "hsm-aaaaaaaaaaa", "hsm-bbbbbbbbbbb"


Provider = functools.partial(on_fake_aws, ActiveHsmsProvider)


def inputs(*hsm_ids: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(300.0, 3600.0),
        "cluster_id": CLUSTER,
        "hsm_ids": list(hsm_ids),
        **changes,
    }
    return {"__provider": "pickle", **ActiveHsmsInputs(**given).props()}


def created(aws: FakeAws, *hsm_ids: str) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(*hsm_ids)).outs
    assert outs is not None
    return outs


def test_it_waits_for_the_one_that_an_interrupted_run_left_in_the_making(
    aws: FakeAws, time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.show(state="ACTIVE", hsms=(hsm(), hsm("CREATE_IN_PROGRESS", SECOND)))
    aws.later(250, hsms=(hsm(), hsm("ACTIVE", SECOND)))
    outs = created(aws, FIRST, SECOND)
    assert outs["missing"] == []
    assert "__provider" not in outs
    assert "1 of 2 ACTIVE" in capsys.readouterr().out
    assert sum(time.sleeps) >= 250


def test_a_cluster_without_hsms_is_not_even_asked_for(aws: FakeAws) -> None:
    assert created(aws)["hsm_ids"] == []
    assert aws.describes == 0


def test_one_that_is_gone_or_broken_ends_the_wait_at_once(aws: FakeAws, time: FakeTime) -> None:
    aws.show(state="ACTIVE", hsms=(hsm(),))
    with pytest.raises(StateError, match=f"{SECOND} .* is gone .*--refresh"):
        created(aws, FIRST, SECOND)
    aws.show(hsms=(hsm(), hsm("DEGRADED", SECOND, "fans")))
    with pytest.raises(StateError, match=f"DEGRADED .*{SECOND}: fans"):
        created(aws, FIRST, SECOND)
    assert time.sleeps == []


def test_one_that_never_gets_ready_is_told_with_the_setting(aws: FakeAws) -> None:
    aws.show(state="ACTIVE", hsms=(hsm("CREATE_IN_PROGRESS"),))
    with pytest.raises(DeadlineError, match=r"0 of 1 ACTIVE .*waits.hsm.deadline_seconds"):
        created(aws, FIRST)


def test_another_set_is_waited_for_again_and_the_same_is_no_change(aws: FakeAws) -> None:
    aws.show(state="ACTIVE", hsms=(hsm(), hsm("ACTIVE", SECOND)))
    olds, provider = created(aws, FIRST), Provider(aws)
    assert provider.diff("id", olds, inputs(FIRST, timing=Timing(1.0, 3600.0))).changes is False
    grown = inputs(FIRST, SECOND)
    assert provider.diff("id", olds, grown).changes is True
    assert provider.diff("id", olds, grown).replaces == []
    outs = provider.update("id", olds, grown).outs
    assert outs is not None
    assert outs["hsm_ids"] == [FIRST, SECOND]
    assert provider.diff("id", outs, inputs(FIRST, cluster_id="cluster-x")).replaces


def test_a_refresh_names_what_is_not_active_and_the_next_up_waits_for_it(aws: FakeAws) -> None:
    aws.show(state="ACTIVE", hsms=(hsm(), hsm("ACTIVE", SECOND)))
    olds, provider = created(aws, FIRST, SECOND), Provider(aws)
    assert provider.read("id", olds).outs == olds
    aws.show(hsms=(hsm("DEGRADED"),))
    found = provider.read("id", olds).outs
    assert found is not None
    assert found["missing"] == [f"{FIRST}: DEGRADED", f"{SECOND}: gone"]
    assert provider.diff("id", found, inputs(FIRST, SECOND)).changes is True
    aws.show(state="DELETED")
    assert provider.read("id", olds).id == ""
