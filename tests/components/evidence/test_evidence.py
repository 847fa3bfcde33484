"""A bundle of evidence: an honest one passes every check, a forged or changed one does not."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.evidence import __main__ as command
from pulumi_cloudhsm.evidence import bundle, checks
from pulumi_cloudhsm.evidence.ceremony import (
    Captured,
    Ceremony,
    EvidenceError,
    Initialized,
    ceremony,
)
from pulumi_cloudhsm.evidence.checks import Anchors, Result
from pulumi_cloudhsm.evidence.collecting import collect
from pulumi_cloudhsm.x509.reading import iso
from tests.support import pki

CLUSTER = "cluster-abcdefghijk"
CA = pki.issue("CA", pki.rsa_key("CA"))
LEAF = pki.issue("HSM", pki.rsa_key("HSM"), CA, extensions=())
Files = dict[str, bytes]


def held(**changes: Any) -> Ceremony:
    """What the state of an honest stack holds; `changes` are of the initialization."""
    identity = pki.good_identity()
    captured = Captured(
        cluster_id=CLUSTER,
        **vars(identity),
        captured_hsm_id="hsm-abcdefghijk",
        captured_at=iso(pki.NOW),
        verification="full",
        off_reason=None,
        aws_roots=[pki.aws_root().pem],
        manufacturer_roots=[pki.manufacturer_root().pem],
        verdict="AWS and manufacturer chains verified",
    )
    initialized = Initialized(
        cluster_certificate=LEAF.pem,
        ca_certificate=CA.pem,
        initialized_at=iso(pki.NOW + timedelta(minutes=4)),
        adopted=False,
        certificate_confirmed=True,
    )
    return Ceremony(
        "cloudhsm",
        "dev",
        AwsAccess("eu-central-1"),
        captured,
        replace(initialized, **changes),
        {"pulumi": "v3.259.0"},
    )


def collected(ceremony: Ceremony | None = None) -> Files:
    return collect(ceremony or held(), ask_aws=False, kms_key=None, now=pki.NOW)


def anchors(**changes: Any) -> Anchors:
    return replace(Anchors([pki.aws_root().pinned], [pki.manufacturer_root().pinned]), **changes)


def results(files: Mapping[str, bytes], trusted: Anchors | None = None) -> dict[Result, list[str]]:
    """The checks by result, each as what it says."""
    found: dict[Result, list[str]] = {one: [] for one in Result}
    for check in checks.run(files, trusted or anchors()):
        found[check.result].append(f"{check.what}: {check.detail}")
    return found


def record_of(files: Mapping[str, bytes]) -> dict[str, Any]:
    return json.loads(files[checks.RECORD])


def sealed(files: Files, **changes: bytes) -> Files:
    """The files with some changed, under a manifest that fits them again."""
    changed = {**files, **changes}
    inside = {name: one for name, one in changed.items() if name != bundle.MANIFEST}
    return {**inside, bundle.MANIFEST: bundle.manifest(inside)}


def with_record(files: Files, change: Callable[[dict[str, Any]], None]) -> Files:
    record = record_of(files)
    change(record)
    return sealed(files, **{checks.RECORD: json.dumps(record).encode()})


def test_an_honest_bundle_passes_and_says_what_it_could_not_check() -> None:
    found = results(collected())

    assert found[Result.FAILED] == []
    assert [one.partition(":")[0] for one in found[Result.NOT_CHECKED]] == [
        "the manifest is signed",
        "CloudTrail shows this one InitializeCluster",
    ]
    assert any(CA.sha256 in one for one in found[Result.PASSED])


def test_the_same_state_makes_the_same_bundle(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        bundle.write(tmp_path / name, collected())

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def other_root() -> pki.Authority:
    return pki.issue("Tests' AWS root", pki.rsa_key("impostor"))


def of_a_forged_hsm() -> Files:
    """Everything fits together, under a root of the forger's own that the bundle brings along."""
    forged = pki.issue("HSM:hardware", pki.rsa_key("hardware"), other_root())
    good = held()
    identity = replace(
        good.identity,
        hsm_certificate=pki.issue("HSM:1", pki.rsa_key("HSM"), forged).pem,
        aws_hardware_certificate=forged.pem,
        aws_roots=[other_root().pem],
    )
    return collected(replace(good, identity=identity))


def of_another_csr() -> Files:
    forged = pki.request(pki.rsa_key("forger"))
    return sealed(collected(), **{checks.CSR: forged.encode()})


def under_another_ca() -> Files:
    """The forger's CA in the place of the one that the cluster trusts."""
    other = pki.issue("CA", pki.rsa_key("forger"))
    return sealed(collected(), **{checks.CA: other.pem.encode()})


def with_both_certificates_of_a_forger() -> Files:
    """A pair that fits together, for another key than that of the CSR."""
    other = pki.issue("CA", pki.rsa_key("forger"))
    leaf = pki.issue("HSM", pki.rsa_key("forger's HSM"), other, extensions=())
    return sealed(collected(), **{checks.CA: other.pem.encode(), checks.CLUSTER: leaf.pem.encode()})


def with_an_earlier_initialization() -> Files:
    def change(record: dict[str, Any]) -> None:
        record["initialization"]["initialized_at"] = "2020-06-01T00:00:00Z"

    return with_record(collected(), change)


def with_the_fingerprint_of_another_ca() -> Files:
    def change(record: dict[str, Any]) -> None:
        record["certificates_sha256"][checks.CA] = pki.aws_root().sha256

    return with_record(collected(), change)


def without_verification() -> Files:
    good = held()
    off = replace(good.identity, verification="off", off_reason="no time")
    return collected(replace(good, identity=off))


def with_the_event_of_another_cluster() -> Files:
    return with_event(clusterId="cluster-zyxwvutsrqp")


def with_the_event_of_another_certificate() -> Files:
    return with_event(trustAnchor=pki.aws_root().pem)


def with_a_refused_event() -> Files:
    return with_event(error="CloudHsmAccessDeniedException")


def with_a_late_event() -> Files:
    return with_event(time=iso(pki.NOW + timedelta(hours=2)))


def with_event(**changes: str) -> Files:
    error, at = changes.pop("error", ""), changes.pop("time", iso(pki.NOW + timedelta(minutes=2)))
    event = {
        "eventName": "InitializeCluster",
        "eventTime": at,
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/somebody"},
        "requestParameters": {"clusterId": CLUSTER, "trustAnchor": CA.pem, **changes},
        **({"errorCode": error} if error else {}),
    }
    return sealed(collected(), **{checks.EVENT: json.dumps(event).encode()})


FORGERIES: dict[str, tuple[Callable[[], Files], str]] = {
    "a changed certificate": (
        lambda: {**collected(), checks.CA: pki.aws_root().pem.encode()},
        "customerCA.crt was changed",
    ),
    "a changed page": (lambda: {**collected(), "index.html": b"<p>all is well"}, "was changed"),
    "a missing file": (
        lambda: {name: one for name, one in collected().items() if name != checks.CSR},
        "ClusterCsr.csr is missing",
    ),
    "a file too many": (lambda: {**collected(), "more.crt": b""}, "more.crt is not in the manif"),
    "no manifest": (
        lambda: {name: one for name, one in collected().items() if name != bundle.MANIFEST},
        "no readable manifest.json",
    ),
    "an HSM under a root of the forger's": (of_a_forged_hsm, "not issued by a pinned AWS root"),
    "another CSR": (of_another_csr, "different public keys"),
    "another CA certificate": (under_another_ca, "was not signed by the CA certificate"),
    "a pair for another key": (with_both_certificates_of_a_forger, "not hold the CSR's public key"),
    "an earlier initialization": (with_an_earlier_initialization, "earlier than the capture"),
    "another fingerprint": (with_the_fingerprint_of_another_ca, "differ in: customerCA.crt"),
    "no verification": (without_verification, "was not verified: no time"),
    "another cluster's event": (with_the_event_of_another_cluster, "about cluster-zyxwvutsrqp"),
    "an event with another anchor": (with_the_event_of_another_certificate, "trustAnchor is"),
    "a refused event": (with_a_refused_event, "not that of a successful InitializeCluster"),
    "an event of another day": (with_a_late_event, "outside of this run"),
    "a record that is none": (
        lambda: sealed(collected(), **{checks.RECORD: b"[]"}),
        "unreadable: TypeError",
    ),
    "a certificate that is none": (
        lambda: sealed(collected(), **{checks.HSM: b"\xff\x00"}),
        "unreadable: UnicodeDecodeError",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_or_changed_bundle_fails(forgery: str, tmp_path: Path) -> None:
    make, word = FORGERIES[forgery]
    bundle.write(tmp_path / "evidence.zip", make())

    failed = results(bundle.read(tmp_path / "evidence.zip"))[Result.FAILED]

    assert any(word in one for one in failed), failed


def test_the_event_of_the_initialization_names_its_caller() -> None:
    found = results(with_event())

    assert found[Result.FAILED] == []
    assert any("by arn:aws:iam::123456789012:user/somebody" in one for one in found[Result.PASSED])


def signed(by: str) -> Files:
    files = collected()
    key = pki.rsa_key(by)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signature = key.sign(files[bundle.MANIFEST], padding.PKCS1v15(), hashes.SHA256())
    return {**files, bundle.SIGNATURE: signature, bundle.PUBLIC_KEY: public}


def test_a_signature_counts_only_with_a_key_that_the_bundle_did_not_bring_along() -> None:
    good, forged = signed("auditor's KMS key"), signed("forger")
    trusted = anchors(signing_key=good[bundle.PUBLIC_KEY])

    assert "the manifest is signed: signed by the given key" in results(good, trusted)["passed"]
    assert any("not that of the key" in one for one in results(forged, trusted)[Result.FAILED])
    assert any("no signature" in one for one in results(collected(), trusted)[Result.FAILED])
    assert any("key inside the bundle" in one for one in results(forged)[Result.NOT_CHECKED])


def test_a_changed_manifest_breaks_the_signature() -> None:
    files = signed("auditor's KMS key")
    trusted = anchors(signing_key=files[bundle.PUBLIC_KEY])
    changed = {**files, bundle.MANIFEST: files[bundle.MANIFEST].replace(b"\n", b" \n", 1)}

    assert any("not that of the key" in one for one in results(changed, trusted)[Result.FAILED])


def test_a_certificate_that_aws_did_not_confirm_is_no_failure_and_says_what_to_do() -> None:
    unchecked = results(collected(held(certificate_confirmed=False)))[Result.NOT_CHECKED]

    assert any("activate it, run `pulumi refresh`" in one for one in unchecked)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    with zipfile.ZipFile(path, "w") as written:
        written.writestr("customerCA.crt", "one")
        with pytest.warns(UserWarning, match="Duplicate"):
            written.writestr("customerCA.crt", "two")

    with pytest.raises(EvidenceError, match="two files of one name"):
        bundle.read(path)


def test_the_command_ends_with_0_1_or_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, root = tmp_path / "evidence.zip", tmp_path / "root.crt"
    root.write_text(pki.aws_root().pem)
    bundle.write(path, collected())

    assert command.main(["verify", str(path), "--aws-root", str(root)]) == 0
    assert command.main(["verify", str(path)]) == 1
    assert "was not issued by a pinned AWS root" in capsys.readouterr().out
    assert command.main(["verify", str(tmp_path / "none.zip")]) == 2
    (tmp_path / "text.zip").write_text("no zip")
    assert command.main(["verify", str(tmp_path / "text.zip")]) == 2
    assert command.main(["collect", "--state", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("error: ") == 3


def secret(value: object) -> dict[str, str]:
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(value),
    }


def exported(**changes: Any) -> str:
    """A state as `pulumi stack export --show-secrets` prints it."""
    good = held()
    captured = {**good.identity.props(), "csr": secret(good.identity.csr)}
    access = {"region": "eu-central-1"}

    def resource(kind: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
        urn = f"urn:pulumi:dev::cloudhsm::{kind}::hsm"
        return {"urn": urn, "type": kind, "outputs": dict(outputs)}

    prefix = "pulumi-python:dynamic/cloudhsm:"
    initialized = {**good.initialization.props(), "cluster_id": CLUSTER, "access": access}
    resources = [
        resource(f"{prefix}ClusterIdentity", captured),
        resource(f"{prefix}ClusterInitialization", initialized),
        {
            "urn": "urn:pulumi:dev::cloudhsm::pulumi:providers:aws::default",
            "type": "pulumi:providers:aws",
            "inputs": {"version": "7.51.1"},
        },
    ]
    state = {"manifest": {"version": "v3.259.0"}, "resources": resources, **changes}
    return json.dumps({"version": 3, "deployment": state})


def test_the_ceremony_is_read_from_the_state_with_its_secrets_in_clear() -> None:
    found = ceremony(exported())

    assert (found.project, found.stack, found.access.region) == ("cloudhsm", "dev", "eu-central-1")
    assert found.identity == held().identity
    assert found.initialization == held().initialization
    assert found.versions == {"pulumi": "v3.259.0", "aws": "7.51.1"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no json", "no output of `pulumi stack export`"),
        (exported(resources=[]), "initialized no cluster: take the stack that did"),
        (exported().replace('"plaintext"', '"ciphertext"'), "--show-secrets"),
    ],
)
def test_a_state_without_a_ceremony_is_refused_in_one_line(text: str, word: str) -> None:
    with pytest.raises(EvidenceError, match=word) as refused:
        ceremony(text)

    assert "\n" not in str(refused.value)


def test_of_several_clusters_one_has_to_be_named() -> None:
    state = json.loads(exported())
    more = json.loads(exported().replace(CLUSTER, "cluster-other"))
    state["deployment"]["resources"] += more["deployment"]["resources"]

    with pytest.raises(EvidenceError, match=f"--cluster-id with one of {CLUSTER}, cluster-other"):
        ceremony(json.dumps(state))
    assert ceremony(json.dumps(state), "cluster-other").identity.cluster_id == "cluster-other"


@pytest.mark.parametrize(
    ("make", "agrees"),
    [(lambda: signed("auditor"), True), (of_another_csr, False), (under_another_ca, False)],
)
def test_openssl_alone_comes_to_the_same_verdict(
    make: Callable[[], Files], agrees: bool, tmp_path: Path
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH")
    for name, content in make().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "root.pem").write_text(pki.aws_root().pem)
    key = ["signing-key.pem"] if (tmp_path / "signing-key.pem").exists() else []

    done = subprocess.run(
        ["sh", "verify.sh", "root.pem", *key],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode == 0) is agrees, done.stdout + done.stderr
    assert (CA.sha256 in done.stdout) is agrees
