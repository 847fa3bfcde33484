"""The emulator as boto3 meets it: a process on loopback, HTTP, several clients at once."""

import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from rehearsal.emulator.process import EmulatorError


@pytest.fixture
def network(emulator):
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")
        for n, z in enumerate("ab")
    ]
    return vpc, [answer["Subnet"]["SubnetId"] for answer in made]


def wait(check, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{check} did not become true in {seconds} s")


class Cluster:
    """One cluster and the client that made it."""

    def __init__(self, hsm, subnets):
        self.hsm = hsm
        answer = hsm.create_cluster(HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=subnets)
        self.cluster_id = answer["Cluster"]["ClusterId"]

    def describe(self):
        found = self.hsm.describe_clusters(Filters={"clusterIds": [self.cluster_id]})["Clusters"]
        return found[0] if found else None

    def wait_for(self, state):
        return wait(lambda: self.describe()["State"] == state and self.describe())

    def create_hsm(self, zone="us-east-1a"):
        return self.hsm.create_hsm(ClusterId=self.cluster_id, AvailabilityZone=zone)["Hsm"]


@pytest.fixture
def cluster(emulator, network):
    made = Cluster(emulator.client("cloudhsmv2"), network[1])
    made.wait_for("UNINITIALIZED")
    return made


def test_the_whole_life_of_a_cluster_leaves_its_backups_and_its_log_group(
    emulator, network, cluster, authority
):
    vpc, subnets = network
    ec2 = emulator.client("ec2")
    hsm = cluster.create_hsm()
    csr = wait(lambda: cluster.describe()["Certificates"].get("ClusterCsr"))
    with pytest.raises(ClientError, match="already contains an HSM but has not yet been fully"):
        cluster.create_hsm("us-east-1b")
    cluster.hsm.initialize_cluster(
        ClusterId=cluster.cluster_id, SignedCert=authority.sign(csr), TrustAnchor=authority.pem
    )
    shown = cluster.wait_for("INITIALIZED")
    assert shown["Certificates"].keys() == {"ClusterCertificate"}
    emulator.activate(cluster.cluster_id)
    second = cluster.create_hsm("us-east-1b")
    wait(lambda: all(h["State"] == "ACTIVE" for h in cluster.describe()["Hsms"]))
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnets[0])
    for each in (hsm, second):
        cluster.hsm.delete_hsm(ClusterId=cluster.cluster_id, HsmId=each["HsmId"])
    wait(lambda: not cluster.describe()["Hsms"])
    cluster.hsm.delete_cluster(ClusterId=cluster.cluster_id)
    wait(lambda: cluster.describe() is None)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    left = {kind: ids for kind, ids in emulator.resources().items() if ids}
    assert left.pop("log_groups") == [f"/aws/cloudhsm/{cluster.cluster_id}"]
    # One at activation, and one with each HSM that came or went.
    assert len(left.pop("backups")) == 4
    assert left == {}


def test_resources_name_what_is_left_but_no_default_vpc(emulator, network, cluster):
    hsm = cluster.create_hsm()
    left = emulator.resources()
    assert left["clusters"] == [cluster.cluster_id]
    assert left["hsms"] == [hsm["HsmId"]]
    assert left["network_interfaces"] == [hsm["EniId"]]
    assert left["vpcs"] == [network[0]]
    assert sorted(left["subnets"]) == sorted(network[1])
    assert left["security_groups"] == [cluster.describe()["SecurityGroup"]]


def test_two_calls_at_once_are_both_accepted_and_end_without_a_csr(emulator, cluster):
    accepted, start = [], threading.Barrier(2)

    def create(zone):
        client = emulator.client("cloudhsmv2")
        start.wait()
        client.create_hsm(ClusterId=cluster.cluster_id, AvailabilityZone=zone)
        accepted.append(zone)

    threads = [threading.Thread(target=create, args=(f"us-east-1{z}",)) for z in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == ["us-east-1a", "us-east-1b"]
    wait(lambda: all(h["State"] == "ACTIVE" for h in cluster.describe()["Hsms"]))
    time.sleep(0.2)  # 120 s of AWS; the CSR would be there after 15
    assert cluster.describe()["Certificates"] == {}


def test_clusters_belong_to_their_region(emulator, cluster):
    elsewhere = emulator.client("cloudhsmv2", region="eu-west-1")
    assert elsewhere.describe_clusters()["Clusters"] == []
    with pytest.raises(ClientError, match="CloudHsmResourceNotFoundException"):
        elsewhere.delete_cluster(ClusterId=cluster.cluster_id)


def test_throttling_strikes_as_often_as_asked_and_a_retrying_client_survives(emulator):
    emulator.set_fault("throttle", operation="DescribeClusters", count=2)
    with pytest.raises(ClientError) as caught:
        emulator.client("cloudhsmv2").describe_clusters()
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    answer = emulator.client("cloudhsmv2", retries=3).describe_clusters()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    outcomes = [entry["outcome"] for entry in emulator.log("DescribeClusters")]
    assert outcomes == ["ThrottlingException", "ThrottlingException", "ok"]


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_comes_as_the_declared_fault(emulator, status):
    emulator.set_fault("server_error", operation="DescribeClusters", count=1, status=status)
    client = emulator.client("cloudhsmv2")
    with pytest.raises(client.exceptions.CloudHsmInternalFailureException) as caught:
        client.describe_clusters()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    client.describe_clusters()


def test_a_dropped_connection_leaves_the_write_done(emulator, network):
    emulator.set_fault("drop_after_write", operation="CreateCluster")
    client = emulator.client("cloudhsmv2")
    with pytest.raises(ConnectionClosedError):
        Cluster(client, network[1])
    assert len(client.describe_clusters()["Clusters"]) == 1
    (entry,) = emulator.log("CreateCluster")
    assert (entry["outcome"], entry["fault"]) == ("ok", "drop_after_write")


def test_access_is_denied_for_the_named_action_only(emulator):
    emulator.set_fault("access_denied", operation="DescribeClusters")
    emulator.set_fault("access_denied", service="ec2", operation="CreateVpc")
    client = emulator.client("cloudhsmv2")
    with pytest.raises(client.exceptions.CloudHsmAccessDeniedException) as caught:
        client.describe_clusters()
    assert "is not authorized to perform: cloudhsm:DescribeClusters" in str(caught.value)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        emulator.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    emulator.client("ec2").describe_vpcs()
    emulator.clear_faults()
    client.describe_clusters()


def test_only_the_named_actions_are_allowed(emulator):
    emulator.set_fault("only_allowed", actions=["cloudhsm:DescribeClusters"])
    emulator.client("cloudhsmv2").describe_clusters()
    emulator.client("sts").get_caller_identity()
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        emulator.client("ec2").describe_vpcs()
    with pytest.raises(ClientError, match="not authorized to perform: kms:ListKeys"):
        emulator.client("kms").list_keys()
    emulator.clear_faults()
    emulator.client("ec2").describe_vpcs()


def test_a_degraded_cluster_shows_it_at_once(emulator, cluster):
    emulator.set_fault("degraded", target="cluster", message="Rehearsed.")
    shown = cluster.describe()
    assert (shown["State"], shown["StateMessage"]) == ("DEGRADED", "Rehearsed.")


def test_a_first_hsm_can_be_replaced_now(emulator, cluster):
    first = cluster.create_hsm()
    with pytest.raises(EmulatorError, match="cluster-aaaaaaaaaaa"):
        emulator.set_fault("first_hsm_replaced", trigger="now", cluster_id="cluster-aaaaaaaaaaa")
    assert emulator.faults() == []
    wait(lambda: cluster.describe()["Certificates"])
    emulator.set_fault("first_hsm_replaced", trigger="now")
    (replaced,) = cluster.describe()["Hsms"]
    assert replaced["HsmId"] != first["HsmId"]
    assert replaced["EniId"] == first["EniId"]


def test_a_held_state_goes_on_when_its_fault_is_cleared(emulator, network):
    fault = emulator.set_fault("never_ends", target="cluster", state="CREATE_IN_PROGRESS")
    cluster = Cluster(emulator.client("cloudhsmv2"), network[1])

    def held() -> bool:
        assert cluster.describe()["State"] == "CREATE_IN_PROGRESS"
        return emulator.faults()[0]["struck"] == 1

    wait(held)
    emulator.clear_faults(fault)
    assert cluster.describe()["State"] == "UNINITIALIZED"


def test_the_log_has_every_call_of_every_service_with_parameters_and_outcome(emulator, network):
    emulator.client("sts").get_caller_identity()
    emulator.client("kms").create_key(Description="a key")
    with pytest.raises(ClientError):
        emulator.client("ec2").delete_vpc(VpcId="vpc-12345678")
    with pytest.raises(ClientError):
        emulator.client("cloudhsmv2").delete_cluster(ClusterId="cluster-aaaaaaaaaaa")
    found = [(e["service"], e["operation"], e["outcome"]) for e in emulator.log()]
    assert found == [
        ("ec2", "CreateVpc", "ok"),
        ("ec2", "CreateSubnet", "ok"),
        ("ec2", "CreateSubnet", "ok"),
        ("sts", "GetCallerIdentity", "ok"),
        ("kms", "CreateKey", "ok"),
        ("ec2", "DeleteVpc", "InvalidVpcID.NotFound"),
        ("cloudhsmv2", "DeleteCluster", "CloudHsmResourceNotFoundException"),
    ]
    entry = emulator.log("DeleteCluster")[0]
    assert entry["parameters"] == {"ClusterId": "cluster-aaaaaaaaaaa"}
    assert entry["region"] == "us-east-1"
    assert abs(entry["time"] - time.time()) < 60
    assert entry["request_id"]


def test_the_detection_lag_of_a_client_can_be_read_from_the_log(emulator, cluster):
    seen = time.time()
    became = [
        entry["time"]
        for entry in emulator.log("transition")
        if entry["parameters"]["To"] == "UNINITIALIZED"
    ]
    assert len(became) == 1
    assert 0 <= seen - became[0] < 5


def test_ec2_names_the_zones_that_cloudhsm_is_in(emulator):
    def zones(region="us-east-1"):
        name = f"com.amazonaws.{region}.cloudhsmv2"
        ec2 = emulator.client("ec2", region=region)
        answer = ec2.describe_vpc_endpoint_services(ServiceNames=[name])
        (service,) = answer["ServiceDetails"]
        assert service["ServiceName"] == name
        return service["AvailabilityZones"]

    offered = emulator.client("ec2").describe_availability_zones()["AvailabilityZones"]
    everywhere = [zone["ZoneName"] for zone in offered]
    assert zones() == everywhere
    emulator.set_fault("zone_without_cloudhsm", zone="us-east-1b", count=1)
    for _ in range(2):  # to look is not to strike
        assert zones() == [zone for zone in everywhere if zone != "us-east-1b"]
    assert len(zones("eu-central-1")) == 3
    emulator.clear_faults()
    assert zones() == everywhere


def test_reset_forgets_everything_but_the_roots(emulator, cluster):
    emulator.set_fault("throttle")
    emulator.reset()
    assert emulator.log() == []
    assert emulator.faults() == []
    assert not any(emulator.resources().values())
    assert emulator.client("cloudhsmv2").describe_clusters()["Clusters"] == []
