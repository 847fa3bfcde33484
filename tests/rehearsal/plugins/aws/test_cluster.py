import re

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.aws.cloudhsmv2.cluster import shown_certificates
from rehearsal.plugins.aws.core.waiting import go_duration
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN, Secret
from tests.rehearsal.plugins.aws.clusters import CLUSTER, HSM, ZONE, outputs_fit_the_package
from tests.rehearsal.plugins.driver import Plugin, RefusedError, running_plugin


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
    assert sorted(answer.detailedDiff) == ["tags.by", "tagsAll.by"]


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


def test_access_denied_is_told_as_aws_tells_it(aws: Plugin, emulator, cluster_inputs: dict):
    emulator.set_fault("access_denied", operation="CreateCluster")
    with pytest.raises(RefusedError, match="CreateCluster, https response error StatusCode: 400"):
        aws.create(CLUSTER, cluster_inputs)


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
        everything = cluster_inputs["tags"] | {"owner": "platform"}
        assert (checked["tags"], checked["tagsAll"]) == (cluster_inputs["tags"], everything)
        identifier, outputs = plugin.create(CLUSTER, checked)
        emulator.client("cloudhsmv2").tag_resource(
            ResourceId=identifier, TagList=[{"Key": "cost:center", "Value": "7"}]
        )
        _, state, inputs = plugin.read(CLUSTER, identifier, outputs, checked)
        listed = emulator.client("cloudhsmv2").list_tags(ResourceId=identifier)["TagList"]
        assert everything.items() <= {tag["Key"]: tag["Value"] for tag in listed}.items()
        assert (state["tags"], state["tagsAll"]) == (cluster_inputs["tags"], everything)
        assert inputs["tags"] == checked["tags"]
        assert not plugin.diff(CLUSTER, state, checked).diffs


def test_a_secret_tag_stays_secret_in_the_outputs(aws: Plugin, cluster_inputs: dict):
    inputs = cluster_inputs | {"tags": {"token": Secret("hush"), "open": "yes"}}
    checked = aws.checked(CLUSTER, inputs)
    _, outputs = aws.create(CLUSTER, checked)
    for tags in (checked["tagsAll"], outputs["tags"], outputs["tagsAll"]):
        assert isinstance(tags["token"], Secret)
    assert outputs["tags"]["open"] == "yes"


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1s"), (1.5, "1.5s"), (90, "1m30s"), (7200, "2h0m0s")]
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str):
    assert go_duration(seconds) == text
