"""KMS that answers late: the first and the third look after a write show what was before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.kms.stores import create, refused


def told(look: Callable[[], Any]) -> list[Any]:
    """What five looks in a row show, or the code of the refusal."""
    shown: list[Any] = []
    for _ in range(5):
        try:
            shown.append(look())
        except ClientError as error:
            shown.append(error.response["Error"]["Code"])
    return shown


def test_each_operation_knows_a_new_key_and_its_alias_late(emulator: RunningEmulator) -> None:
    emulator.set_fault("kms_late")
    kms = emulator.client("kms")
    spec = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
    key = kms.create_key(**spec)["KeyMetadata"]
    name = {"KeyId": key["KeyId"]}
    signing = {"Message": b"x", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    late = "NotFoundException"
    assert told(lambda: bool(kms.describe_key(KeyId=key["Arn"]))) == [late, True, late, True, True]
    assert told(lambda: bool(kms.get_public_key(**name))) == [late, True, late, True, True]
    assert told(lambda: bool(kms.sign(**name, **signing))) == [late, True, late, True, True]
    assert told(lambda: len(kms.list_keys()["Keys"])) == [0, 1, 0, 1, 1]
    assert refused(kms.create_alias, AliasName="alias/a", TargetKeyId=key["KeyId"]) == late
    kms.create_alias(AliasName="alias/a", TargetKeyId=key["KeyId"])
    own = [len([a for a in kms.list_aliases()["Aliases"] if a["AliasName"] == "alias/a"])]
    assert own == [0]


def test_without_the_fault_every_look_is_up_to_date(emulator: RunningEmulator) -> None:
    kms = emulator.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    assert told(lambda: bool(kms.describe_key(KeyId=key_id))) == [True] * 5


def test_a_key_store_is_shown_as_it_was_before_each_write(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    emulator.set_fault("kms_late")
    kms = emulator.client("kms")
    store = {"CustomKeyStoreId": create(emulator, cluster_id)}

    def shown(member: str = "CustomKeyStoreName") -> list[str]:
        return [one[member] for one in kms.describe_custom_key_stores()["CustomKeyStores"]]

    assert told(shown) == [[], ["vault"], [], ["vault"], ["vault"]]
    rename = {**store, "NewCustomKeyStoreName": "safe"}
    assert refused(kms.update_custom_key_store, **rename) == "CustomKeyStoreNotFoundException"
    kms.update_custom_key_store(**rename)
    assert told(shown) == [["vault"], ["safe"], ["vault"], ["safe"], ["safe"]]
    kms.delete_custom_key_store(**store)
    assert told(shown) == [["safe"], [], ["safe"], [], []]
