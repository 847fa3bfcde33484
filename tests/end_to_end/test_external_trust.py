"""Two ups with a person and an offline CA between them, on the real engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import (
    PRIVATE_KEY,
    Rehearsed,
    changes_components_only,
    rehearsed,
)
from tests.support.pages import commands

pytestmark = pytest.mark.engine

PAGE = "docs/guides/choose-a-ca.md"
CONFIG = {"trust": {"mode": "external", "subject": None}}


def openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_ca(folder: Path) -> None:
    """As AWS's user guide makes an offline CA."""
    folder.mkdir()
    openssl("genrsa", "-out", "ca.key", "2048", folder=folder)
    subject = ("-subj", "/O=Example Corp/CN=Offline CA")
    openssl("req", "-new", "-x509", "-days", "3652", "-key", "ca.key", "-out", "ca.crt", *subject,
            folder=folder)  # fmt: skip


def sign(csr: Path, folder: Path, name: str) -> None:
    pair = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    openssl("x509", "-req", "-days", "3640", "-in", str(csr), *pair, "-out", name, folder=folder)


def csr_of(stack: Rehearsed) -> Path:
    (path,) = (
        one
        for one in stack.workspace.outputs()["certificateFiles"].values()
        if one.endswith(".csr")
    )
    return stack.workspace.project / path


def test_external_trust_in_two_runs(layout: Layout, tmp_path: Path) -> None:
    ca = tmp_path / "ca"
    make_ca(ca)
    with rehearsed(layout, tmp_path / "stack", CONFIG) as stack:
        pulumi = stack.workspace.pulumi
        stack.up()
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == "awaiting certificate"
        assert str(csr_of(stack).relative_to(stack.workspace.project)) in outputs["nextStep"]
        assert stack.calls("InitializeCluster") == 0
        stack.up("--expect-no-changes")
        pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

        sign(csr_of(stack), ca, "old.crt")
        pulumi("config", "set", "--path", "cloudhsm:trust.caCertificate", str(ca / "ca.crt"))
        pulumi("config", "set", "--path", "cloudhsm:trust.clusterCertificate", str(ca / "old.crt"))
        # Meanwhile AWS has replaced the first HSM, so the CSR that was signed is another one's.
        stack.emulator.set_fault("first_hsm_replaced", trigger="now")
        told = stack.up(check=False)
        assert told.returncode != 0
        assert "AWS replaced HSM" in told.output
        assert "run `pulumi up --refresh`" in told.output
        changed = stack.up("--refresh", check=False)
        assert changed.returncode != 0
        assert "does not hold the CSR's public key" in changed.output
        assert "or before AWS replaced it" in changed.output
        assert stack.calls("InitializeCluster") == 0

        # The new CSR lies where the old one did. Now as the README says, word by word.
        for file in ("ca.crt", "ca.key"):
            (stack.workspace.project / file).write_bytes((ca / file).read_bytes())
        cluster_id = stack.cluster()["ClusterId"]
        for command in commands("Use your own CA", PAGE)[2:]:
            named = [
                word.replace("CLUSTER", cluster_id).replace("/prod/", "/dev/") for word in command
            ]
            if named[0] == "openssl":
                openssl(*named[1:], folder=stack.workspace.project)
            elif named == ["pulumi", "up"]:
                stack.up()
            else:
                pulumi(*named[1:])
        assert (
            pulumi("config", "get", "--path", "cloudhsm:trust.caCertificate").stdout == "ca.crt\n"
        )
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == "INITIALIZED"
        files = {
            name: stack.workspace.project / path
            for name, path in outputs["certificateFiles"].items()
        }
        assert files["customerCA.crt"].read_text().strip() == (ca / "ca.crt").read_text().strip()
        assert len(files) == 6
        assert stack.calls("InitializeCluster") == 1
        stack.up("--expect-no-changes")
        pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

        # Afterwards, other certificates in the config are told and change nothing.
        sign(csr_of(stack), ca, "later.crt")
        pulumi(
            "config", "set", "--path", "cloudhsm:trust.clusterCertificate", str(ca / "later.crt")
        )
        told = stack.up().output
        assert "keeps what it was initialized with" in told
        assert changes_components_only(told)

        exported = stack.export()
        assert not PRIVATE_KEY.search(exported)
        assert "tls:index" not in exported
        pulumi("destroy", "--yes", "--skip-preview")
        assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}
