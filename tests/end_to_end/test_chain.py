"""One stack through its whole life on the real engine. The tests build on each other, in order."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import stack_resources
from tests.end_to_end.rehearsed import (
    PRIVATE_KEY,
    Rehearsed,
    changes_components_only,
    rehearsed,
)
from tests.support.iam import not_allowed

pytestmark = pytest.mark.engine

PASSPHRASE = "correct horse battery staple"
SEEN: dict[str, str] = {}


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    folder = tmp_path_factory.mktemp("chain")
    with rehearsed(layout, folder) as stack:
        stack.workspace.pulumi("config", "set", "--secret", "cloudhsm:caKeyPassphrase", PASSPHRASE)
        yield stack


def test_a_preview_of_the_empty_stack_is_complete_and_changes_nothing(stack: Rehearsed) -> None:
    shown = stack.workspace.pulumi("preview").output
    for resource in (
        "aws:cloudhsmv2:Cluster",
        "aws:cloudhsmv2:Hsm",
        "tls:index:PrivateKey",
        "tls:index:SelfSignedCert",
        "tls:index:LocallySignedCert",
        "cloudhsm:ClusterIdentity",
        "cloudhsm:ClusterInitialization",
        "cloudhsm:CertificateFiles",
    ):
        assert resource in shown
    assert "BEGIN" not in shown
    assert PASSPHRASE not in shown
    assert stack.changing_calls() == []


def test_a_detailed_preview_has_no_walls_of_pem(stack: Rehearsed) -> None:
    shown = stack.workspace.pulumi("preview", "--diff").output
    assert "BEGIN" not in shown
    assert PASSPHRASE not in shown
    assert stack.changing_calls() == []


def test_up_takes_nothing_to_an_initialized_cluster(stack: Rehearsed) -> None:
    shown = stack.up("--diff").output
    SEEN["up"] = shown
    outputs = stack.workspace.outputs()
    assert outputs["clusterState"] == "INITIALIZED"
    assert outputs["identityVerified"] is True
    assert stack.cluster()["State"] == "INITIALIZED"
    assert stack.calls("CreateCluster") == 1
    assert stack.calls("CreateHsm") == 1
    assert stack.calls("InitializeCluster") == 1
    assert outputs["clusterId"] == stack.cluster()["ClusterId"]
    assert outputs["securityGroupId"] == stack.cluster()["SecurityGroup"]
    assert [hsm["id"] for hsm in outputs["hsms"]] == [
        hsm["HsmId"] for hsm in stack.cluster()["Hsms"]
    ]


def test_up_showed_progress_and_no_walls_of_pem(stack: Rehearsed) -> None:
    assert re.search(r"INITIALIZE_IN_PROGRESS, waiting for .*usually .*deadline", SEEN["up"])
    assert "BEGIN CERTIFICATE" not in SEEN["up"]


def test_the_trust_anchor_at_aws_is_the_stacks_own_ca(stack: Rehearsed) -> None:
    outputs = stack.workspace.outputs()
    live = x509.load_pem_x509_certificate(
        stack.cluster()["Certificates"]["ClusterCertificate"].encode()
    )
    files = {
        name: stack.workspace.project / path for name, path in outputs["certificateFiles"].items()
    }
    ca = x509.load_pem_x509_certificate(files["customerCA.crt"].read_bytes())
    live.verify_directly_issued_by(ca)
    assert live.not_valid_after_utc < ca.not_valid_after_utc
    assert ca.public_key().key_size == 4096  # type: ignore[union-attr]


def test_the_files_have_the_documented_names_and_openssl_agrees(stack: Rehearsed) -> None:
    cluster_id = stack.cluster()["ClusterId"]
    folder = stack.workspace.project / "certificates" / "dev"
    assert {file.name for file in folder.iterdir()} == {
        f"{cluster_id}_ClusterCsr.csr",
        f"{cluster_id}_HsmCertificate.crt",
        f"{cluster_id}_AwsHardwareCertificate.crt",
        f"{cluster_id}_ManufacturerHardwareCertificate.crt",
        f"{cluster_id}_CustomerHsmCertificate.crt",
        "customerCA.crt",
        "customerCA.key",
    }
    checked = subprocess.run(
        [
            "openssl",
            "verify",
            "-CAfile",
            "customerCA.crt",
            f"{cluster_id}_CustomerHsmCertificate.crt",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_ca_key_file_is_encrypted_and_private(stack: Rehearsed) -> None:
    file = stack.workspace.project / "certificates" / "dev" / "customerCA.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "BEGIN ENCRYPTED PRIVATE KEY" in file.read_text()
    key = serialization.load_pem_private_key(file.read_bytes(), PASSPHRASE.encode())
    ca = x509.load_pem_x509_certificate(file.with_suffix(".crt").read_bytes())
    assert key.public_key() == ca.public_key()


def test_a_second_up_changes_nothing_although_the_csr_is_gone(stack: Rehearsed) -> None:
    assert "ClusterCsr" not in stack.cluster()["Certificates"]
    before = stack.changing_calls()
    stack.up("--expect-no-changes")
    assert stack.changing_calls() == before


def test_a_refresh_finds_no_drift(stack: Rehearsed) -> None:
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_an_up_after_the_refresh_changes_nothing(stack: Rehearsed) -> None:
    stack.up("--expect-no-changes")


@pytest.mark.parametrize("command", ["preview", "refresh"])
def test_with_credentials_of_another_account_nothing_is_made_or_forgotten(
    stack: Rehearsed, command: str
) -> None:
    role = stack.emulator.client("sts").assume_role(
        RoleArn=stack.emulator.make_role("222222222222", command), RoleSessionName="elsewhere"
    )["Credentials"]
    other = {
        "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["SessionToken"],
    }
    sure = [] if command == "preview" else ["--yes", "--skip-preview"]
    before = stack.changing_calls()

    refused = stack.workspace.pulumi(command, *sure, check=False, env=other)

    assert refused.returncode != 0
    assert "222222222222" in refused.output
    assert "123456789012" in refused.output
    assert stack.changing_calls() == before
    stack.up("--expect-no-changes")


def test_no_private_key_is_anywhere_in_clear(stack: Rehearsed) -> None:
    state = stack.export()
    logs = json.dumps(stack.emulator.log())
    for text in (state, logs, SEEN["up"]):
        assert not PRIVATE_KEY.search(text)
        assert PASSPHRASE not in text
    for file in stack.workspace.folder.rglob("*"):
        if file.is_file() and ".venv" not in file.parts:
            content = file.read_bytes().decode(errors="replace")
            found = [hit.group() for hit in PRIVATE_KEY.finditer(content)]
            assert set(found) <= {"-----BEGIN ENCRYPTED PRIVATE KEY-----"}, file
            assert PASSPHRASE not in content, file


def evidence(stack: Rehearsed, *arguments: str) -> list[str]:
    """The lines of the command, run as a user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_cloudhsm.evidence", *arguments],
        cwd=stack.workspace.project,
        env=stack.workspace.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_evidence_of_the_ceremony_is_collected_signed_and_verified(stack: Rehearsed) -> None:
    kms = stack.emulator.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    folder = stack.workspace.folder / "evidence"
    folder.mkdir()
    bundle = folder / "evidence.zip"

    trail = stack.emulator.client("cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "InitializeCluster"}]
    while not trail.lookup_events(LookupAttributes=wanted)["Events"]:
        time.sleep(0.1)  # CloudTrail shows an event some minutes late
    collected = evidence(stack, "collect", "--output", str(bundle), "--kms-key", key)
    with zipfile.ZipFile(bundle) as opened:
        opened.extractall(folder)
    verified = evidence(
        stack,
        "verify",
        str(bundle),
        "--aws-root",
        str(folder / "aws-root-2.crt"),
        "--signing-key",
        str(folder / "signing-key.pem"),
    )

    assert any("CloudTrail shows this one" in line and ":user/" in line for line in verified)
    assert any(line.startswith("passed") and "given key" in line for line in verified)
    assert len(collected) == len(verified) + 1
    bundled = [file.read_bytes() for file in folder.glob("*.*") if file != bundle]
    files = b"".join(bundled).decode(errors="replace")  # the signature is no text
    assert not PRIVATE_KEY.search(files)
    assert PASSPHRASE not in files
    checked = subprocess.run(
        ["sh", "verify.sh", "aws-root-2.crt", "signing-key.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # By its id: moto fails on the ARN, which AWS takes, too.
    kms.schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)


def test_a_fresh_checkout_shows_no_change_and_one_command_writes_the_files(
    stack: Rehearsed,
) -> None:
    """As on a runner of CI: the same state, and a folder without any of the files."""
    pulumi, folder = stack.workspace.pulumi, stack.workspace.project / "certificates"
    public = {file.name: file.read_text() for file in folder.glob("*/*") if file.suffix != ".key"}
    shutil.rmtree(folder)
    pulumi("preview", "--expect-no-changes")
    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stack.up("--expect-no-changes")
    assert not folder.exists()
    state = pulumi("stack", "export", "--show-secrets").stdout
    subprocess.run(
        [sys.executable, "-m", "pulumi_cloudhsm.write_files"],
        input=state,
        cwd=stack.workspace.project,
        check=True,
        capture_output=True,
        text=True,
    )
    written = {file.name: file.read_text() for file in folder.glob("*/*")}
    key = serialization.load_pem_private_key(
        written.pop("customerCA.key").encode(), PASSPHRASE.encode()
    )
    assert written == public
    ca = x509.load_pem_x509_certificate(written["customerCA.crt"].encode())
    assert key.public_key() == ca.public_key()
    stack.up("--expect-no-changes")


@pytest.mark.parametrize(
    ("key", "value", "made"),
    [
        ("trust.subject.commonName", "Another CA", "Development CloudHSM CA"),
        ("trust.keyBits", "2048", "4096"),
        ("trust.validityHours", "50000", "87660"),
    ],
)
def test_a_config_that_no_longer_fits_the_ca_is_told_and_changes_nothing(
    stack: Rehearsed, key: str, value: str, made: str
) -> None:
    pulumi = stack.workspace.pulumi
    pulumi("config", "set", "--path", f"cloudhsm:{key}", value)
    try:
        shown = pulumi("preview").output
        field = re.sub("[A-Z]", lambda upper: f"_{upper[0].lower()}", key)
        told = [line for line in shown.splitlines() if f"{field} is" in line]
        assert told, shown
        assert value in told[0]
        assert made in told[0]
        assert changes_components_only(stack.up().output)
    finally:
        if key == "trust.subject.commonName":
            pulumi("config", "set", "--path", f"cloudhsm:{key}", made)
        else:
            pulumi("config", "rm", "--path", f"cloudhsm:{key}")


def test_another_verification_previews_nothing_but_itself(stack: Rehearsed) -> None:
    pulumi = stack.workspace.pulumi
    pulumi("config", "set", "--path", "cloudhsm:identity.verification", "off")
    pulumi("config", "set", "--path", "cloudhsm:identity.offReason", "a test")
    shown = pulumi("preview").output
    for key in ("verification", "offReason"):
        pulumi("config", "rm", "--path", f"cloudhsm:identity.{key}")
    assert re.search(r"~\s+pulumi-python:dynamic/cloudhsm:ClusterIdentity", shown), shown
    assert not re.search(r"LocallySignedCert|CertificateFiles|ClusterInitialization", shown), shown
    assert "replace" not in shown


@pytest.mark.parametrize(
    ("key", "value", "made"),
    [
        ("cluster.mode", "NON_FIPS", "has FIPS, which can never be changed"),
        ("network.vpcCidr", "10.43.0.0/16", "has 10.42.0.0/16, which can never be changed"),
        ("clusterName", "vault", "the cluster of this stack is cloudhsm"),
    ],
)
def test_what_can_never_be_changed_is_refused_and_the_stack_stays_as_it_is(
    stack: Rehearsed, key: str, value: str, made: str
) -> None:
    pulumi = stack.workspace.pulumi
    before = _ids(stack)
    pulumi("config", "set", "--path", f"cloudhsm:{key}", value)
    shown = stack.up(check=False)
    pulumi("config", "rm", "--path", f"cloudhsm:{key}")
    assert shown.returncode != 0
    lines = [line.strip() for line in shown.output.splitlines()]
    (told,) = [line for line in lines if line.startswith("error: ")]
    assert f"cloudhsm:{key} is '{value}'" in told
    assert made in told
    assert _ids(stack) == before
    stack.up()
    stack.up("--expect-no-changes")


def _ids(stack: Rehearsed) -> dict[str, str]:
    return {one["urn"]: one.get("id", "") for one in stack_resources(stack.workspace)}


def test_destroy_leaves_nothing_at_aws_and_keeps_a_changed_file(stack: Rehearsed) -> None:
    folder: Path = stack.workspace.project / "certificates" / "dev"
    mine = next(folder.glob("*_ClusterCsr.csr"))
    mine.write_text("my own notes")
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    left = {kind: ids for kind, ids in stack.emulator.resources().items() if ids}
    assert left == {}
    # The command wrote the CA key file: encrypted anew, so it is not the one that the stack wrote.
    assert {file.name for file in folder.iterdir()} == {mine.name, "customerCA.key"}


def test_every_call_is_in_the_policies_for_an_initialized_cluster(stack: Rehearsed) -> None:
    log = stack.emulator.log()
    of_the_evidences_key = [
        entry for entry in log if entry["operation"] in ("CreateKey", "ScheduleKeyDeletion")
    ]
    assert len(of_the_evidences_key) == 2, "made and deleted by a test"
    of_a_test = [*of_the_evidences_key, *stack.emulator.log("AssumeRole")]
    rest = [entry for entry in log if entry not in of_a_test]
    assert not_allowed(rest, "evidence") == set()
