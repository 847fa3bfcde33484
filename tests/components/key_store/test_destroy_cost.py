"""What a destroy costs that waits for the key, in an output: today's choice, and the others."""

from __future__ import annotations

import pytest

from pulumi_cloudhsm.key_store.args import KeyStoreArgs
from pulumi_cloudhsm.key_store.destroy_cost import destroy_cost
from tests.support.recording import bare, config, run

SHOWN = 150
"""Characters of a value that `pulumi destroy --diff` shows."""


@pytest.mark.parametrize(
    ("args", "told", "untold"),
    [
        (
            KeyStoreArgs(),
            ("30 days", "2,304 USD for 2 HSMs", "or fewer days", "pulumi up"),
            (),
        ),
        (
            KeyStoreArgs(key_deletion_days=7),
            ("waits 7 days", "about 538 USD", "abandon_pending_keys True"),
            ("fewer days",),
        ),
        (
            KeyStoreArgs(abandon_pending_keys=True),
            ("deletes the HSMs at once", "gone in 30 days"),
            ("USD", "waits"),
        ),
    ],
)
def test_it_tells_what_the_last_up_has_decided(
    args: KeyStoreArgs, told: tuple[str, ...], untold: tuple[str, ...]
) -> None:
    line = destroy_cost(args, 2)
    assert all(part in line for part in told)
    assert not any(part in line for part in untold)


def test_a_stack_with_a_key_store_exports_it_in_the_words_of_its_config() -> None:
    keys = {"keyStore": {"kmsUserSecret": "kmsuser"}, "hsms": {"count": 2}}
    with_keys = run(config(activation={"mode": "manual"}, **keys)).succeeded()
    told = bare(with_keys.exports)["destroyCost"]
    assert "cloudhsm:keyStore.abandonPendingKeys" in told
    assert len(told) <= SHOWN, "the preview of a destroy cuts the rest off"
    assert bare(run(config()).succeeded().exports)["destroyCost"] == ""
