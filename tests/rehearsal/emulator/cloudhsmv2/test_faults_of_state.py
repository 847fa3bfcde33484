"""Faults that change the course of clusters and HSMs."""

import pytest

from rehearsal.emulator.cloudhsmv2 import users
from rehearsal.emulator.core.errors import ControlError, ServiceError
from rehearsal.emulator.immediate_faults import strike_immediately


def set_fault(account, kind, **parameters):
    return account.service.faults.add({"kind": kind, **parameters})


def test_the_first_hsm_is_replaced_after_its_csr_was_read(account, authority):
    set_fault(account, "first_hsm_replaced")
    cluster_id = account.with_csr()
    before = account.describe(cluster_id)
    after = account.describe(cluster_id)
    assert before["Hsms"][0]["HsmId"] != after["Hsms"][0]["HsmId"]
    assert before["Hsms"][0]["EniId"] == after["Hsms"][0]["EniId"]
    assert before["Certificates"]["ClusterCsr"] != after["Certificates"]["ClusterCsr"]
    assert after == account.describe(cluster_id), "it is replaced once"
    with pytest.raises(ServiceError, match="public key"):
        account.call(
            "InitializeCluster",
            ClusterId=cluster_id,
            SignedCert=authority.sign(before["Certificates"]["ClusterCsr"]),
            TrustAnchor=authority.pem,
        )


def test_a_replacement_can_take_time_during_which_there_is_no_csr(account):
    set_fault(account, "first_hsm_replaced", seconds=300)
    cluster_id = account.with_csr()
    account.describe(cluster_id)
    shown = account.describe(cluster_id)
    assert (shown["Hsms"][0]["State"], shown["Certificates"]) == ("CREATE_IN_PROGRESS", {})
    account.pass_time(315)
    shown = account.describe(cluster_id)
    assert shown["Hsms"][0]["State"] == "ACTIVE"
    assert "ClusterCsr" in shown["Certificates"]


def test_a_cluster_degrades_instead_of_becoming_initialized(account, authority):
    set_fault(
        account,
        "degraded",
        target="cluster",
        state="INITIALIZE_IN_PROGRESS",
        message="No quorum.",
    )
    shown = account.describe(account.initialized(authority))
    assert (shown["State"], shown["StateMessage"]) == ("DEGRADED", "No quorum.")


def test_an_hsm_degrades_instead_of_becoming_active_and_yields_no_csr(account):
    set_fault(account, "degraded", target="hsm", state="CREATE_IN_PROGRESS", message="Broken.")
    shown = account.describe(account.with_csr())
    hsm = shown["Hsms"][0]
    assert (hsm["State"], hsm["StateMessage"]) == ("DEGRADED", "Broken.")
    assert shown["Certificates"] == {}


@pytest.mark.parametrize(
    ("target", "state"),
    [
        ("cluster", "CREATE_IN_PROGRESS"),
        ("hsm", "CREATE_IN_PROGRESS"),
        ("cluster", "CSR_PENDING"),
        ("cluster", "INITIALIZE_IN_PROGRESS"),
        ("hsm", "DELETE_IN_PROGRESS"),
        ("cluster", "DELETE_IN_PROGRESS"),
    ],
)
def test_a_state_never_ends_until_the_fault_is_cleared(account, authority, target, state):
    cluster_id = account.uninitialized()
    if (target, state) == ("cluster", "CREATE_IN_PROGRESS"):
        fault = set_fault(account, "never_ends", target=target, state=state)
        cluster_id = account.create()
    elif (target == "hsm" and state == "CREATE_IN_PROGRESS") or state == "CSR_PENDING":
        fault = set_fault(account, "never_ends", target=target, state=state)
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    elif state == "INITIALIZE_IN_PROGRESS":
        fault = set_fault(account, "never_ends", target=target, state=state)
        cluster_id = account.initializing(authority)
    elif target == "hsm":
        cluster_id = account.with_csr()
        fault = set_fault(account, "never_ends", target=target, state=state)
        hsm_id = account.describe(cluster_id)["Hsms"][0]["HsmId"]
        account.call("DeleteHsm", ClusterId=cluster_id, HsmId=hsm_id)
    else:
        fault = set_fault(account, "never_ends", target=target, state=state)
        account.call("DeleteCluster", ClusterId=cluster_id)

    def stuck():
        shown = account.describe(cluster_id)
        if state == "CSR_PENDING":
            return shown["Hsms"][0]["State"] == "ACTIVE" and not shown["Certificates"]
        entity = shown if target == "cluster" else next(iter(shown["Hsms"]), {})
        return entity.get("State") == state

    account.pass_time(100_000)
    assert stuck()
    cleared = account.service.faults.clear(fault.fault_id)
    account.service.lifecycle.release(cleared, account.clock.now())
    assert not stuck()


def test_a_reached_quota_is_refused_for_as_often_as_asked(account):
    set_fault(account, "quota_reached", resource="clusters", count=2)
    for _ in range(2):
        with pytest.raises(ServiceError, match="limit"):
            account.create()
    cluster_id = account.uninitialized()
    set_fault(account, "quota_reached", resource="hsms", count=1)
    with pytest.raises(ServiceError, match="limit"):
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")


def test_a_zone_without_cloudhsm_is_only_noticed_when_an_hsm_is_wanted_there(account):
    set_fault(account, "zone_without_cloudhsm", zone="us-east-1b")
    cluster_id = account.uninitialized()
    with pytest.raises(ServiceError, match="us-east-1b"):
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")


def test_a_zone_without_capacity_refuses_hsms_as_often_as_asked(account):
    cluster_id = account.uninitialized()
    set_fault(account, "no_capacity", zone="us-east-1b", count=1)
    with pytest.raises(ServiceError, match=r"insufficient capacity.*'us-east-1b'") as caught:
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    assert caught.value.code == "CloudHsmServiceException"
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")


def test_capacity_may_lack_in_every_zone(account):
    cluster_id = account.uninitialized()
    set_fault(account, "no_capacity")
    for zone in account.subnets:
        with pytest.raises(ServiceError, match=zone):
            account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone=zone)
    assert account.describe(cluster_id)["Hsms"] == []


def strike(account, kind, **parameters):
    strike_immediately(set_fault(account, kind, **parameters), account.service, None)


def two_hsms(account, authority):
    cluster_id = account.active(authority)
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.pass_time(313)
    return account.service.cluster(cluster_id)


def test_an_hsm_of_an_active_cluster_is_replaced_under_its_address_with_its_users(
    account, authority
):
    cluster = two_hsms(account, authority)
    cluster.users[users.KMSUSER] = users.User(users.CRYPTO_USER, "password2")
    before = account.describe(cluster.cluster_id)["Hsms"]
    strike(account, "hsm_replaced")
    after = account.describe(cluster.cluster_id)["Hsms"]
    assert before[0] == after[0], "without an address it is the last one"
    assert before[1] == after[1] | {"HsmId": before[1]["HsmId"]}
    assert before[1]["HsmId"] != after[1]["HsmId"]
    assert users.listed(cluster)["users"][-1]["cluster-coverage"] == "full"
    assert account.describe(cluster.cluster_id)["State"] == "ACTIVE"


def test_a_replacement_can_be_asked_for_by_address_and_take_its_time(account, authority):
    cluster = two_hsms(account, authority)
    address = cluster.hsms[0].eni_ip
    strike(account, "hsm_replaced", ip=address, seconds=300, cluster_id=cluster.cluster_id)
    account.pass_time(299)
    shown = account.describe(cluster.cluster_id)
    assert [hsm["State"] for hsm in shown["Hsms"]] == ["CREATE_IN_PROGRESS", "ACTIVE"]
    assert users.joining(cluster) == {shown["Hsms"][0]["HsmId"]}
    assert shown["State"] == "DEGRADED"
    account.pass_time(1)
    shown = account.describe(cluster.cluster_id)
    assert shown["State"] == "ACTIVE"
    assert [hsm["State"] for hsm in shown["Hsms"]] == ["ACTIVE", "ACTIVE"]
    assert shown["Hsms"][0]["EniIp"] == address


def test_kmsuser_gets_lost_on_the_last_hsm_until_it_is_made_again(account, authority):
    cluster = two_hsms(account, authority)
    cluster.users[users.ADMIN] = users.User(users.ADMIN, "password1")
    with pytest.raises(ControlError, match="kmsuser"):
        strike(account, "kmsuser_missing")
    cluster.users[users.KMSUSER] = users.User(users.CRYPTO_USER, "password2")
    strike(account, "kmsuser_missing")
    assert cluster.users[users.KMSUSER].missing_on == {cluster.hsms[1].hsm_id}
    assert users.listed(cluster)["users"][-1]["cluster-coverage"] == "inconsistent"
    login = users.Login(users.ADMIN, "password1")
    users.create(cluster, login, users.KMSUSER, users.CRYPTO_USER, "password2")
    assert users.listed(cluster)["users"][-1]["cluster-coverage"] == "full"


def test_what_there_is_nothing_to_strike_for_is_refused(account, authority):
    with pytest.raises(ControlError, match="0 clusters"):
        strike(account, "hsm_replaced")
    cluster_id = account.initialized(authority)
    with pytest.raises(ControlError, match="must be ACTIVE"):
        strike(account, "hsm_replaced")
    account.service.lifecycle.activate(account.service.cluster(cluster_id), 0, account.clock.now())
    with pytest.raises(ControlError, match=r"10\.9\.9\.9"):
        strike(account, "hsm_replaced", ip="10.9.9.9")


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"kind": "meteor"},
        {"kind": "throttle", "operation": "DescribeCluster"},
        {"kind": "throttle", "count": 0},
        {"kind": "throttle", "zone": "us-east-1a"},
        {"kind": "server_error", "status": 200},
        {"kind": "never_ends", "target": "cluster"},
        {"kind": "degraded", "target": "hsm", "state": "INITIALIZED"},
        {"kind": "forged_identity", "forgery": "crayon"},
        {"kind": "zone_without_cloudhsm"},
        {"kind": "first_hsm_replaced", "seconds": -1},
        {"kind": "quota_reached"},
        {"kind": "hsm_replaced", "seconds": "soon"},
        {"kind": "no_capacity", "ip": "10.0.0.1"},
    ],
)
def test_a_fault_that_could_never_strike_is_refused(account, request_):
    with pytest.raises(ControlError):
        account.service.faults.add(request_)
    assert account.service.faults.as_json() == []
