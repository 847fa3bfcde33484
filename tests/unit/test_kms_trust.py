"""Trust by KMS: the same chain and outputs, a key that never leaves KMS, a frozen CA."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pulumi.runtime import rpc
from pulumi_cloudhsm import CloudHsmCluster, CloudHsmClusterArgs, KmsIssuingCaArgs, NetworkArgs
from pulumi_cloudhsm.issuing import Subject

from tests.unit.recording import Run, bare, config, is_secret, run, strings_in_clear
from tests.unit.trust_world import kms_key_arn
from tests.unit.world import World

DYNAMIC = "pulumi-python:dynamic/cloudhsm"
OWN_KEY = kms_key_arn(2048)


def settings(**changes: Any) -> dict[str, str]:
    return config(**{"trust": "kms", **changes})


@pytest.fixture(scope="module")
def signed() -> World:
    return World()


@pytest.fixture(scope="module")
def done(signed: World, _no_aws_in_the_shell: None) -> Run:
    return run(settings(), world=signed).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_the_ca_is_a_kms_key_and_nothing_of_the_tls_provider(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert done.of("tls") == []
    listed = {
        (one.type, one.name, one.request.parent.split("::")[-1])
        for one in done.resources
        if one.name in {"cloudhsm-ca", "cloudhsm-ca-key", "cloudhsm-ca-certificate"}
        or one.name == "cloudhsm-certificate"
    }
    # Types and names are persisted: a change here needs an alias.
    assert listed == {
        ("cloudhsm:index:KmsIssuingCa", "cloudhsm-ca", "cloudhsm"),
        ("aws:kms/key:Key", "cloudhsm-ca-key", "cloudhsm-ca"),
        (f"{DYNAMIC}:KmsSignedCa", "cloudhsm-ca-certificate", "cloudhsm-ca"),
        (f"{DYNAMIC}:KmsSignedCertificate", "cloudhsm-certificate", "cloudhsm-ca"),
    }


@pytest.mark.parametrize("preview", [True, False])
def test_the_outputs_are_those_of_a_generated_ca(
    preview: bool, deployed: Run, previewed: Run
) -> None:
    done = run(settings(), preview=preview).succeeded()
    other = previewed if preview else deployed
    assert set(done.exports) == set(other.exports)
    for name in done.exports:
        assert is_secret(done.exports[name]) == is_secret(other.exports[name]), name


def test_the_certificates_are_of_the_kms_key(done: Run) -> None:
    exports = bare(done.exports)
    ca = x509.load_pem_x509_certificate(exports["caCertificate"].encode())
    leaf = x509.load_pem_x509_certificate(exports["clusterCertificate"].encode())
    leaf.verify_directly_issued_by(ca)
    key = ca.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 4096
    assert ca.subject.rfc4514_string() == "CN=Development CloudHSM CA,O=Example Organization"
    assert exports["issuerArn"] == kms_key_arn(4096)
    assert exports["caExpires"] > exports["clusterCertificateExpires"]


def test_the_key_signs_only_and_is_let_go_as_late_as_possible(done: Run) -> None:
    key = bare(done["cloudhsm-ca-key"].inputs)
    assert (key["customerMasterKeySpec"], key["keyUsage"]) == ("RSA_4096", "SIGN_VERIFY")
    assert key["deletionWindowInDays"] == 30
    assert key["tags"] == {
        "Name": "cloudhsm-ca",
        "environment": "dev",
        "pulumi-cloudhsm": "organization/cloudhsm/dev/cloudhsm-ca",
    }
    small = run(settings(caKeyBits=2048)).succeeded()
    assert small["cloudhsm-ca-key"]["customerMasterKeySpec"] == "RSA_2048"


@pytest.mark.parametrize("preview", [True, False])
def test_the_ca_waits_for_nothing_that_costs_by_the_hour(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert done.ancestors("cloudhsm-ca-certificate") == {"cloudhsm-ca-key"}
    assert {"cloudhsm-identity", "cloudhsm-ca-certificate"} <= done.ancestors(
        "cloudhsm-certificate"
    )
    assert "cloudhsm-certificate" in done.ancestors("cloudhsm-initialization")


def test_a_key_of_ones_own_is_taken_as_it_is() -> None:
    done = run(settings(caKmsKey=OWN_KEY)).succeeded()
    assert "cloudhsm-ca-key" not in done
    assert done["cloudhsm-ca-certificate"]["key_id"] == OWN_KEY
    assert done["cloudhsm-certificate"]["key_id"] == OWN_KEY
    assert bare(done.exports)["issuerArn"] == OWN_KEY


def test_a_key_of_ones_own_has_the_size_that_it_has_and_no_drift_by_it() -> None:
    world = World()
    given = settings(caKmsKey=OWN_KEY, caKeyBits=4096)
    run(given, world=world).succeeded()
    assert run(given, world=world).succeeded().said("warning") == []


def test_no_private_key_is_in_any_input_output_or_line(done: Run) -> None:
    texts = [text for one in done.resources for text in strings_in_clear(bare(one.inputs))]
    texts += list(strings_in_clear(bare(done.exports)))
    texts += [line for _, line in done.logs]
    assert not [text for text in texts if "PRIVATE KEY" in text]


def test_no_pem_is_in_clear_in_any_input(done: Run) -> None:
    for one in done.resources:
        assert "-----BEGIN" not in "\n".join(strings_in_clear(one.inputs)), one.name


def test_the_certificates_are_marked_secret_and_the_providers_are_references(done: Run) -> None:
    for name in ("cloudhsm-ca-certificate", "cloudhsm-certificate"):
        one = done[name]
        assert "certificate_pem" in one.request.additionalSecretOutputs
        assert isinstance(one.inputs["__provider"], str)
        assert len(one.inputs["__provider"]) < 200
    leaf = done["cloudhsm-certificate"]
    assert leaf.has_secret("csr")
    assert leaf.has_secret("ca_certificate")


def test_a_protected_stack_keeps_key_and_certificate_and_needs_no_warning() -> None:
    done = run(settings(disposable=False)).succeeded()
    assert done["cloudhsm-ca-key"].request.protect
    assert done["cloudhsm-ca-certificate"].request.protect
    assert done.said("warning") == [], "the key is in no state, so nobody has to be warned"


def test_a_second_update_changes_nothing(signed: World, done: Run) -> None:
    again = run(settings(), world=signed.as_left()).succeeded()
    for one in again.resources:
        assert bare(one.inputs) == bare(done[one.name].inputs), one.name
    assert again.exports == done.exports
    preview = run(settings(), world=signed.as_left(), preview=True).succeeded()
    assert rpc.UNKNOWN not in json.dumps(preview.exports)
    assert preview.logs == []


@pytest.mark.parametrize(
    ("key", "wanted", "line"),
    [
        ("caCommonName", "Other", "'Other', the certificate has 'Development CloudHSM CA'"),
        ("caKeyBits", 2048, "2048, the certificate has 4096"),
        ("caValidityHours", 5000, "5000, the certificate has 87660"),
    ],
)
def test_a_config_that_left_its_certificate_is_told_in_one_line(
    signed: World, done: Run, key: str, wanted: Any, line: str
) -> None:
    changed = run(settings(**{key: wanted}), world=signed.as_left(), preview=True).succeeded()
    (warning,) = changed.said("warning")
    assert f"(cloudhsm:{key} is {line})" in warning
    assert "\n" not in warning
    assert changed.exports["caCertificate"] == done.exports["caCertificate"]


def test_what_would_replace_the_key_is_ignored(done: Run) -> None:
    assert set(done["cloudhsm-ca-key"].request.ignoreChanges) == {
        "customerMasterKeySpec",
        "keyUsage",
        "description",
        "isEnabled",
    }


def test_another_mode_later_changes_neither_outputs_nor_files(world: World, deployed: Run) -> None:
    """The cluster keeps what it was initialized with, and so do the clients that are told of it."""
    later = world.as_left()
    for name in ("cloudhsm-ca-key", "cloudhsm-ca-certificate", "cloudhsm-certificate"):
        del later.state[name]  # made by the tls provider, so not what is asked for now
    done = run(settings(), world=later).succeeded()
    for name in ("caCertificate", "caCertificateSha256", "caExpires", "clusterCertificate"):
        assert done.exports[name] == deployed.exports[name], name
    assert bare(done["cloudhsm-files"].inputs) == bare(deployed["cloudhsm-files"].inputs)


def test_a_refused_key_comes_with_advice() -> None:
    refused = "operation error KMS: CreateKey, AccessDeniedException: User: arn:aws:iam::1:user/me"
    world = World(
        refusals={"cloudhsm-ca-key": f"{refused} is not authorized to perform: kms:CreateKey"}
    )
    done = run(settings(), world=world)
    (line,) = done.said("error")
    assert "these credentials lack the action kms:CreateKey" in line
    assert "cloudhsm-initialization" not in world.state


def test_another_stack_imports_it() -> None:
    def program() -> None:
        subject = Subject("Example CA", "Example Corp")
        ca = KmsIssuingCaArgs("eu-central-1", subject, key_policy="{}", key_bits=2048)
        network = NetworkArgs(["eu-central-1a"])
        cluster = CloudHsmCluster("keys", CloudHsmClusterArgs("eu-central-1", ca, network=network))
        assert isinstance(cluster.ca_certificate_sha256, object)

    done = run(config(), program=program).succeeded()
    assert done["keys-ca-key"]["customerMasterKeySpec"] == "RSA_2048"
    assert done["keys-ca-key"]["policy"] == "{}"
    assert done["keys-initialization"].has_secret("trust_anchor")
