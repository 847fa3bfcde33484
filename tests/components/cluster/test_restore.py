"""A cluster from a backup: nothing is made that it has already, and nothing is paid for in vain."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm import CloudHsmDeployment, CloudHsmDeploymentArgs, NetworkArgs, RestoreArgs
from pulumi_cloudhsm.aws.cloudhsmv2 import Backup, Cluster, Hsm
from pulumi_cloudhsm.errors import AwsError
from tests.support import pki
from tests.support.fake_cloud import CLUSTER_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, bare, config, run

BACKUP_ID = "backup-abcdefghij2"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:admin-AbCdEf"
ONLY_OF_NEW_CLUSTERS = {
    "cloudhsm-activation-wait",
    "cloudhsm-ca",
    "cloudhsm-ca-key",
    "cloudhsm-certificate",
    "cloudhsm-identity",
    "cloudhsm-initialization",
}
READY = Backup(BACKUP_ID, "READY", "cluster-22222222222", datetime(2026, 11, 1, tzinfo=UTC), "FIPS")


@functools.cache
def original() -> pki.Authority:
    return pki.issue("Original CA", pki.rsa_key("original CA"))


def settings(**changes: Any) -> dict[str, str]:
    """The development stack from a backup, whose trust anchor decides instead of a CA.

    Args:
        changes: of the section `restore`, if they are its keys; else of the whole.
    """
    restore = {"backupId": BACKUP_ID, "caCertificate": original().pem}
    restore |= {key: changes.pop(key) for key in list(changes) if key in restore}
    return config(**{"restore": restore, "trust": None, **changes})


def world(**changes: Any) -> World:
    return World(**{"backups": [READY], "begun": "sights" in changes, **changes})


def restored(state: str = "ACTIVE", source: str = BACKUP_ID, **hsms: str) -> list[list[Cluster]]:
    """Our cluster from a backup, with HSMs as id=address."""
    seen = cluster_seen(state, owner=OWNER)
    shown = tuple(Hsm(name, "ACTIVE", "", "", ip) for name, ip in hsms.items())
    return [[replace(seen, source_backup_id=source, hsms=shown)]]


def names(done: Run) -> set[str]:
    return {one.name for one in done.resources}


@pytest.mark.parametrize("preview", [True, False])
def test_it_is_neither_initialized_nor_activated_and_gets_no_ca(preview: bool) -> None:
    done = run(settings(activation={"mode": "manual"}), preview=preview, world=world()).succeeded()
    assert not ONLY_OF_NEW_CLUSTERS & names(done)
    assert done["cloudhsm-cluster"]["sourceBackupIdentifier"] == BACKUP_ID
    assert "cloudhsm-restoration" in done


@pytest.mark.parametrize("preview", [True, False])
def test_all_its_hsms_come_in_one_run_once_its_trust_anchor_is_known_to_fit(preview: bool) -> None:
    done = run(settings(hsms={"count": 3}), preview=preview, world=world()).succeeded()
    for number in (1, 2, 3):
        before = done.ancestors(f"cloudhsm-hsm-{number}")
        assert {"cloudhsm-restoration", "cloudhsm-cluster", "cloudhsm-backups"} <= before
    assert {"cloudhsm-hsm-2", "cloudhsm-hsm-3"} <= done.ancestors("cloudhsm-hsm-active")


def test_it_may_begin_without_hsms() -> None:
    done = run(settings(hsms={"count": 0}), world=world()).succeeded()
    assert not [one for one in done.resources if one.type == "aws:cloudhsmv2/hsm:Hsm"]
    assert done.exports["hourlyCost"].startswith("nothing")


def test_the_outputs_are_those_of_every_other_cluster() -> None:
    exports = bare(run(settings(), world=world()).succeeded().exports)
    assert exports["clusterId"] == CLUSTER_ID
    assert exports["clusterState"] == "ACTIVE"
    assert exports["caCertificate"].strip() == original().pem.strip()
    assert exports["identityVerified"] is False
    assert BACKUP_ID in exports["identityVerdict"]
    assert exports["certificateFiles"]["customerCA.crt"].endswith("customerCA.crt")
    assert "the cluster is active" in exports["nextStep"]


def test_its_certificate_is_written_with_the_trust_anchor() -> None:
    done = run(settings(), world=world()).succeeded()
    files = done["cloudhsm-trust-files"]["files"]
    assert files["customerCA.crt"].strip() == original().pem.strip()
    assert f"{CLUSTER_ID}_CustomerHsmCertificate.crt" in files


def test_a_key_store_and_the_client_work_as_on_every_other_cluster() -> None:
    by_program = {
        "activation": {"mode": "ssm", "adminSecret": SECRET},
        "client": {"instanceId": "i-0123456789abcdef0"},
    }
    wanted = settings(**by_program, hsms={"count": 2}, keyStore={})
    done = run(wanted, world=world()).succeeded()
    assert "cloudhsm-hsm-active" in done.ancestors("cloudhsm-kms-user")
    assert "cloudhsm-kms-user" in done.ancestors("cloudhsm-keys-store")
    assert "cloudhsm-client-password-admin" not in done


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"backupId": "bck-1"}, "backup-abcdefghijk"),
        ({"caCertificate": None}, "caCertificate"),
        ({"backupId": ""}, "cloudhsm:restore.backupId"),
        ({"activation": {"mode": "ssm"}}, "adminSecret"),
        ({"trust": {"mode": "external"}}, "leave"),
        ({"caKeyPassphrase": "correct horse battery"}, "not here"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_what_cannot_work_is_refused_before_anything_is_made(
    preview: bool, changes: dict[str, Any], told: str
) -> None:
    done = run(settings(**changes), preview=preview, world=world())
    assert isinstance(done.error, pulumi.RunError)
    assert told in str(done.error)
    assert "\n" not in str(done.error)
    assert done.of("aws") == []


def test_a_text_that_is_no_certificate_is_refused_without_showing_it(tmp_path: Any) -> None:
    file = tmp_path / "customerCA.crt"
    file.write_text("-----BEGIN CERTIFICATE-----\nbm9wZQ==\n-----END CERTIFICATE-----\n")
    done = run(settings(caCertificate=str(file)), world=world())
    assert "cloudhsm:restore.caCertificate" in str(done.error)
    assert "bm9wZQ" not in str(done.error)


@pytest.mark.parametrize(
    ("backups", "told"),
    [
        ([], "no such backup in eu-central-1"),
        ([replace(READY, state="PENDING_DELETION")], "restore-backup --backup-id"),
        ([replace(READY, state="CREATE_IN_PROGRESS")], "wait until it is READY"),
        ([replace(READY, mode="NON_FIPS")], "cluster.mode"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_a_backup_that_cannot_be_used_is_told_before_anything_is_made(
    preview: bool, backups: list[Backup], told: str
) -> None:
    done = run(settings(), preview=preview, world=world(backups=backups))
    assert told in str(done.error)
    assert done.of("aws") == []


@pytest.mark.parametrize("preview", [True, False])
def test_what_a_copy_from_another_region_does_not_bring_back_is_told(preview: bool) -> None:
    copy = replace(READY, source_region="eu-west-1")
    done = run(settings(), preview=preview, world=world(backups=[copy])).succeeded()
    (line,) = [one for one in done.said("warning") if "is a copy from eu-west-1" in one]
    assert "cannot be decrypted here" in line
    told = run(settings(), preview=preview, world=world()).succeeded().said("warning")
    assert not [one for one in told if "is a copy" in one]


@pytest.mark.parametrize(
    ("backups", "told"),
    [
        ([replace(READY, source_region="eu-west-1")], "is a copy from eu-west-1"),
        ([replace(READY, mode="NON_FIPS")], "restores only into its own mode"),
    ],
)
def test_an_output_of_another_stack_is_looked_at_in_the_preview_too(
    backups: list[Backup], told: str
) -> None:
    def program() -> None:
        restore = RestoreArgs(pulumi.Output.from_input(BACKUP_ID), original().pem)
        network = NetworkArgs(availability_zones=["eu-central-1a"])
        CloudHsmDeployment("cloudhsm", CloudHsmDeploymentArgs(network=network, restore=restore))

    done = run({}, preview=True, world=world(backups=backups), program=program)
    assert told in " ".join([*done.said("warning"), str(done.error)])


def test_aws_showing_the_backups_id_for_its_arn_replaces_no_cluster() -> None:
    cluster = run(settings(), world=world()).succeeded()["cloudhsm-cluster"]
    assert "sourceBackupIdentifier" in cluster.request.ignoreChanges


def test_another_accounts_backup_is_left_to_aws_to_check() -> None:
    arn = f"arn:aws:cloudhsm:eu-central-1:999999999999:backup/{BACKUP_ID}"
    done = run(settings(backupId=arn), world=world(backups=[])).succeeded()
    assert done["cloudhsm-cluster"]["sourceBackupIdentifier"] == arn


def test_a_backup_that_has_expired_since_is_no_trouble_for_the_restored_cluster() -> None:
    later = world()
    run(settings(), world=later).succeeded()
    later = later.as_left()
    later.sights = restored()
    run(settings(), world=later).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_what_an_interrupted_run_left_is_imported_with_its_hsms(preview: bool) -> None:
    found = world(sights=restored(**{"hsm-aaaaaaaaaa1": "10.42.0.9", "hsm-b": "10.42.31.254"}))
    done = run(settings(hsms={"count": 2}), preview=preview, world=found).succeeded()
    assert done["cloudhsm-cluster"].request.importId == CLUSTER_ID
    assert done["cloudhsm-hsm-1"].request.importId == "hsm-aaaaaaaaaa1"
    assert done["cloudhsm-hsm-2"].request.importId == "hsm-b"


def test_one_that_aws_is_still_making_is_waited_for() -> None:
    found = world(sights=[*restored("CREATE_IN_PROGRESS") * 2, *restored()])
    quick = settings(waits={"hsm": {"expectedSeconds": 1, "deadlineSeconds": 60}})
    done = run(quick, world=found).succeeded()
    assert done["cloudhsm-cluster"].request.importId == CLUSTER_ID
    assert any("waiting for ACTIVE" in line for line in done.said("info"))


@pytest.mark.parametrize(
    ("given", "source", "told"),
    [
        (settings, "", "was made without a backup"),
        (settings, "backup-22222222222", "set it to backup-22222222222"),
        (config, BACKUP_ID, f"was restored from {BACKUP_ID}"),
    ],
)
def test_another_source_never_replaces_the_cluster_that_is_there(
    given: Any, source: str, told: str
) -> None:
    done = run(given(), world=world(sights=restored(source=source)))
    assert told in str(done.error)
    assert done.of("aws") == []


def test_where_the_backup_cannot_be_looked_at_the_run_goes_on_and_says_so() -> None:
    found = world()

    def refuse(_: str) -> None:
        raise AwsError("describing backup: AWS said: no")

    from tests.support.fake_cloud import FakeCloudHsm

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeCloudHsm, "backup", lambda _, backup_id: refuse(backup_id))
        done = run(settings(), world=found).succeeded()
    assert any("could not look ahead" in line for line in done.said("warning"))
