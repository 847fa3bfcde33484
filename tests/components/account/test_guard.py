"""A dynamic resource stays in its account, and has the credentials of the last update."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_cloudhsm.aws import session
from pulumi_cloudhsm.aws.access import AssumedRole, AwsAccess, AwsAccessArgs
from pulumi_cloudhsm.dynamic_provider import AwsInputs, CloudHsmProvider, Props
from pulumi_cloudhsm.errors import AwsError
from pulumi_cloudhsm.state_names import PROVIDERS, load_provider
from pulumi_cloudhsm.waiting.waiter import Timing

HERE, ELSEWHERE = "111111111111", "222222222222"
SHELLS = AwsAccessArgs()


class Provider(CloudHsmProvider):
    """Notes what reaches AWS."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def create(self, props: Props) -> CreateResult:
        self.done.append("create")
        return CreateResult("id", dict(props))

    def read(self, id_: str, props: Props) -> ReadResult:
        self.done.append("read")
        return ReadResult("", {})

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        return DiffResult(changes=olds["size"] != news["size"])

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        self.done.append("update")
        return UpdateResult({**news, "seen": olds["seen"]})

    def delete(self, _id: str, props: Props) -> None:
        self.done.append("delete")


@pytest.fixture(autouse=True)
def calls_as(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Account of our own calls; the test may change it."""
    account = [HERE]
    monkeypatch.setattr(session, "_CHECKED", set())
    monkeypatch.setattr(
        session, "account_of", lambda _: (account[0], f"arn:aws:iam::{account[0]}:user/x")
    )
    return account


def props(account: str | None = HERE, by: AwsAccessArgs = SHELLS, **more: Any) -> Props:
    access = AwsAccess("eu-central-1", account, by)
    return {
        **AwsInputs(access=access, timing=Timing(1, 2)).props(),
        "size": 1,
        "seen": True,
        **more,
    }


def test_in_its_account_everything_goes_to_aws() -> None:
    provider = Provider()
    provider.create(props())
    provider.read("id", props())
    provider.update("id", props(), props(size=2))
    provider.delete("id", props())

    assert provider.done == ["create", "read", "update", "delete"]


def test_threads_that_read_at_once_ask_once_which_account_this_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[AwsAccess] = []

    def account_of(access: AwsAccess) -> tuple[str, str]:
        asked.append(access)
        return HERE, "arn"

    def read(_: int) -> None:
        Provider().read("id", props())

    monkeypatch.setattr(session, "account_of", account_of)
    monkeypatch.setattr(session, "_CHECKED", _Late())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read, range(4)))
    assert len(asked) == 1


class _Late(set[AwsAccess]):
    """A set whose first question of each thread comes before any thread has added to it."""

    def __init__(self) -> None:
        super().__init__()
        self._all_have_looked, self._looked = threading.Barrier(4), threading.local()

    def __contains__(self, one: object) -> bool:
        found = super().__contains__(one)
        if not getattr(self._looked, "once", False):
            self._looked.once = True
            self._all_have_looked.wait()
        return found


def act(provider: Provider, method: str) -> object:
    given = {
        "create": (props(),),
        "read": ("id", props()),
        "update": ("id", props(), props(size=2)),
        "delete": ("id", props()),
    }
    return getattr(provider, method)(*given[method])


@pytest.mark.parametrize("method", ["create", "read", "update", "delete"])
def test_with_credentials_of_another_account_nothing_is_read_changed_or_taken_for_deleted(
    calls_as: list[str], method: str
) -> None:
    calls_as[0], provider = ELSEWHERE, Provider()

    with pytest.raises(AwsError, match=f"account {ELSEWHERE} .*is in account {HERE}") as refused:
        act(provider, method)
    assert "\n" not in str(refused.value)
    assert provider.done == []


def test_an_update_into_another_account_is_refused_in_the_preview_with_both() -> None:
    with pytest.raises(AwsError, match=f"is in account {HERE}.*account {ELSEWHERE}"):
        Provider().diff("id", props(), props(ELSEWHERE))


def test_other_credentials_are_stored_and_nothing_else_is_done() -> None:
    role = AssumedRole(role_arn=f"arn:aws:iam::{HERE}:role/deploys", external_id="id")
    provider, news = Provider(), props(by=AwsAccessArgs(assume_roles=[role]))

    assert provider.diff("id", props(), news).changes
    assert provider.update("id", props(), news).outs == {**props(), "access": news["access"]}
    assert not provider.diff("id", news, news).changes
    assert provider.done == []


def test_the_account_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[AwsAccess] = []

    def account_of(access: AwsAccess) -> tuple[str, str]:
        asked.append(access)
        return HERE, "arn"

    monkeypatch.setattr(session, "account_of", account_of)
    for _ in range(3):
        Provider().read("id", props())

    assert len(asked) == 1


@pytest.mark.parametrize(
    "given", [props(None), props(by=AwsAccessArgs(skip_requesting_account_id=True))]
)
def test_without_a_known_account_none_is_compared(calls_as: list[str], given: Props) -> None:
    calls_as[0], provider = ELSEWHERE, Provider()
    provider.read("id", given)

    assert provider.done == ["read"]


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_that_calls_aws_is_guarded(name: str) -> None:
    kind = type(load_provider(name))
    if issubclass(kind, CloudHsmProvider):
        for method in ("create", "read", "delete", "diff", "update"):
            assert hasattr(getattr(kind, method), "__wrapped__"), f"{name}.{method}"


def test_what_an_access_holds_comes_back_from_the_state_as_it_was() -> None:
    by = AwsAccessArgs(
        profile="security",
        assume_roles=(AssumedRole(role_arn="arn:aws:iam::111111111111:role/one", tags={"a": "b"}),),
        endpoints={"kms": "https://kms.example"},
    )
    access = AwsAccess("eu-central-1", HERE, by)
    held = AwsInputs(access=access, timing=Timing(1, 2)).props()

    assert set(held["access"]["by"]) == {"profile", "assume_roles", "endpoints"}
    assert AwsInputs.read(held).access.by.assume_roles[0] == by.assume_roles[0]
    assert AwsInputs.read(AwsInputs.read(held).props()) == AwsInputs.read(held)
