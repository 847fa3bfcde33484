"""The file system in the program: when it is declared, and on what it waits."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.support.fake_file_systems import KEY_ARN
from tests.support.recording import bare, config, run

WANTED = {
    "activation": {"mode": "manual"},
    "hsms": {"count": 2},
    "keyStore": {"kmsUserSecret": "kmsuser"},
    "fileSystem": {"passwordSecret": "fsxadmin"},
}
SYSTEM = "cloudhsm-storage-system"


def settings(**changes: Any) -> dict[str, str]:
    return config(**{**WANTED, **changes})


@pytest.mark.parametrize("preview", [True, False])
def test_everything_waits_for_the_connected_key_store_and_goes_before_it(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert {"cloudhsm-keys-store", "cloudhsm-keys-key"} <= done.ancestors(SYSTEM)


def test_there_is_none_unless_it_is_wanted_and_has_a_key() -> None:
    off = run(settings(fileSystem=None)).succeeded()
    assert SYSTEM not in off
    assert bare(off.exports)["fileSystemId"] == ""
    waiting = settings(trust={"mode": "external"})
    assert SYSTEM not in run(waiting).succeeded()


def test_any_key_will_do_instead_of_the_key_stores() -> None:
    other = KEY_ARN.replace("1111", "9999")
    wanted = settings(
        keyStore=None, hsms=None, activation=None, fileSystem={"keyArn": other, "name": "vault"}
    )
    done = run(wanted).succeeded()
    assert done[SYSTEM]["kmsKeyId"] == other
    assert done[SYSTEM]["tags"]["Name"] == "vault"
    assert "cloudhsm-keys-store" not in done


def test_it_has_the_clusters_name_and_subnet_and_is_guarded_as_the_cluster_is() -> None:
    system = run(settings(disposable=False)).succeeded()[SYSTEM]
    assert system["tags"]["Name"] == "cloudhsm"
    assert system["subnetIds"] == [system["preferredSubnetId"]]
    assert system.request.protect
    two = {"deployment": "MULTI_AZ_2", "throughputMbps": 384}
    assert len(set(run(settings(fileSystem=two)).succeeded()[SYSTEM]["subnetIds"])) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"keyStore": None}, ("cloudhsm:fileSystem.keyArn", "key store")),
        ({"fileSystem": {"capacityGib": 512}}, ("cloudhsm:fileSystem.capacityGib", "512")),
        ({"fileSystem": {"volumes": [{"name": "a"}]}}, ("cloudhsm:fileSystem.volumes", "sizeGib")),
        (
            {
                "fileSystem": {"deployment": "MULTI_AZ_1", "keyArn": KEY_ARN},
                "network": {"availabilityZones": ["eu-central-1a"]},
                "keyStore": None,
            },
            ("cloudhsm:fileSystem.deployment", "two zones"),
        ),
    ],
)
def test_bad_config_is_one_line_before_anything_is_declared(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(settings(**changes))
    assert isinstance(done.error, pulumi.RunError)
    assert all(text in str(done.error) for text in told), done.error
    assert "\n" not in str(done.error)
    assert done.resources == []
