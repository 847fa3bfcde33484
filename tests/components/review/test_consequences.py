"""What a plan loses, fixes permanently, interrupts, and asks of a person."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.review.consequences import interruptions, irreversible, losses, people
from tests.components.review.plans import (
    CLUSTER,
    FILE_SYSTEM,
    HSM,
    KEY,
    ONTAP,
    VOLUME,
    dynamic,
    plan,
    step,
)

IN_STORE = {"customKeyStoreId": "cks-1", "deletionWindowInDays": 7}
KEPT = step("same", dynamic("BackupRetention"), old={"retention_days": 90})
STORE = step("same", dynamic("CustomKeyStore"))


@pytest.mark.parametrize(
    ("kind", "old", "lost", "back"),
    [
        (CLUSTER, {}, "keys and users", "keeps for 90 days"),
        (KEY, IN_STORE, "all data that is encrypted under it", "until 7 days"),
        (KEY, {"deletionWindowInDays": 30}, "signs for the CA", "cancel-key-deletion"),
        (
            dynamic("CopiedBackup"),
            {"region": "eu-west-1", "delete_on_destroy": True},
            "copies of backups in eu-west-1",
            "until 7 days",
        ),
        (dynamic("PasswordSecret"), {"secret_name": "x/admin"}, "x/admin", "restore-secret"),
        ("tls:index/privateKey:PrivateKey", {}, "private key", "backup of the state only"),
        (VOLUME, {"name": "data"}, "volume data", "final backup"),
        (VOLUME, {"name": "data", "skipFinalBackup": True}, "volume data", "not at all"),
        (FILE_SYSTEM, ONTAP, "daily backups", "not at all"),
        (
            "aws:acmpca/certificateAuthority:CertificateAuthority",
            {"permanentDeletionTimeInDays": 30},
            "private CA",
            "until 30 days",
        ),
    ],
)
def test_a_loss_says_what_goes_and_until_when_it_comes_back(
    kind: str, old: dict[str, Any], lost: str, back: str
) -> None:
    for op in ("delete", "replace"):
        (loss,) = losses(plan(KEPT, step(op, kind, old=old)))
        assert lost in loss.what
        assert back in loss.back
    assert losses(plan(KEPT, step("create", kind, new=old), step("same", kind, "two", old))) == []


def test_who_gets_all_keys_by_a_shared_copy_is_told() -> None:
    kind, before = dynamic("CopiedBackup"), {"region": "eu-west-1", "share_with": ["111111111111"]}
    after = {**before, "share_with": ["111111111111", "222222222222"]}
    (line,) = irreversible(plan(step("update", kind, old=before, new=after)))
    assert "222222222222 may restore" in line
    assert "111111111111" not in line
    assert irreversible(plan(step("update", kind, old=after, new=before))) == []


def test_what_nothing_brings_back_is_told_first() -> None:
    found = losses(plan(step("delete", KEY, old=IN_STORE), step("delete", FILE_SYSTEM, old=ONTAP)))
    assert [one.final for one in found] == [True, False]


def test_hsms_that_go_lose_nothing_as_long_as_the_cluster_stays() -> None:
    assert losses(plan(step("same", CLUSTER), step("delete", HSM))) == []


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (step("create", dynamic("ClusterInitialization")), "trust anchor"),
        (step("create", dynamic("ClusterActivation")), "cannot be reset"),
        (step("create", FILE_SYSTEM, new=ONTAP), "only grows"),
        (step("update", FILE_SYSTEM, old=ONTAP, new=ONTAP | {"storageCapacity": 2048}), "shrinks"),
        (
            step(
                "update",
                dynamic("BackupRetention"),
                old={"retention_days": 90},
                new={"retention_days": 7},
            ),
            "older than 7 days",
        ),
    ],
)
def test_what_no_later_change_undoes_is_told(one: dict[str, Any], said: str) -> None:
    (line,) = irreversible(plan(one))
    assert said in line


@pytest.mark.parametrize(
    "one",
    [
        step("same", dynamic("ClusterInitialization")),
        step("delete", dynamic("ClusterInitialization")),
        step("update", FILE_SYSTEM, old=ONTAP, new=ONTAP | {"throughputCapacity": 256}),
        step(
            "update",
            dynamic("BackupRetention"),
            old={"retention_days": 7},
            new={"retention_days": 90},
        ),
        step("create", HSM),
    ],
)
def test_what_can_be_undone_is_not_called_irreversible(one: dict[str, Any]) -> None:
    assert irreversible(plan(one)) == []


def hsms(before: int, after: int) -> list[dict[str, Any]]:
    return [
        step("same" if number < after else "delete", HSM, f"hsm-{number}")
        for number in range(before)
    ]


def test_without_hsms_no_key_can_be_used_and_the_way_back_is_told() -> None:
    alone = interruptions(plan(step("same", CLUSTER), *hsms(3, 0)))
    assert len(alone) == 1
    assert "hsms.count" in alone[0]
    with_store = interruptions(plan(step("same", CLUSTER), STORE, *hsms(3, 0)))
    assert any("key store is unusable" in one for one in with_store)


def test_one_hsm_is_too_few_for_a_key_store() -> None:
    assert "fewer than 2" in interruptions(plan(step("same", CLUSTER), STORE, *hsms(2, 1)))[0]
    assert interruptions(plan(step("same", CLUSTER), *hsms(2, 1))) == []
    assert interruptions(plan(step("same", CLUSTER), STORE, *hsms(3, 2))) == []


def test_a_cluster_that_goes_stops_what_uses_it() -> None:
    assert "stops" in interruptions(plan(step("replace", CLUSTER)))[0]
    assert interruptions(plan(step("create", CLUSTER))) == []


def test_a_key_store_that_goes_stops_its_keys() -> None:
    found = plan(step("delete", dynamic("CustomKeyStore")))
    assert "disconnected" in interruptions(found)[0]


def activation(mode: str) -> dict[str, Any]:
    return step("create", "cloudhsm:index:Activation", new={"mode": mode})


def test_a_person_activates_where_no_program_does() -> None:
    waits, first = dynamic("ClusterActivation"), dynamic("ClusterInitialization")
    (manual,) = people(plan(activation("manual"), step("create", waits)))
    assert "while the `up` waits" in manual
    (none,) = people(plan(activation("none"), step("create", first)))
    assert "nextStep" in none
    assert people(plan(activation("ssm"), step("create", waits), step("create", first))) == []


def test_a_person_makes_the_crypto_user_where_no_program_does() -> None:
    store = step("create", dynamic("CustomKeyStore"))
    assert "kmsuser" in people(plan(activation("manual"), store))[0]
    assert people(plan(activation("ssh"), store)) == []


def test_a_person_has_the_csr_signed_until_the_certificate_is_there() -> None:
    def cluster(**trust: str) -> dict[str, Any]:
        return step("create", "cloudhsm:index:CloudHsmCluster", new={"trust": trust})

    assert "CSR" in people(plan(cluster(mode="external")))[0]
    assert people(plan(cluster(mode="external", cluster_certificate="certificate with …"))) == []
    assert people(plan(cluster(mode="kms"))) == []


def test_a_person_decides_about_what_is_protected() -> None:
    (line,) = people(plan(*[step("delete", KEY, f"key-{n}", protect=True) for n in range(5)]))
    assert "key-0, key-1, key-2 and 2 more" in line
    assert people(plan(step("same", KEY, protect=True))) == []


def test_a_key_store_cannot_go_before_its_key_so_a_second_up_is_needed() -> None:
    def going(**store: bool) -> list[str]:
        gone = step("delete", dynamic("CustomKeyStore"), old={"x": 1} | store)
        hsms = [step("same", HSM, f"hsm-{one}", old={"x": 1}) for one in range(2)]
        return people(plan(gone, step("delete", KEY, old=IN_STORE), *hsms))

    assert "again once KMS has deleted the key" in going()[0]
    assert "about 538 USD for 2 HSMs, in 7 days" in going()[0]
    assert going(abandon_pending_keys=True) == []
