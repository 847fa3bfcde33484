"""What is AWS Private CA's own about a CA: one that is made, exists, or was left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.common import WaitsArgs
from pulumi_cloudhsm.errors import AwsError
from pulumi_cloudhsm.trust.args import Subject, TrustArgs
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_authorities import PRIVATE_CA, private_ca
from tests.support.fake_cloud import World
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.issuing import DISPOSABLE, SUBJECT, issue, trust
from tests.support.recording import OWNER, Run, bare

MADE = trust("acm-pca")


def existing(**changes: Any) -> TrustArgs:
    return trust("acm-pca", **{"private_ca_arn": PRIVATE_CA, "subject": None, **changes})


@pytest.fixture(scope="module")
def issued() -> World:
    return World()


@pytest.fixture(scope="module")
def done(issued: World, _no_aws_in_the_shell: None) -> Run:
    return issue(MADE, world=issued).succeeded()


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
        "pulumi-cloudhsm": f"{OWNER}-ca-authority",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
    }
    root = done["cloudhsm-ca-certificate"]
    assert (root["install"], root["validity_hours"]) == (True, 87_660)


def test_every_part_of_the_subject_goes_to_aws() -> None:
    whole = replace(
        SUBJECT, organizational_unit="Security", country="DE", province="Berlin", locality="Mitte"
    )
    done = issue(MADE, subject=whole).succeeded()
    assert done["cloudhsm-ca-authority"]["certificateAuthorityConfiguration"]["subject"] == {
        "commonName": "Development CloudHSM CA",
        "organization": "Example Organization",
        "organizationalUnit": "Security",
        "country": "DE",
        "state": "Berlin",
        "locality": "Mitte",
    }


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("as_output", [True, False])
def test_a_ca_that_exists_needs_no_subject_and_is_taken_as_it_is(
    preview: bool, as_output: bool
) -> None:
    outputs = ["private_ca_arn"] if as_output else []
    done = issue(existing(), as_outputs=outputs, preview=preview).succeeded()
    assert "cloudhsm-ca-authority" not in done
    root, leaf = done["cloudhsm-ca-certificate"], done["cloudhsm-certificate"]
    assert (root["ca_arn"], root["install"]) == (PRIVATE_CA, False)
    assert leaf["validity_hours"] == 0, "its end is known only once the CA was read"
    given = existing(cluster_certificate_validity_hours=1000)
    later = issue(given, as_outputs=outputs, preview=preview).succeeded()
    assert later["cloudhsm-certificate"]["validity_hours"] == 1000


def test_a_ca_that_exists_has_the_subject_that_it_has_and_no_drift() -> None:
    world = World()
    issue(existing(), world=world).succeeded()
    other = existing(subject=Subject("Something else", "Example Corp"), key_bits=2048)
    assert issue(other, world=world).succeeded().said("warning") == []


def test_pem_outputs_of_the_ca_are_marked_secret(done: Run) -> None:
    marked = set(done["cloudhsm-ca-authority"].request.additionalSecretOutputs)
    assert marked == {"certificate", "certificateSigningRequest"}


def test_what_would_replace_or_enable_the_ca_is_ignored(done: Run) -> None:
    assert set(done["cloudhsm-ca-authority"].request.ignoreChanges) == {
        "certificateAuthorityConfiguration",
        "enabled",
    }


def test_a_ca_that_was_made_here_is_let_go_by_naming_it(issued: World, done: Run) -> None:
    """The certificates keep their names and their CA, so only the CA itself leaves the program."""
    later = issue(existing(), world=issued.as_left()).succeeded()
    gone = {one.name for one in done.resources} - {one.name for one in later.resources}
    assert gone == {"cloudhsm-ca-authority", "cloudhsm-ca-id"}
    for name in ("cloudhsm-ca-certificate", "cloudhsm-certificate"):
        assert later[name]["ca_arn"] == done[name]["ca_arn"]
    assert later.exports["caCertificate"] == done.exports["caCertificate"]


def left(*statuses: str, deployment_id: str = DEPLOYMENT_ID) -> World:
    """A world in which an interrupted run made a CA, which takes these states in turn."""
    world = World()
    issue(MADE, world=world).succeeded()
    later = world.as_left()
    del later.state["cloudhsm-ca-authority"], later.urns["cloudhsm-ca-authority"]
    later.private_cas.sights = [[private_ca(status)] for status in statuses]
    names = f"{OWNER}-ca-authority"
    later.private_cas.tags[PRIVATE_CA] = {
        "pulumi-cloudhsm": names,
        "pulumi-cloudhsm-id": deployment_id,
    }
    return later


@pytest.mark.parametrize("preview", [True, False])
def test_a_ca_that_an_interrupted_run_left_is_imported(preview: bool) -> None:
    done = issue(MADE, world=left("PENDING_CERTIFICATE"), preview=preview).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == PRIVATE_CA


def test_one_that_is_still_being_made_is_waited_for_in_an_update_only() -> None:
    states = ("CREATING", "CREATING", "CREATING", "PENDING_CERTIFICATE")
    quick = replace(DISPOSABLE, waits=WaitsArgs(signing=Timing(1, 600)))
    done = issue(MADE, common=quick, world=left(*states)).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == PRIVATE_CA
    assert "CREATING, waiting for PENDING_CERTIFICATE" in "\n".join(done.said("info"))
    planned = issue(MADE, common=quick, world=left("CREATING"), preview=True).succeeded()
    assert planned["cloudhsm-ca-authority"].request.importId == ""


@pytest.mark.parametrize(
    ("status", "deployment_id"),
    [("PENDING_CERTIFICATE", "somebody's"), ("DELETED", DEPLOYMENT_ID), ("FAILED", DEPLOYMENT_ID)],
)
def test_what_is_not_ours_or_gone_is_left_alone(status: str, deployment_id: str) -> None:
    done = issue(MADE, world=left(status, deployment_id=deployment_id)).succeeded()
    assert done["cloudhsm-ca-authority"].request.importId == ""


@pytest.mark.parametrize("status", ["ACTIVE", "DISABLED"])
def test_no_second_ca_is_made_where_the_state_lost_it(status: str) -> None:
    done = issue(MADE, world=left(status))
    assert done.error is not None
    told = str(done.error)
    for part in (PRIVATE_CA, status, "trust.private_ca_arn", "untag-certificate-authority"):
        assert part in told


def test_a_refused_ca_comes_with_advice() -> None:
    refused = (
        "operation error ACM PCA: CreateCertificateAuthority, LimitExceededException: too many"
    )
    done = issue(MADE, world=World(refusals={"cloudhsm-ca-authority": refused}))
    (line,) = done.said("error")
    assert "quota of private CAs" in line


@pytest.mark.parametrize("status", ["PENDING_CERTIFICATE", "ACTIVE", "DISABLED"])
def test_two_that_could_be_meant_are_both_named(status: str) -> None:
    """Importing one beside a finished one would make the engine delete the finished one."""
    world = left("PENDING_CERTIFICATE")
    other = PRIVATE_CA[:-1] + "9"
    world.private_cas.sights = [[private_ca("PENDING_CERTIFICATE"), private_ca(status, other)]]
    world.private_cas.tags[other] = world.private_cas.tags[PRIVATE_CA]
    done = issue(MADE, world=world, preview=True)
    assert PRIVATE_CA in str(done.error)
    assert other in str(done.error)


def test_a_preview_without_credentials_says_so_and_goes_on() -> None:
    world = left()
    world.private_cas.trouble = AwsError("listing private CAs: no valid AWS credentials")
    planned = issue(MADE, world=world, preview=True).succeeded()
    (warning,) = planned.said("warning")
    assert "no valid AWS credentials" in warning
    done = issue(MADE, world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "no valid AWS credentials" in str(done.error)


def test_private_cas_are_not_looked_for_where_none_is_made() -> None:
    world = World()
    for given in (trust("generated"), trust("kms"), existing()):
        issue(given, world=world, preview=True).succeeded()
    assert world.private_cas.asked == 0
