"""What a deployment would lose: a name, a key store or a file system taken out of the config."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm import CloudHsmDeployment, CloudHsmDeploymentArgs, NetworkArgs, TrustArgs
from pulumi_cloudhsm.state_names import DYNAMIC
from pulumi_cloudhsm.trust.args import Subject
from pulumi_cloudhsm.validation import InputError
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

CHAIN: dict[str, Any] = {
    "activation": {"mode": "manual"},
    "hsms": {"count": 2},
    "keyStore": {"kmsUserSecret": "kmsuser", "keyDeletionDays": 7},
    "fileSystem": {"finalBackups": False},
}


def later(first: dict[str, Any], then: dict[str, Any], *, preview: bool = True) -> Run:
    world = World()
    run(config(**first), world=world).succeeded()
    return run(config(**then), world=world.as_left(), preview=preview)


@pytest.mark.parametrize("preview", [True, False])
def test_another_name_is_refused_with_the_one_that_the_stack_has(preview: bool) -> None:
    done = later({}, {"clusterName": "vault"}, preview=preview)
    assert isinstance(done.error, InputError)
    assert str(done.error) == (
        "cloudhsm:clusterName is 'vault': the cluster of this stack is cloudhsm, and another name "
        "means another cluster; set it back, or take another stack (`pulumi stack init`)"
    )
    assert done.resources == []


def test_a_python_program_does_not_make_anew_what_one_in_another_language_made() -> None:
    """Else its secrets and its key store would go with the plugin's resources."""
    world = World()
    run(config(), world=world).succeeded()
    left = world.as_left()
    left.urns = {name: urn.replace(DYNAMIC, "cloudhsm:index:") for name, urn in left.urns.items()}
    assert left.urns != world.urns
    done = run(config(), world=left, preview=True)
    assert "a program in another language made cloudhsm" in str(done.error)
    assert "`pulumi package add`" in str(done.error)
    assert [one.type for one in done.resources] == ["cloudhsm:index:CloudHsmDeployment"]


def test_a_program_may_declare_a_further_deployment() -> None:
    world = World()
    run(config(), world=world).succeeded()

    def program() -> None:
        CloudHsmDeployment(
            "vault",
            CloudHsmDeploymentArgs(
                network=NetworkArgs(["eu-central-1a"]),
                trust=TrustArgs(subject=Subject("CA", "Example Corp")),
            ),
        )

    run(config(), world=world.as_left(), program=program, preview=True).succeeded()


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (
            "keyStore",
            ["the key arn:aws:kms:", "is pending deletion for 7 days", "cancel-key-deletion"],
        ),
        ("fileSystem", ["the file system", "nothing can be taken back"]),
    ],
)
def test_what_is_turned_off_says_what_is_lost_and_until_when(field: str, told: list[str]) -> None:
    without = {**CHAIN, field: None}
    if field == "keyStore":
        without["fileSystem"] = {"finalBackups": False, "keyArn": f"{KEY}1"}
    done = later(CHAIN, without)
    lines = [line for line in done.said("warning") if f"cloudhsm:{field} is turned off" in line]
    assert len(lines) == 1, done.logs
    for part in told:
        assert part in lines[0]
    kept = later({**CHAIN, "disposable": False}, {**without, "disposable": False})
    assert isinstance(kept.error, InputError)
    line = str(kept.error)
    assert line.startswith(f"cloudhsm:{field} is None: ")
    for part in (*told, "first set cloudhsm:disposable true and run `pulumi up`"):
        assert part in line
    assert "urn:" not in line


def test_final_backups_are_named_with_what_they_need() -> None:
    with_backups = {**CHAIN, "fileSystem": {"finalBackups": True}}
    done = later(with_backups, {**with_backups, "fileSystem": None})
    (line,) = [line for line in done.said("warning") if "is turned off" in line]
    assert "a final backup stays of data, until you delete it" in line
    assert "only while its KMS key can be used" in line


KEY = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-66667777888"
