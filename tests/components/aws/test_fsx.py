"""Real boto3 against a server on loopback: FSx, and what keys and secrets are asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_cloudhsm.aws.fsx import Fsx, Part
from pulumi_cloudhsm.aws.kms import HeldKey, Kms
from pulumi_cloudhsm.aws.secretsmanager import (
    current_version,
    delete_secret,
    secret_value_and_version,
)
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.aws.ssm import Ssm
from pulumi_cloudhsm.errors import AwsError, TransientError
from tests.support.loopback_aws import Answer, LoopbackAws, loopback_aws, refusal

ACCESS = AwsAccess(region="eu-central-1")
SYSTEM, SVM, VOLUME = "fs-0123456789abcdef0", "svm-0123456789abcdef0", "fsvol-0123456789abcdef0"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackAws]:
    with loopback_aws() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        yield server


def test_all_pages_of_file_systems_are_read_and_only_ontaps(aws: LoopbackAws) -> None:
    whole = {
        "FileSystemId": SYSTEM,
        "FileSystemType": "ONTAP",
        "Lifecycle": "MISCONFIGURED",
        "FailureDetails": {"Message": "no route"},
        "KmsKeyId": "arn:key",
        "Tags": [{"Key": "stack", "Value": "dev"}],
    }
    lustre = {"FileSystemId": "fs-2", "FileSystemType": "LUSTRE", "Lifecycle": "AVAILABLE"}
    bare = {"FileSystemId": "fs-3", "FileSystemType": "ONTAP", "Lifecycle": "CREATING"}
    aws.script(
        Answer({"FileSystems": [whole, lustre], "NextToken": "bmV4dA=="}),
        Answer({"FileSystems": [bare]}),
    )
    assert Fsx(ACCESS).file_systems() == [
        Part(SYSTEM, "", "MISCONFIGURED", "no route", "arn:key", {"stack": "dev"}),
        Part("fs-3", "", "CREATING"),
    ]


def test_what_is_inside_is_asked_for_by_what_it_is_in(aws: LoopbackAws) -> None:
    failed = {"Lifecycle": "FAILED", "LifecycleTransitionReason": {"Message": "why"}}
    aws.script(
        Answer(
            {"StorageVirtualMachines": [{"StorageVirtualMachineId": SVM, "Name": "a", **failed}]}
        )
    )
    assert Fsx(ACCESS).svms(SYSTEM) == [Part(SVM, "a", "FAILED", "why")]
    aws.script(Answer({"Volumes": [{"VolumeId": VOLUME, "Name": "b", "Lifecycle": "CREATED"}]}))
    assert Fsx(ACCESS).volumes(SVM) == [Part(VOLUME, "b", "CREATED")]
    assert [asked["Filters"] for _, asked in aws.asked] == [
        [{"Name": "file-system-id", "Values": [SYSTEM]}],
        [{"Name": "storage-virtual-machine-id", "Values": [SVM]}],
    ]


def test_a_password_is_sent_and_in_no_error(aws: LoopbackAws) -> None:
    aws.script(refusal("BadRequest", "no"))
    with pytest.raises(AwsError) as refused:
        Fsx(ACCESS).set_password(SYSTEM, "Rehearsed1")
    assert aws.asked[0][1]["OntapConfiguration"] == {"FsxAdminPassword": "Rehearsed1"}
    assert SYSTEM in str(refused.value)
    assert "Rehearsed1" not in str(refused.value)


def test_a_dropped_connection_is_worth_another_look(aws: LoopbackAws) -> None:
    aws.script(Answer(status=0))
    with pytest.raises(TransientError, match="describing file systems"):
        Fsx(ACCESS).file_systems()


def test_a_key_tells_its_state_and_its_store(aws: LoopbackAws) -> None:
    metadata = {"KeyId": "k", "KeyState": "Unavailable", "CustomKeyStoreId": "cks-1"}
    aws.script(Answer({"KeyMetadata": metadata}))
    assert Kms(ACCESS).key("arn:key") == HeldKey("k", "Unavailable", None, "cks-1")
    aws.script(refusal("NotFoundException", "no such key"))
    with pytest.raises(AwsError, match="describing the key arn:key"):
        Kms(ACCESS).key("arn:key")


def test_a_secrets_version_is_told_without_the_secret(aws: LoopbackAws) -> None:
    aws.script(Answer({"VersionIdsToStages": {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]}}))
    assert current_version(ACCESS, "fsxadmin") == "v2"
    assert [operation for operation, _ in aws.asked] == ["DescribeSecret"]
    aws.script(Answer({"SecretString": "text", "VersionId": "v2"}))
    assert secret_value_and_version(ACCESS, "fsxadmin") == ("text", "v2")


def test_a_key_store_that_is_gone_already_is_deleted(aws: LoopbackAws) -> None:
    """As after a lost answer to the first call."""
    aws.script(refusal("CustomKeyStoreNotFoundException", "It is gone."))
    Kms(ACCESS).delete("cks-1")


def test_a_secret_that_is_marked_for_deletion_already_is_deleted(aws: LoopbackAws) -> None:
    refused = refusal("InvalidRequestException", "You tried it on a secret marked deleted.")
    aws.script(refused, Answer({"ARN": "arn", "DeletedDate": 1_800_000_000}))
    found = delete_secret(ACCESS, "arn")
    assert found is not None
    assert found.timestamp() == 1_800_000_000


def test_a_secret_that_cannot_be_deleted_is_told_in_the_first_words(aws: LoopbackAws) -> None:
    aws.script(refusal("InvalidRequestException", "It has replicas."), Answer({"ARN": "arn"}))
    with pytest.raises(AwsError, match=r"It has replicas\."):
        delete_secret(ACCESS, "arn")


def test_a_command_is_found_by_its_comment(aws: LoopbackAws) -> None:
    commands = [{"CommandId": "1", "Comment": "other"}, {"CommandId": "2", "Comment": "x" * 100}]
    aws.script(Answer({"Commands": commands}))
    assert Ssm(ACCESS).command("i-1", "x" * 101) == "2"
    aws.script(Answer({"Commands": commands}))
    assert Ssm(ACCESS).command("i-1", "y") is None
