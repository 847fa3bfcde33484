"""Config keys and Args fields lead to each other; a misspelled key leads to the right one."""

from __future__ import annotations

import pytest

from pulumi_cloudhsm.config.keys import in_keys, is_nearly_the_namespace, key_of
from pulumi_cloudhsm.names import nearest


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("hsms.count", "cloudhsm:hsms.count"),
        ("key_store.key_deletion_days", "cloudhsm:keyStore.keyDeletionDays"),
        ("file_system.volumes[1].size_gib", "cloudhsm:fileSystem.volumes[1].sizeGib"),
        ("name", "cloudhsm:clusterName"),
        ("protect", "cloudhsm:disposable"),
        ("files.ca_key_passphrase", "cloudhsm:caKeyPassphrase"),
        ("client.ssh.private_key", "cloudhsm:sshPrivateKey"),
        ("region", "aws:region"),
        ("tags", "cloudhsm:tags"),
    ],
)
def test_an_error_names_the_key_that_sets_the_field(field: str, key: str) -> None:
    assert key_of(field) == key


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("keystore", "keyStore"),
        ("key_store", "keyStore"),
        ("fileSytem", "fileSystem"),
        ("hsm", "hsms"),
        ("zzz", None),
    ],
)
def test_a_misspelled_key_leads_to_the_nearest_one(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["keyStore", "fileSystem", "hsms", "trust"]) == meant


@pytest.mark.parametrize(
    ("namespace", "near"),
    [
        ("cloudhms", True),
        ("cloud-hsm", True),
        ("CloudHSM", True),
        ("cloudhsm", False),
        ("aws", False),
        ("payments", False),
        ("cloud", False),
    ],
)
def test_a_near_miss_of_the_namespace_is_seen(namespace: str, near: bool) -> None:
    assert is_nearly_the_namespace(namespace) is near


def test_a_line_about_args_fields_names_the_keys_that_set_them() -> None:
    line = "raise hsms.count, or set key_store.allow_keys_unavailable; trust.mode is kms"
    assert in_keys(line) == (
        "raise cloudhsm:hsms.count, or set cloudhsm:keyStore.allowKeysUnavailable; "
        "cloudhsm:trust.mode is kms"
    )
    assert in_keys("set protect=False") == "set cloudhsm:disposable true"
    assert in_keys("see cloudhsm:hsms.count and docs.hsms.count") == (
        "see cloudhsm:hsms.count and docs.hsms.count"
    )
