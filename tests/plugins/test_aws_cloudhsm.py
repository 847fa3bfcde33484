import re
import time

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.aws.cluster import shown_certificates
from rehearsal.plugins.aws.waiting import go_duration
from rehearsal.plugins.packages import InstalledPackage
from rehearsal.plugins.values import UNKNOWN, Secret
from tests.emulator.conftest import CertificateAuthority
from tests.plugins.driver import Plugin, RefusedError, running_plugin

CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
HSM = "aws:cloudhsmv2/hsm:Hsm"
ZONE = "us-east-1a"


@pytest.fixture
def cluster_inputs(subnets: list[str]) -> dict:
    return {
        "hsmType": "hsm2m.medium",
        "mode": "FIPS",
        "subnetIds": subnets,
        "tags": {"stack": "test", "a b": "c"},
    }


@pytest.fixture
def cluster(aws: Plugin, cluster_inputs: dict) -> tuple[str, dict]:
    return aws.create(CLUSTER, cluster_inputs)


def outputs_fit_the_package(token: str, outputs: dict) -> bool:
    described = InstalledPackage("aws").resource(token).outputs
    always = {name for name, given in described.items() if given}
    return always <= outputs.keys() <= described.keys()


def test_a_cluster_is_there_when_it_is_uninitialized(cluster, cluster_inputs: dict):
    identifier, outputs = cluster
    assert re.fullmatch(r"cluster-[2-7a-z]{11}", identifier)
    assert outputs["clusterId"] == identifier
    assert outputs["clusterState"] == "UNINITIALIZED"
    assert outputs["tags"] == outputs["tagsAll"] == cluster_inputs["tags"]
    assert outputs["subnetIds"] == cluster_inputs["subnetIds"]
    assert outputs_fit_the_package(CLUSTER, outputs)


def test_a_preview_of_a_cluster_calls_nothing(aws: Plugin, emulator: RunningEmulator, subnets):
    emulator.reset()
    planned = aws.preview(CLUSTER, {"hsmType": "hsm2m.medium", "subnetIds": [UNKNOWN]})
    assert emulator.log() == []
    assert planned["clusterId"] is UNKNOWN
    assert planned["clusterCertificates"] is UNKNOWN
    assert planned["region"] == "us-east-1"


def test_an_import_gives_the_inputs_the_program_would_give(aws: Plugin, cluster, cluster_inputs):
    identifier, state, inputs = aws.read(CLUSTER, cluster[0])
    assert identifier == cluster[0]
    assert {**inputs, "subnetIds": set(inputs["subnetIds"])} == {
        **cluster_inputs,
        "subnetIds": set(cluster_inputs["subnetIds"]),
    }
    assert not aws.diff(CLUSTER, state, cluster_inputs).diffs


def test_subnets_in_another_order_are_the_same_subnets(aws: Plugin, cluster, cluster_inputs: dict):
    turned = cluster_inputs | {"subnetIds": cluster_inputs["subnetIds"][::-1]}
    assert not aws.diff(CLUSTER, cluster[1], turned).diffs


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"hsmType": "hsm1.medium"}, ["hsmType"]),
        ({"mode": "NON_FIPS"}, ["mode"]),
        ({"subnetIds": ["subnet-other"]}, ["subnetIds"]),
        ({"subnetIds": UNKNOWN}, ["subnetIds"]),
        ({"region": "eu-west-1"}, ["region"]),
        ({"sourceBackupIdentifier": "backup-1"}, ["sourceBackupIdentifier"]),
        ({"tags": {"other": "tag"}}, []),
    ],
)
def test_all_but_tags_replaces_a_cluster(aws, cluster, cluster_inputs, change, replaced):
    answer = aws.diff(CLUSTER, cluster[1], cluster_inputs | change)
    assert answer.changes == answer.DIFF_SOME
    assert list(answer.replaces) == replaced


def test_tags_are_changed_in_place(aws: Plugin, emulator, cluster, cluster_inputs: dict):
    new = cluster_inputs | {"tags": {"stack": "other", "new": "tag"}}
    outputs = aws.update(CLUSTER, cluster[0], cluster[1], new)
    assert outputs["tags"] == new["tags"]
    listed = emulator.client("cloudhsmv2").list_tags(ResourceId=cluster[0])["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in listed} == new["tags"]


def test_a_tag_from_elsewhere_is_drift_that_a_refresh_finds(
    aws: Plugin, emulator, cluster, cluster_inputs: dict
):
    client = emulator.client("cloudhsmv2")
    client.tag_resource(ResourceId=cluster[0], TagList=[{"Key": "by", "Value": "hand"}])
    _, state, inputs = aws.read(CLUSTER, cluster[0], cluster[1], cluster_inputs)
    assert inputs["tags"] == cluster_inputs["tags"] | {"by": "hand"}
    answer = aws.diff(CLUSTER, state, cluster_inputs)
    assert list(answer.detailedDiff) == ["tags.by"]


def test_a_cluster_that_is_gone_is_gone_to_a_refresh_and_to_a_delete(
    aws: Plugin, cluster, cluster_inputs: dict
):
    aws.delete(CLUSTER, *cluster)
    assert aws.read(CLUSTER, cluster[0], cluster[1], cluster_inputs)[0] == ""
    aws.delete(CLUSTER, "cluster-aaaaaaaaaaa", cluster[1])


def test_types_and_modes_there_are_not_are_refused_in_the_published_words(
    aws: Plugin, cluster_inputs: dict
):
    reasons = aws.check(CLUSTER, cluster_inputs | {"hsmType": "hsm3", "mode": "fips"}, name="main")
    assert reasons == [
        'expected hsm_type to be one of ["hsm1.medium" "hsm2m.medium"], got hsm3. '
        "Examine values at 'main.hsmType'.",
        'expected mode to be one of ["FIPS" "NON_FIPS"], got fips. '
        "Examine values at 'main.mode'.",
    ]


@pytest.fixture
def backup(aws: Plugin, emulator: RunningEmulator, cluster) -> str:
    """The backup of a cluster that became ACTIVE."""
    authority, client = CertificateAuthority(), emulator.client("cloudhsmv2")
    aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})

    def until(reached):
        deadline = time.monotonic() + 20
        while not (found := reached()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found

    def described():
        return client.describe_clusters(Filters={"clusterIds": [cluster[0]]})["Clusters"][0]

    csr = until(lambda: described()["Certificates"].get("ClusterCsr"))
    client.initialize_cluster(
        ClusterId=cluster[0], SignedCert=authority.sign(csr), TrustAnchor=authority.pem
    )
    until(lambda: described()["State"] == "INITIALIZED")
    emulator.activate(cluster[0])
    ready = {"states": ["READY"]}
    return until(lambda: client.describe_backups(Filters=ready)["Backups"])[0]["BackupId"]


def test_a_cluster_of_a_backup_is_there_when_it_is_active(
    aws: Plugin, backup: str, cluster_inputs: dict
):
    inputs = cluster_inputs | {"sourceBackupIdentifier": backup}
    identifier, outputs = aws.create(CLUSTER, inputs)
    assert outputs["clusterState"] == "ACTIVE"
    assert outputs["sourceBackupIdentifier"] == backup
    assert outputs["clusterCertificates"][0]["clusterCertificate"].startswith("-----BEGIN")
    assert outputs["clusterCertificates"][0]["clusterCsr"] == ""
    assert outputs_fit_the_package(CLUSTER, outputs)
    assert not aws.diff(CLUSTER, outputs, inputs).diffs
    for other in (cluster_inputs, inputs | {"sourceBackupIdentifier": "backup-aaaaaaaaaaa"}):
        assert list(aws.diff(CLUSTER, outputs, other).replaces) == ["sourceBackupIdentifier"]
    _, state, imported = aws.read(CLUSTER, identifier)
    assert imported["sourceBackupIdentifier"] == backup
    assert not aws.diff(CLUSTER, state, inputs).diffs


def test_a_new_cluster_has_no_source(aws: Plugin, cluster):
    assert not cluster[1].get("sourceBackupIdentifier")
    assert "sourceBackupIdentifier" not in aws.read(CLUSTER, cluster[0])[2]


def test_a_backup_that_is_not_there_is_told_in_one_line(aws: Plugin, cluster_inputs: dict):
    with pytest.raises(RefusedError, match="CloudHsmResourceNotFoundException") as refused:
        aws.create(CLUSTER, cluster_inputs | {"sourceBackupIdentifier": "backup-aaaaaaaaaaa"})
    assert "\n" not in str(refused.value)
    assert refused.value.partial is None


def test_an_hsm_of_an_active_cluster_that_aws_replaced_is_found_under_its_new_id(
    aws: Plugin, emulator: RunningEmulator, cluster, backup: str
):
    inputs = {"clusterId": cluster[0], "availabilityZone": "us-east-1b"}
    identifier, outputs = aws.create(HSM, inputs)
    emulator.set_fault("hsm_replaced", ip=outputs["ipAddress"])
    found, state, kept = aws.read(HSM, identifier, outputs, inputs)
    assert found == state["hsmId"] != identifier
    assert state["ipAddress"] == outputs["ipAddress"]
    assert kept == inputs


def test_an_hsm_is_there_when_it_is_active(aws: Plugin, cluster):
    identifier, outputs = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    assert outputs["hsmId"] == identifier
    assert outputs["hsmState"] == "ACTIVE"
    assert outputs["hsmEniId"].startswith("eni-")
    assert outputs_fit_the_package(HSM, outputs)


def test_an_hsm_may_be_placed_by_its_subnet(aws: Plugin, cluster, subnets: list[str]):
    inputs = {"clusterId": cluster[0], "subnetId": subnets[1]}
    identifier, outputs = aws.create(HSM, inputs)
    assert outputs["availabilityZone"] == "us-east-1b"
    assert not aws.diff(HSM, outputs, inputs).diffs
    aws.delete(HSM, identifier, outputs)


def test_a_subnet_the_cluster_does_not_have_fails_late_and_in_one_line(aws: Plugin, cluster):
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, {"clusterId": cluster[0], "subnetId": "subnet-other"})
    assert "AvailabilityZone" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_hsm_takes_a_zone_or_a_subnet_and_not_both(aws: Plugin):
    [neither] = aws.check(HSM, {"clusterId": "c"}, name="first")
    assert "one of `availability_zone,subnet_id` must be specified" in neither
    [both] = aws.check(HSM, {"clusterId": "c", "availabilityZone": ZONE, "subnetId": "s"})
    assert "only one of" in both


def test_the_import_of_an_hsm_gives_its_cluster_and_zone(aws: Plugin, cluster):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    identifier, _ = aws.create(HSM, inputs)
    _, state, imported = aws.read(HSM, identifier)
    assert imported == inputs
    assert not aws.diff(HSM, state, inputs).diffs
    # The address is AWS's choice, but a program may name it.
    assert not aws.diff(HSM, state, inputs | {"ipAddress": state["ipAddress"]}).diffs
    assert list(aws.diff(HSM, state, inputs | {"ipAddress": "10.0.0.99"}).replaces) == ["ipAddress"]


def test_an_hsm_that_aws_replaced_is_found_by_its_interface_under_its_new_id(
    aws: Plugin, emulator: RunningEmulator, cluster
):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    identifier, outputs = aws.create(HSM, inputs)
    emulator.set_fault("first_hsm_replaced", trigger="now")
    deadline = time.monotonic() + 20
    while identifier in emulator.resources()["hsms"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [replacement] = emulator.resources()["hsms"]
    found, state, kept = aws.read(HSM, identifier, outputs, inputs)
    assert found == state["hsmId"] == replacement
    assert state["hsmEniId"] == outputs["hsmEniId"]
    assert kept == inputs
    assert aws.read(HSM, identifier)[0] == ""  # by its old id alone it is not found


def test_a_second_hsm_before_activation_is_refused_in_one_published_line(aws: Plugin, cluster):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    aws.create(HSM, inputs)
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs | {"availabilityZone": "us-east-1b"})
    assert re.fullmatch(
        r"creating CloudHSMv2 HSM: operation error CloudHSM V2: CreateHsm, https response error "
        r"StatusCode: 400, RequestID: [-0-9a-f]+, CloudHsmInvalidRequestException: "
        rf"Cluster '{cluster[0]}' already contains an HSM but has not yet been fully activated",
        str(refused.value),
    )
    assert refused.value.partial is None


def test_a_degraded_hsm_is_an_error_with_awss_words_and_stays_in_the_state(
    aws: Plugin, emulator: RunningEmulator, cluster
):
    message = "The HSM failed its self-test."
    emulator.set_fault("degraded", target="hsm", state="CREATE_IN_PROGRESS", message=message)
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs)
    partial = refused.value.partial
    assert partial is not None
    assert str(refused.value) == (
        f"waiting for CloudHSMv2 HSM ({partial.id}) create: unexpected state 'DEGRADED', wanted "
        "target 'ACTIVE'. last error: The HSM failed its self-test."
    )
    assert emulator.resources()["hsms"] == [partial.id]
    assert list(partial.reasons) == [str(refused.value)]


def test_a_custom_timeout_is_kept_and_told(aws: Plugin, emulator: RunningEmulator, cluster):
    emulator.set_fault("never_ends", target="hsm", state="CREATE_IN_PROGRESS")
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs, timeout=1)
    assert str(refused.value).endswith(
        "timeout while waiting for state to become 'ACTIVE' "
        "(last state: 'CREATE_IN_PROGRESS', timeout: 1s)"
    )


def test_a_lost_answer_and_throttling_are_tried_again(
    aws: Plugin, emulator: RunningEmulator, cluster, cluster_inputs: dict
):
    emulator.set_fault("throttle", operation="DescribeClusters", count=2)
    emulator.set_fault("server_error", operation="DescribeClusters", count=1)
    identifier, *_ = aws.read(CLUSTER, cluster[0], cluster[1], cluster_inputs)
    assert identifier == cluster[0]


def test_access_denied_is_told_as_aws_tells_it(aws: Plugin, emulator, cluster_inputs: dict):
    emulator.set_fault("access_denied", operation="CreateCluster")
    with pytest.raises(RefusedError, match="CreateCluster, https response error StatusCode: 400"):
        aws.create(CLUSTER, cluster_inputs)


def test_a_delete_waits_until_aws_lists_the_hsm_no_more(aws: Plugin, emulator, cluster):
    made = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    aws.delete(HSM, *made)
    listed = emulator.client("cloudhsmv2").describe_clusters()["Clusters"]
    assert [hsm for each in listed for hsm in each.get("Hsms", [])] == []
    aws.delete(HSM, *made)
    aws.delete(CLUSTER, *cluster)  # which AWS refuses while an HSM is there


def test_a_delete_that_never_ends_runs_into_its_timeout(aws: Plugin, emulator, cluster):
    made = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    emulator.set_fault("never_ends", target="hsm", state="DELETE_IN_PROGRESS")
    with pytest.raises(RefusedError, match="timeout while waiting for state to become ''"):
        aws.delete(HSM, *made, timeout=1)


def test_the_function_shows_the_csr_only_while_the_cluster_is_uninitialized(aws: Plugin, cluster):
    token = "aws:cloudhsmv2/getCluster:getCluster"
    assert aws.invoke(token, clusterId=cluster[0])["clusterCertificates"][0]["clusterCsr"] == ""
    aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    shown = aws.invoke(token, clusterId=cluster[0])
    assert shown.keys() == InstalledPackage("aws").function(token).results
    with pytest.raises(RefusedError, match="empty result"):
        aws.invoke(token, clusterId="cluster-aaaaaaaaaaa")


CERTIFICATES = {"ClusterCsr": "csr", "HsmCertificate": "hsm", "ClusterCertificate": "cluster"}


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("CREATE_IN_PROGRESS", None),
        ("UNINITIALIZED", {"clusterCsr": "csr", "hsmCertificate": "hsm", "clusterCertificate": ""}),
        ("INITIALIZE_IN_PROGRESS", None),
        ("INITIALIZED", None),
        ("ACTIVE", {"clusterCsr": "", "hsmCertificate": "", "clusterCertificate": "cluster"}),
        ("DEGRADED", None),
    ],
)
def test_certificates_are_shown_in_two_states_only(state: str, shown: dict | None):
    found = shown_certificates({"State": state, "Certificates": CERTIFICATES})
    if shown is None:
        assert found == []
    else:
        assert found[0].items() >= shown.items()


def test_default_and_ignored_tags_of_the_provider_are_followed(
    emulator: RunningEmulator, cluster_inputs: dict
):
    with running_plugin("aws", emulator.environment()) as plugin:
        plugin.configure(
            region="us-east-1",
            defaultTags='{"tags": {"owner": "platform", "stack": "default"}}',
            ignoreTags='{"keyPrefixes": ["cost:"]}',
        )
        checked = plugin.checked(CLUSTER, cluster_inputs)
        assert checked["tags"] == cluster_inputs["tags"] | {"owner": "platform"}
        identifier, outputs = plugin.create(CLUSTER, checked)
        emulator.client("cloudhsmv2").tag_resource(
            ResourceId=identifier, TagList=[{"Key": "cost:center", "Value": "7"}]
        )
        _, state, inputs = plugin.read(CLUSTER, identifier, outputs, checked)
        assert inputs["tags"] == checked["tags"]
        assert not plugin.diff(CLUSTER, state, checked).diffs


def test_a_secret_tag_stays_secret_in_the_outputs(aws: Plugin, cluster_inputs: dict):
    inputs = cluster_inputs | {"tags": {"token": Secret("hush"), "open": "yes"}}
    _, outputs = aws.create(CLUSTER, inputs)
    assert isinstance(outputs["tags"]["token"], Secret)
    assert outputs["tags"]["open"] == "yes"


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1s"), (1.5, "1.5s"), (90, "1m30s"), (7200, "2h0m0s")]
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str):
    assert go_duration(seconds) == text
