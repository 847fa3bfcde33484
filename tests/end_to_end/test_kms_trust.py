"""Trust by KMS and by a private CA on the real engine: up to INITIALIZED, and no key but at AWS."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import stack_resources
from tests.end_to_end.rehearsed import (
    PRIVATE_KEY,
    Rehearsed,
    changes_components_only,
    rehearsed,
)
from tests.end_to_end.test_crashes import kill_when
from tests.support.iam import not_allowed
from tests.support.pages import commands

pytestmark = pytest.mark.engine

PAGE = "docs/guides/choose-a-ca.md"


def set_as_in_the_guide(stack: Rehearsed, mode: str) -> None:
    """Sets the mode with the guide's own command."""
    heading = {"kms": "Use a key in KMS", "acm-pca": "Use a private CA"}[mode]
    command = commands(heading, PAGE)[0]
    assert command[-1] == mode
    stack.workspace.pulumi(*command[1:])


def openssl_agrees(stack: Rehearsed) -> None:
    files = {
        name: str(path) for name, path in stack.workspace.outputs()["certificateFiles"].items()
    }
    (leaf,) = (path for name, path in files.items() if name.endswith("_CustomerHsmCertificate.crt"))
    pair = ["openssl", "verify", "-CAfile", files["customerCA.crt"], leaf]
    done = subprocess.run(
        pair, cwd=stack.workspace.project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def remaining(stack: Rehearsed) -> dict[str, list[str]]:
    return {kind: ids for kind, ids in stack.emulator.resources().items() if ids}


def test_trust_by_kms(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        pulumi = stack.workspace.pulumi
        stack.emulator.set_fault("kms_late")
        set_as_in_the_guide(stack, "kms")
        shown = stack.up("--diff").output
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == "INITIALIZED"
        assert stack.cluster()["State"] == "INITIALIZED"
        kms = stack.emulator.client("kms")
        key = kms.describe_key(KeyId=outputs["issuerArn"])["KeyMetadata"]
        assert (key["KeySpec"], key["KeyUsage"]) == ("RSA_4096", "SIGN_VERIFY")
        assert (stack.accepted("Sign"), stack.calls("InitializeCluster")) == (2, 1)
        openssl_agrees(stack)

        stack.up("--expect-no-changes")
        pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

        # A key that is switched off is told by a refresh, stays off, and nothing needs it any more.
        kms.disable_key(KeyId=key["KeyId"])
        told = pulumi("refresh", "--yes", "--skip-preview").output
        assert "is Disabled" in told
        pulumi("config", "set", "--path", "cloudhsm:trust.subject.commonName", "Another CA")
        drifted = stack.up().output
        assert "trust.subject.common_name is 'Another CA'" in drifted
        assert changes_components_only(drifted)
        assert stack.accepted("Sign") == 2

        # Another kind of trust would delete the key, and the cluster keeps its CA anyway.
        before = {one["urn"]: one.get("id") for one in stack_resources(stack.workspace)}
        pulumi("config", "set", "--path", "cloudhsm:trust.mode", "generated")
        refused = stack.up(check=False)
        assert refused.returncode != 0
        assert "cloudhsm:trust.mode is 'generated': cluster-" in refused.output
        assert "has kms, which can never be changed; set it back" in refused.output
        assert stack.calls("ScheduleKeyDeletion") == 0
        assert {one["urn"]: one.get("id") for one in stack_resources(stack.workspace)} == before
        pulumi("config", "set", "--path", "cloudhsm:trust.mode", "kms")

        state = stack.export()
        assert "tls:index" not in state
        for text in (state, shown, json.dumps(stack.emulator.log())):
            assert not PRIVATE_KEY.search(text)
        assert "BEGIN CERTIFICATE" not in shown
        pulumi("destroy", "--yes", "--skip-preview")
        assert remaining(stack) == {}
        assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
        assert not_allowed(stack.emulator.log(), "trust-kms") == set()


def test_trust_by_a_private_ca(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path, {"trust": {"keyBits": 2048}}) as stack:
        pulumi = stack.workspace.pulumi
        set_as_in_the_guide(stack, "acm-pca")
        # A run that is killed leaves a CA, which is charged for.
        kill_when(stack, lambda stack: "private_cas" in remaining(stack))
        (arn,) = remaining(stack)["private_cas"]
        pulumi("cancel", "--yes")
        shown = stack.up("--diff").output
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == "INITIALIZED"
        assert outputs["issuerArn"] == arn
        assert remaining(stack)["private_cas"] == [arn]
        openssl_agrees(stack)
        assert stack.calls("IssueCertificate") == 2

        stack.up("--expect-no-changes")
        pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

        # Now it is let go, as the README says, and the cluster lives on with what it signed.
        (command,) = (
            one
            for one in commands("Use a private CA", PAGE)
            if "cloudhsm:trust.privateCaArn" in one
        )
        assert command[-1] == "$(pulumi stack output issuerArn)"
        pulumi(*command[1:-1], arn)
        assert "1 deleted" in stack.up().output
        assert "private_cas" not in remaining(stack)
        told = pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes").output
        assert "is DELETED" in told

        # Whoever takes that back gets another CA at AWS, and the same trust anchor.
        pulumi("config", "rm", "--path", "cloudhsm:trust.privateCaArn")
        assert "the CA certificate stays that of" in stack.up().output
        assert len(remaining(stack)["private_cas"]) == 1
        later = stack.workspace.outputs()
        assert later["caCertificateSha256"] == outputs["caCertificateSha256"]
        assert stack.calls("IssueCertificate") == 2

        state = stack.export()
        for text in (state, shown, json.dumps(stack.emulator.log())):
            assert not PRIVATE_KEY.search(text)
        assert "BEGIN CERTIFICATE" not in shown
        # Two answers are lost: an HSM takes a second deletion, a private CA does not.
        lost = {"cloudhsmv2": "DeleteHsm", "acm-pca": "DeleteCertificateAuthority"}
        for service, operation in lost.items():
            stack.emulator.set_fault("drop_after_write", service=service, operation=operation)
        destroy = ("destroy", "--yes", "--skip-preview")
        stopped = [pulumi(*destroy, check=False) for _ in range(3)]
        assert all(one.returncode for one in stopped)
        assert "is DELETED" in stopped[-1].output
        first, again = commands("A destroy that stops", "docs/guides/destroy.md")
        pulumi(*first[1:], "--yes", "--skip-preview")
        pulumi(*again[1:], "--yes", "--skip-preview")
        assert remaining(stack) == {}
        assert stack.calls("RevokeCertificate") == 0
        assert not_allowed(stack.emulator.log(), "trust-private-ca") == set()
