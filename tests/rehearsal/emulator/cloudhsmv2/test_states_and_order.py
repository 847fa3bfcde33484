"""The order AWS keeps: what is accepted when, and what is shown in which state."""

import pytest

from rehearsal.emulator.cloudhsmv2.first_answers import SETTLING_SECONDS
from rehearsal.emulator.core.errors import ServiceError

PKI = {
    "ClusterCsr",
    "HsmCertificate",
    "AwsHardwareCertificate",
    "ManufacturerHardwareCertificate",
}


def refused(account, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        account.call(operation, **parameters)
    return caught.value


def test_a_new_cluster_becomes_uninitialized_after_its_time_and_shows_no_certificates(account):
    cluster_id = account.create()
    account.pass_time(179)
    assert account.describe(cluster_id)["State"] == "CREATE_IN_PROGRESS"
    account.pass_time(1)
    shown = account.describe(cluster_id)
    assert (shown["State"], shown["Certificates"], shown["Hsms"]) == ("UNINITIALIZED", {}, [])


def test_the_first_hsm_is_active_before_the_csr_appears(account):
    cluster_id = account.uninitialized()
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.pass_time(599)
    assert account.describe(cluster_id)["Hsms"][0]["State"] == "CREATE_IN_PROGRESS"
    account.pass_time(1)
    shown = account.describe(cluster_id)
    assert (shown["Hsms"][0]["State"], shown["Certificates"]) == ("ACTIVE", {})
    account.pass_time(15)
    shown = account.describe(cluster_id)
    assert shown["State"] == "UNINITIALIZED"
    assert set(shown["Certificates"]) == PKI


def test_initialization_shows_its_message_takes_its_time_and_ends_the_csr(account, authority):
    cluster_id = account.initializing(authority)
    shown = account.describe(cluster_id)
    assert shown["State"] == "INITIALIZE_IN_PROGRESS"
    assert shown["StateMessage"] == (
        "Cluster is initializing. State will change to INITIALIZED upon completion."
    )
    assert not PKI & set(shown["Certificates"])
    account.pass_time(210)
    shown = account.describe(cluster_id)
    assert shown["State"] == "INITIALIZED"
    assert "StateMessage" not in shown
    assert set(shown["Certificates"]) == {"ClusterCertificate"}


def test_the_cluster_certificate_can_be_hidden_until_active(account, authority):
    account.service.certificate_from = "ACTIVE"
    cluster_id = account.initialized(authority)
    assert account.describe(cluster_id)["Certificates"] == {}
    account.service.lifecycle.activate(account.service.cluster(cluster_id), 80, account.clock.now())
    account.pass_time(79)
    assert account.describe(cluster_id)["State"] == "INITIALIZED"
    account.pass_time(1)
    shown = account.describe(cluster_id)
    assert shown["State"] == "ACTIVE"
    assert set(shown["Certificates"]) == {"ClusterCertificate"}


@pytest.mark.parametrize("state", ["creating", "with_csr", "initializing", "initialized"])
def test_a_second_hsm_before_activation_is_refused_verbatim(account, authority, state):
    if state == "creating":
        cluster_id = account.uninitialized()
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    elif state == "with_csr":
        cluster_id = account.with_csr()
    else:
        cluster_id = getattr(account, state)(authority)
    error = refused(account, "CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    assert error.code == "CloudHsmInvalidRequestException"
    assert error.message == (
        f"Cluster '{cluster_id}' already contains an HSM but has not yet been fully activated"
    )


def test_two_hsms_created_at_once_are_both_accepted_and_then_no_csr_ever_appears(account):
    cluster_id = account.uninitialized()
    answers = account.service._first_answers
    second = []

    def overlapping(seconds):
        # The first call is in its settling time: its caller has no answer yet.
        assert 0 <= seconds <= SETTLING_SECONDS
        answers._sleep = lambda _: None
        second.append(
            account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
        )

    answers._sleep = overlapping
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    assert second, "the second call must be accepted"
    account.pass_time(24 * 3600)
    shown = account.describe(cluster_id)
    assert [hsm["State"] for hsm in shown["Hsms"]] == ["ACTIVE", "ACTIVE"]
    assert (shown["State"], shown["Certificates"]) == ("UNINITIALIZED", {})


def test_an_hsm_needs_a_cluster_that_is_ready(account):
    cluster_id = account.create()
    error = refused(account, "CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    assert "CREATE_IN_PROGRESS" in error.message


def test_an_active_cluster_takes_more_hsms_at_once_in_their_shorter_time(account, authority):
    cluster_id = account.active(authority)
    before = len(account.slept)
    for zone in ("us-east-1b", "us-east-1b"):
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone=zone)
    assert len(account.slept) == before, "only the first HSM has a settling time"
    account.pass_time(312)
    assert {h["State"] for h in account.describe(cluster_id)["Hsms"][1:]} == {"CREATE_IN_PROGRESS"}
    account.pass_time(1)
    assert [h["State"] for h in account.describe(cluster_id)["Hsms"]] == ["ACTIVE"] * 3


def test_initialization_needs_the_csr(account, authority):
    anchor = authority.pem
    cluster_id = account.uninitialized()
    error = refused(
        account, "InitializeCluster", ClusterId=cluster_id, SignedCert=anchor, TrustAnchor=anchor
    )
    assert error.code == "CloudHsmInvalidRequestException"
    assert account.describe(cluster_id)["State"] == "UNINITIALIZED"


@pytest.mark.parametrize("state", ["initializing", "initialized", "active"])
def test_a_second_initialization_is_refused(account, authority, state):
    cluster_id = getattr(account, state)(authority)
    error = refused(
        account,
        "InitializeCluster",
        ClusterId=cluster_id,
        SignedCert=authority.pem,
        TrustAnchor=authority.pem,
    )
    assert error.code == "CloudHsmInvalidRequestException"
    assert account.describe(cluster_id)["State"] in error.message


def test_a_deleted_hsm_lingers_and_holds_its_cluster(account):
    cluster_id = account.with_csr()
    hsm = account.describe(cluster_id)["Hsms"][0]
    assert account.call("DeleteHsm", ClusterId=cluster_id, EniId=hsm["EniId"]) == {
        "HsmId": hsm["HsmId"]
    }
    account.pass_time(119)
    shown = account.describe(cluster_id)
    assert shown["Hsms"][0]["State"] == "DELETE_IN_PROGRESS"
    assert shown["Certificates"] == {}, "the key behind the CSR is gone"
    error = refused(account, "DeleteCluster", ClusterId=cluster_id)
    assert error.code == "CloudHsmInvalidRequestException"
    account.pass_time(1)
    assert account.describe(cluster_id)["Hsms"] == []
    assert account.call("DeleteCluster", ClusterId=cluster_id)["Cluster"]["State"] == (
        "DELETE_IN_PROGRESS"
    )
    account.pass_time(60)
    assert account.describe(cluster_id)["State"] == "DELETED"
    account.pass_time(120)
    assert account.describe(cluster_id) is None
    assert refused(account, "DeleteCluster", ClusterId=cluster_id).code == (
        "CloudHsmResourceNotFoundException"
    )


def test_an_hsm_is_deleted_by_exactly_one_of_its_names_and_only_when_it_is_there(account):
    cluster_id = account.uninitialized()
    hsm = account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")["Hsm"]
    error = refused(account, "DeleteHsm", ClusterId=cluster_id, HsmId=hsm["HsmId"])
    assert "CREATE_IN_PROGRESS" in error.message
    account.pass_time(600)
    assert refused(account, "DeleteHsm", ClusterId=cluster_id).code == (
        "CloudHsmInvalidRequestException"
    )
    both = {"HsmId": hsm["HsmId"], "EniIp": hsm["EniIp"]}
    assert refused(account, "DeleteHsm", ClusterId=cluster_id, **both)
    error = refused(account, "DeleteHsm", ClusterId=cluster_id, HsmId="hsm-aaaaaaaaaaa")
    assert error.code == "CloudHsmResourceNotFoundException"
    account.call("DeleteHsm", ClusterId=cluster_id, EniIp=hsm["EniIp"])


def test_transitions_carry_their_exact_time_however_late_somebody_looks(account):
    start = account.clock.time
    cluster_id = account.create()
    account.clock.time += 5000  # nobody looks meanwhile
    account.describe(cluster_id)
    assert account.transitions() == [
        (None, "CREATE_IN_PROGRESS", start),
        ("CREATE_IN_PROGRESS", "UNINITIALIZED", start + 180),
    ]


def test_an_unknown_id_is_an_empty_list_for_describe_and_not_found_elsewhere(account):
    assert account.describe("cluster-aaaaaaaaaaa") is None
    assert refused(account, "DeleteCluster", ClusterId="cluster-aaaaaaaaaaa").code == (
        "CloudHsmResourceNotFoundException"
    )
