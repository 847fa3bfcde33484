"""`aws.kms.Key` and `aws.kms.Alias`: made, changed, imported, and scheduled for deletion."""

import json

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from tests.rehearsal.plugins.driver import Plugin, RefusedError

KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
INPUTS = {"description": "one", "deletionWindowInDays": 7, "tags": {"Name": "vault"}}


@pytest.fixture
def key(aws: Plugin) -> tuple[str, dict]:
    return aws.create(KEY, INPUTS)


def test_nothing_changes_after_it_was_made_and_read(aws: Plugin, key):
    inputs = aws.checked(KEY, INPUTS)
    assert not aws.diff(KEY, key[1], inputs).diffs
    assert not aws.diff(KEY, aws.read(KEY, key[0], key[1])[1], inputs).diffs


def test_the_outputs_are_those_of_the_package(aws: Plugin, key):
    _, alias = aws.create(ALIAS, {"name": "alias/vault", "targetKeyId": key[0]})
    for token, outputs in ((KEY, key[1]), (ALIAS, alias)):
        described = InstalledPackage("aws").resource(token).outputs
        always = {name for name, given in described.items() if given}
        assert always <= outputs.keys() <= described.keys()


def test_words_change_in_place_and_another_store_replaces(aws: Plugin, key):
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    new = {**INPUTS, "description": "two", "policy": policy, "tags": {"Name": "other"}}
    answer = aws.diff(KEY, key[1], aws.checked(KEY, new))
    changed = {"description", "policy", "tags", "tagsAll"}
    assert (set(answer.diffs), list(answer.replaces)) == (changed, [])
    outputs = aws.update(KEY, key[0], key[1], new)
    assert (outputs["description"], outputs["tags"]) == ("two", {"Name": "other"})
    assert json.loads(outputs["policy"]) == json.loads(policy)
    moved = aws.diff(KEY, outputs, aws.checked(KEY, {**new, "customKeyStoreId": "cks-1"}))
    assert list(moved.replaces) == ["customKeyStoreId"]


def test_a_key_in_a_store_that_is_not_there_is_one_line(aws: Plugin):
    with pytest.raises(RefusedError) as refused:
        aws.create(KEY, {"customKeyStoreId": "cks-1234567890abcdef0"})
    assert "CustomKeyStoreNotFoundException" in str(refused.value)
    assert "\n" not in str(refused.value)


SIGNING = {"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"}


def test_a_key_that_signs_is_made_read_and_let_go(aws: Plugin, emulator: RunningEmulator):
    key_id, outputs = aws.create(KEY, {**SIGNING, "deletionWindowInDays": 30})
    assert {name: outputs[name] for name in SIGNING} == SIGNING
    inputs = aws.checked(KEY, {**SIGNING, "deletionWindowInDays": 30})
    assert not aws.diff(KEY, aws.read(KEY, key_id, outputs)[1], inputs).diffs
    larger = aws.checked(KEY, {**SIGNING, "customerMasterKeySpec": "RSA_4096"})
    assert list(aws.diff(KEY, outputs, larger).replaces) == ["customerMasterKeySpec"]
    aws.delete(KEY, key_id, outputs)
    assert emulator.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == (
        "PendingDeletion"
    )


def test_a_disabled_key_is_seen_and_enabled_again_in_place(
    aws: Plugin, emulator: RunningEmulator, key
):
    emulator.client("kms").disable_key(KeyId=key[0])
    seen = aws.read(KEY, key[0], key[1])[1]
    assert seen["isEnabled"] is False
    answer = aws.diff(KEY, seen, aws.checked(KEY, INPUTS))
    assert (set(answer.diffs), list(answer.replaces)) == ({"isEnabled"}, [])
    assert aws.update(KEY, key[0], seen, aws.checked(KEY, INPUTS))["isEnabled"] is True


def test_a_kind_of_key_that_there_is_not_is_refused_in_the_preview(aws: Plugin):
    (reason,) = aws.check(KEY, {**SIGNING, "customerMasterKeySpec": "RSA_1024"})
    assert "customer_master_key_spec" in reason
    assert "RSA_4096" in reason
    (reason,) = aws.check(KEY, {**SIGNING, "keyUsage": "SIGN"})
    assert "key_usage" in reason


def test_destroy_schedules_the_deletion_and_the_key_is_gone(
    aws: Plugin, emulator: RunningEmulator, key
):
    aws.delete(KEY, key[0], key[1])
    metadata = emulator.client("kms").describe_key(KeyId=key[0])["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"
    assert aws.read(KEY, key[0], key[1])[0] == ""
    aws.delete(KEY, key[0], key[1])


def test_an_alias_moves_to_another_key_and_goes(aws: Plugin, emulator: RunningEmulator, key):
    other, _ = aws.create(KEY, {})
    name, outputs = aws.create(ALIAS, {"name": "alias/vault", "targetKeyId": key[0]})
    assert outputs["targetKeyArn"] == key[1]["arn"]
    moved = aws.update(ALIAS, name, outputs, {"name": "alias/vault", "targetKeyId": other})
    assert moved["targetKeyId"] == other
    assert aws.read(ALIAS, name)[2] == {"name": "alias/vault", "targetKeyId": other}
    aws.delete(ALIAS, name, moved)
    assert aws.read(ALIAS, name, moved)[0] == ""
    aws.delete(ALIAS, name, moved)


def test_a_key_and_its_alias_are_made_while_kms_answers_late(
    aws: Plugin, emulator: RunningEmulator
):
    emulator.set_fault("kms_late")
    key_id, outputs = aws.create(KEY, INPUTS)
    name, _ = aws.create(ALIAS, {"name": "alias/late", "targetKeyId": key_id})
    assert (outputs["tags"], name) == (INPUTS["tags"], "alias/late")
    assert "NotFoundException" in {entry["outcome"] for entry in emulator.log("CreateAlias")}
