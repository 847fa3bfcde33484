"""Trust by a private CA: the same chain and outputs, a key that stays AWS's, a frozen CA."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from cryptography import x509
from pulumi.runtime import rpc
from pulumi_cloudhsm import (
    CloudHsmCluster,
    CloudHsmClusterArgs,
    NetworkArgs,
    PrivateCaIssuingCaArgs,
)
from pulumi_cloudhsm.errors import AwsError

from tests.unit.recording import OWNER, Run, bare, config, is_secret, run, strings_in_clear
from tests.unit.trust_world import PRIVATE_CA, private_ca
from tests.unit.world import World

DYNAMIC = "pulumi-python:dynamic/cloudhsm"
NO_SUBJECT = {"caCommonName": None, "caOrganization": None}


def settings(**changes: Any) -> dict[str, str]:
    return config(**{"trust": "acm-pca", **changes})


def of_ones_own(**changes: Any) -> dict[str, str]:
    return settings(**{"privateCaArn": PRIVATE_CA, **NO_SUBJECT, **changes})


@pytest.fixture(scope="module")
def issued() -> World:
    return World()


@pytest.fixture(scope="module")
def done(issued: World, _no_aws_in_the_shell: None) -> Run:
    return run(settings(), world=issued).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_the_ca_is_a_root_of_aws_and_nothing_of_the_tls_provider(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert done.of("tls") == []
    listed = {
        (one.type, one.name, one.request.parent.split("::")[-1])
        for one in done.resources
        if one.name.startswith("cloudhsm-ca") or one.name == "cloudhsm-certificate"
    }
    # Types and names are persisted: a change here needs an alias.
    assert listed == {
        ("cloudhsm:index:PrivateCaIssuingCa", "cloudhsm-ca", "cloudhsm"),
        (
            "aws:acmpca/certificateAuthority:CertificateAuthority",
            "cloudhsm-ca-authority",
            "cloudhsm-ca",
        ),
        (f"{DYNAMIC}:PrivateRootCa", "cloudhsm-ca-certificate", "cloudhsm-ca"),
        (f"{DYNAMIC}:PrivateCaCertificate", "cloudhsm-certificate", "cloudhsm-ca"),
    }


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_the_outputs_are_those_of_a_generated_ca(
    preview: bool, own: bool, deployed: Run, previewed: Run
) -> None:
    done = run(of_ones_own() if own else settings(), preview=preview).succeeded()
    other = previewed if preview else deployed
    assert set(done.exports) == set(other.exports)
    for name in done.exports:
        assert is_secret(done.exports[name]) == is_secret(other.exports[name]), name
    if not preview:
        exports = bare(done.exports)
        ca = x509.load_pem_x509_certificate(exports["caCertificate"].encode())
        leaf = x509.load_pem_x509_certificate(exports["clusterCertificate"].encode())
        leaf.verify_directly_issued_by(ca)
        assert exports["issuerArn"] == PRIVATE_CA


def test_the_ca_that_is_made_is_a_general_purpose_root(done: Run) -> None:
    ca = bare(done["cloudhsm-ca-authority"].inputs)
    assert (ca["type"], ca["usageMode"]) == ("ROOT", "GENERAL_PURPOSE")
    assert ca["permanentDeletionTimeInDays"] == 30
    assert ca["certificateAuthorityConfiguration"] == {
        "keyAlgorithm": "RSA_4096",
        "signingAlgorithm": "SHA256WITHRSA",
        "subject": {
            "commonName": "Development CloudHSM CA",
            "organization": "Example Organization",
        },
    }
    assert ca["tags"] == {
        "Name": "cloudhsm-ca",
        "environment": "dev",
        "pulumi-cloudhsm": f"{OWNER}-ca",
    }
    root = done["cloudhsm-ca-certificate"]
    assert (root["install"], root["validity_hours"]) == (True, 87_660)


def test_every_part_of_the_subject_goes_to_aws() -> None:
    done = run(
        settings(
            caOrganizationalUnit="Security", caCountry="DE", caProvince="Berlin", caLocality="Mitte"
        )
    ).succeeded()
    assert done["cloudhsm-ca-authority"]["certificateAuthorityConfiguration"]["subject"] == {
        "commonName": "Development CloudHSM CA",
        "organization": "Example Organization",
        "organizationalUnit": "Security",
        "country": "DE",
        "state": "Berlin",
        "locality": "Mitte",
    }


@pytest.mark.parametrize("preview", [True, False])
def test_the_ca_waits_for_nothing_that_costs_by_the_hour(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert done.ancestors("cloudhsm-ca-certificate") == {"cloudhsm-ca-authority"}
    assert "cloudhsm-certificate" in done.ancestors("cloudhsm-initialization")


@pytest.mark.parametrize("preview", [True, False])
def test_a_ca_of_ones_own_needs_no_subject_and_is_taken_as_it_is(preview: bool) -> None:
    done = run(of_ones_own(), preview=preview).succeeded()
    assert "cloudhsm-ca-authority" not in done
    root, leaf = done["cloudhsm-ca-certificate"], done["cloudhsm-certificate"]
    assert (root["ca_arn"], root["install"]) == (PRIVATE_CA, False)
    assert leaf["validity_hours"] == 0, "its end is known only once the CA was read"
    given = run(of_ones_own(clusterCertificateValidityHours=1000), preview=preview).succeeded()
    assert given["cloudhsm-certificate"]["validity_hours"] == 1000


def test_a_ca_of_ones_own_has_the_subject_that_it_has_and_no_drift() -> None:
    world = World()
    run(of_ones_own(), world=world).succeeded()
    again = run(of_ones_own(caCommonName="Something else", caKeyBits=2048), world=world)
    assert again.succeeded().said("warning") == []


def test_no_private_key_and_no_pem_is_in_clear(done: Run) -> None:
    for one in done.resources:
        assert "-----BEGIN" not in "\n".join(strings_in_clear(one.inputs)), one.name
        assert "PRIVATE KEY" not in "\n".join(strings_in_clear(bare(one.inputs))), one.name
    assert "PRIVATE KEY" not in "\n".join(strings_in_clear(bare(done.exports)))
    assert "BEGIN" not in str(done.logs)


def test_what_is_a_wall_of_pem_is_marked_secret(done: Run) -> None:
    marked = {one.name: set(one.request.additionalSecretOutputs) for one in done.resources}
    assert marked["cloudhsm-ca-authority"] == {"certificate", "certificateSigningRequest"}
    assert marked["cloudhsm-ca-certificate"] == {"certificate_pem"}
    assert marked["cloudhsm-certificate"] == {"certificate_pem"}
    assert done["cloudhsm-certificate"].has_secret("csr")
    assert done["cloudhsm-certificate"].has_secret("ca_certificate")


def test_a_protected_stack_keeps_ca_and_certificate_and_needs_no_warning() -> None:
    done = run(settings(disposable=False)).succeeded()
    assert done["cloudhsm-ca-authority"].request.protect
    assert done["cloudhsm-ca-certificate"].request.protect
    assert done.said("warning") == []


def test_a_second_update_changes_nothing(issued: World, done: Run) -> None:
    again = run(settings(), world=issued.as_left()).succeeded()
    for one in again.resources:
        assert bare(one.inputs) == bare(done[one.name].inputs), one.name
    assert again.exports == done.exports
    preview = run(settings(), world=issued.as_left(), preview=True).succeeded()
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
    issued: World, done: Run, key: str, wanted: Any, line: str
) -> None:
    changed = run(settings(**{key: wanted}), world=issued.as_left(), preview=True).succeeded()
    (warning,) = changed.said("warning")
    assert f"(cloudhsm:{key} is {line})" in warning
    assert changed.exports["caCertificate"] == done.exports["caCertificate"]


def test_what_would_replace_or_enable_the_ca_is_ignored(done: Run) -> None:
    assert set(done["cloudhsm-ca-authority"].request.ignoreChanges) == {
        "certificateAuthorityConfiguration",
        "enabled",
    }


def test_a_ca_that_was_made_here_is_let_go_by_naming_it(issued: World, done: Run) -> None:
    """The certificates keep their names and their CA, so only the CA itself leaves the program."""
    later = run(of_ones_own(), world=issued.as_left()).succeeded()
    gone = {one.name for one in done.resources} - {one.name for one in later.resources}
    assert gone == {"cloudhsm-ca-authority"}
    for name in ("cloudhsm-ca-certificate", "cloudhsm-certificate"):
        assert later[name]["ca_arn"] == done[name]["ca_arn"]
    assert later.exports["caCertificate"] == done.exports["caCertificate"]


def test_another_stack_imports_it() -> None:
    def program() -> None:
        ca = PrivateCaIssuingCaArgs("eu-central-1", private_ca=PRIVATE_CA)
        network = NetworkArgs(["eu-central-1a"])
        CloudHsmCluster("keys", CloudHsmClusterArgs("eu-central-1", ca, network=network))

    done = run(config(), program=program).succeeded()
    assert done["keys-ca-certificate"]["ca_arn"] == PRIVATE_CA
    assert done["keys-initialization"].has_secret("trust_anchor")


def left(world: World, *statuses: str, owner: str = f"{OWNER}-ca") -> World:
    """A world in which an interrupted run made a CA, which takes these states in turn."""
    world.private_cas.sights = [[private_ca(status)] for status in statuses]
    world.private_cas.tags[PRIVATE_CA] = {"pulumi-cloudhsm": owner}
    return world


@pytest.mark.parametrize("preview", [True, False])
def test_a_ca_that_an_interrupted_run_left_is_imported(preview: bool) -> None:
    world = left(World(), "PENDING_CERTIFICATE")
    done = run(settings(), world=world, preview=preview).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == PRIVATE_CA


def test_one_that_is_still_being_made_is_waited_for_in_an_update_only() -> None:
    states = ("CREATING", "CREATING", "CREATING", "PENDING_CERTIFICATE")
    quick = settings(signingUsualSeconds=1)
    done = run(quick, world=left(World(), *states)).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == PRIVATE_CA
    assert "CREATING, waiting for PENDING_CERTIFICATE" in "\n".join(done.said("info"))
    planned = run(quick, world=left(World(), "CREATING"), preview=True).succeeded()
    assert planned["cloudhsm-ca-authority"].request.importId == ""


@pytest.mark.parametrize(
    ("status", "owner"),
    [("PENDING_CERTIFICATE", "somebody/else"), ("DELETED", f"{OWNER}-ca"), ("FAILED", "")],
)
def test_what_is_not_ours_or_gone_is_left_alone(status: str, owner: str) -> None:
    done = run(settings(), world=left(World(), status, owner=owner)).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == ""


@pytest.mark.parametrize("status", ["ACTIVE", "DISABLED"])
def test_no_second_ca_is_made_where_the_state_was_lost(status: str) -> None:
    done = run(settings(), world=left(World(), status))
    assert done.error is not None
    told = str(done.error)
    for part in (PRIVATE_CA, status, "cloudhsm:privateCaArn", "untag-certificate-authority"):
        assert part in told


def test_a_refused_ca_comes_with_advice() -> None:
    refused = (
        "operation error ACM PCA: CreateCertificateAuthority, LimitExceededException: too many"
    )
    done = run(settings(), world=World(refusals={"cloudhsm-ca-authority": refused}))
    (line,) = done.said("error")
    assert "quota of private CAs" in line


@pytest.mark.parametrize("status", ["PENDING_CERTIFICATE", "ACTIVE", "DISABLED"])
def test_two_that_could_be_meant_are_both_named(status: str) -> None:
    """Importing one beside a finished one would make the engine delete the finished one."""
    world = left(World(), "PENDING_CERTIFICATE")
    other = PRIVATE_CA[:-1] + "9"
    world.private_cas.sights = [[private_ca("PENDING_CERTIFICATE"), private_ca(status, other)]]
    world.private_cas.tags[other] = world.private_cas.tags[PRIVATE_CA]
    done = run(settings(), world=world, preview=True)
    assert PRIVATE_CA in str(done.error)
    assert other in str(done.error)


def test_a_preview_without_credentials_says_so_and_goes_on() -> None:
    trouble = AwsError("listing private CAs: no valid AWS credentials")
    world = World()
    world.private_cas.trouble = trouble
    planned = run(settings(), world=world, preview=True).succeeded()
    (warning,) = planned.said("warning")
    assert "no valid AWS credentials" in warning
    done = run(settings(), world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert str(done.error) == str(trouble)


def test_nobody_is_asked_for_private_cas_in_another_mode() -> None:
    world = World()
    for given in (config(), config(trust="kms"), of_ones_own()):
        run(given, world=world, preview=True).succeeded()
    assert world.private_cas.asked == 0
