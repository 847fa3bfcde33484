"""Real boto3 against a server on loopback: what is asked, how often, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_cloudhsm.aws.access import AwsAccess, AwsAccessArgs
from pulumi_cloudhsm.aws.cloudhsmv2 import ACTIVE_OR_CHANGING, DELETING_OR_DELETED, CloudHsm
from pulumi_cloudhsm.aws.session import client
from pulumi_cloudhsm.errors import AwsError, ThrottledError, TransientError
from tests.support.loopback_aws import Answer, LoopbackAws, loopback_aws, refusal

CLUSTER = "cluster-abcdefghijk"
NO_CONNECTION = Answer(status=0)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackAws]:
    with loopback_aws() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        yield server


@pytest.fixture
def api() -> CloudHsm:
    return CloudHsm(AwsAccess(region="eu-central-1"))


def clusters(*raw: dict[str, Any], following: str = "") -> Answer:
    return Answer({"Clusters": list(raw), **({"NextToken": following} if following else {})})


WHOLE = {
    "ClusterId": CLUSTER,
    "State": "UNINITIALIZED",
    "StateMessage": "a word of AWS",
    "Hsms": [
        {
            "HsmId": "hsm-aaaaaaaaaaa",
            "State": "ACTIVE",
            "StateMessage": "well",
            "AvailabilityZone": "eu-central-1a",
        }
    ],
    "Certificates": {
        "ClusterCsr": "csr",
        "HsmCertificate": "hsm",
        "AwsHardwareCertificate": "aws",
        "ManufacturerHardwareCertificate": "manufacturer",
        "ClusterCertificate": "cluster",
    },
    "TagList": [{"Key": "stack", "Value": "dev"}, {"Key": "empty", "Value": ""}],
}


def test_a_cluster_is_read_whole(aws: LoopbackAws, api: CloudHsm):
    aws.script(clusters(WHOLE))
    cluster = api.cluster(CLUSTER)
    assert cluster is not None
    assert (cluster.cluster_id, cluster.state, cluster.message) == (
        CLUSTER,
        "UNINITIALIZED",
        "a word of AWS",
    )
    assert [vars(hsm) for hsm in cluster.hsms] == [
        {
            "hsm_id": "hsm-aaaaaaaaaaa",
            "state": "ACTIVE",
            "message": "well",
            "zone": "eu-central-1a",
            "ip": "",
        }
    ]
    assert (
        cluster.csr,
        cluster.hsm_certificate,
        cluster.aws_hardware_certificate,
        cluster.manufacturer_hardware_certificate,
        cluster.cluster_certificate,
    ) == ("csr", "hsm", "aws", "manufacturer", "cluster")
    assert cluster.tags == {"stack": "dev", "empty": ""}


def test_one_cluster_is_asked_for_in_one_call_that_names_it(aws: LoopbackAws, api: CloudHsm):
    aws.script(clusters(WHOLE))
    api.cluster(CLUSTER)
    assert aws.asked == [("DescribeClusters", {"Filters": {"clusterIds": [CLUSTER]}})]


def test_what_aws_leaves_out_reads_as_empty(aws: LoopbackAws, api: CloudHsm):
    aws.script(clusters({"ClusterId": CLUSTER, "Hsms": [{"HsmId": "hsm-aaaaaaaaaaa"}]}))
    cluster = api.cluster(CLUSTER)
    assert cluster is not None
    assert (cluster.state, cluster.message, cluster.csr, dict(cluster.tags)) == ("", "", "", {})
    assert (cluster.hsms[0].state, cluster.hsms[0].zone) == ("", "")


def test_an_unknown_id_is_no_error_but_no_cluster(aws: LoopbackAws, api: CloudHsm):
    aws.script(clusters())
    assert api.cluster(CLUSTER) is None


def test_all_pages_are_read(aws: LoopbackAws, api: CloudHsm):
    aws.script(
        clusters({"ClusterId": "cluster-1"}, {"ClusterId": "cluster-2"}, following="page2"),
        clusters(following="page3"),
        clusters({"ClusterId": "cluster-3"}),
    )
    assert [cluster.cluster_id for cluster in api.clusters()] == [
        "cluster-1",
        "cluster-2",
        "cluster-3",
    ]
    assert [parameters.get("NextToken") for _, parameters in aws.asked] == [None, "page2", "page3"]


def test_deleted_hsms_that_are_still_listed_are_not_live(aws: LoopbackAws, api: CloudHsm):
    states = ("CREATE_IN_PROGRESS", "ACTIVE", "DEGRADED", *sorted(DELETING_OR_DELETED))
    hsms = [{"HsmId": f"hsm-{number}", "State": state} for number, state in enumerate(states)]
    aws.script(clusters({"ClusterId": CLUSTER, "Hsms": hsms}))
    cluster = api.cluster(CLUSTER)
    assert cluster is not None
    assert len(cluster.hsms) == 5
    assert [hsm.hsm_id for hsm in cluster.live_hsms] == ["hsm-0", "hsm-1", "hsm-2"]


@pytest.mark.parametrize("trouble", [refusal("ServiceUnavailable", "", 503), NO_CONNECTION])
def test_reading_is_repeated_by_boto_when_aws_stumbles(
    aws: LoopbackAws, api: CloudHsm, trouble: Answer
):
    aws.script(trouble, clusters(WHOLE))
    assert api.cluster(CLUSTER) is not None
    assert len(aws.asked) == 2


def test_a_refused_look_says_what_it_was_about(aws: LoopbackAws, api: CloudHsm):
    aws.script(refusal("CloudHsmAccessDeniedException", "Denied."))
    with pytest.raises(AwsError) as error:
        api.clusters()
    assert str(error.value).startswith("describing CloudHSM clusters: AWS said: Denied. (CloudHsm")
    assert error.value.code == "CloudHsmAccessDeniedException"


def test_initialize_sends_certificate_and_anchor_once(aws: LoopbackAws, api: CloudHsm):
    aws.script(Answer({"State": "INITIALIZE_IN_PROGRESS"}))
    api.initialize(CLUSTER, "signed", "anchor")
    assert aws.asked == [
        (
            "InitializeCluster",
            {"ClusterId": CLUSTER, "SignedCert": "signed", "TrustAnchor": "anchor"},
        )
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (NO_CONNECTION, TransientError),
        (refusal("CloudHsmInternalFailureException", "Internal failure", 500), TransientError),
        (refusal("ServiceUnavailable", "", 503), TransientError),
        (refusal("ThrottlingException", "Rate exceeded"), ThrottledError),
        (refusal("CloudHsmInvalidRequestException", "No."), AwsError),
    ],
    ids=["connection dropped", "internal failure", "unavailable", "throttled", "refused"],
)
def test_initialize_is_never_repeated_by_boto_whatever_happens_to_it(
    aws: LoopbackAws, api: CloudHsm, answer: Answer, kind: type[Exception]
):
    aws.script(answer)
    with pytest.raises(kind) as error:
        api.initialize(CLUSTER, "signed", "anchor")
    assert type(error.value) is kind
    assert str(error.value).startswith(f"initializing {CLUSTER}: AWS said: ")
    assert len(aws.asked) == 1


def test_retries_from_the_shell_do_not_repeat_initialize(
    aws: LoopbackAws, api: CloudHsm, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    aws.script(NO_CONNECTION)
    with pytest.raises(TransientError):
        api.initialize(CLUSTER, "signed", "anchor")
    assert len(aws.asked) == 1


def test_no_call_can_look_like_a_hang():
    config = client(AwsAccess(region="eu-central-1"), "cloudhsmv2").meta.config
    assert config.connect_timeout == 5  # pyright: ignore[reportAttributeAccessIssue]
    assert config.read_timeout == 20  # pyright: ignore[reportAttributeAccessIssue]
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}  # pyright: ignore[reportAttributeAccessIssue]


def test_region_and_profile_of_the_stack_are_used(
    aws: LoopbackAws, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    shared = tmp_path / "config"
    shared.write_text("[profile elsewhere]\nregion = eu-west-3\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(shared))
    here = client(AwsAccess("eu-central-1", by=AwsAccessArgs(profile="elsewhere")), "cloudhsmv2")
    assert here.meta.region_name == "eu-central-1"
    assert (
        client(AwsAccess(by=AwsAccessArgs(profile="elsewhere")), "cloudhsmv2").meta.region_name
        == "eu-west-3"
    )


@pytest.mark.parametrize(
    ("access", "meaning"),
    [
        (AwsAccess(), "pulumi config set aws:region"),
        (AwsAccess("eu-central-1", by=AwsAccessArgs(profile="nobody")), "aws:profile"),
    ],
    ids=["no region", "no such profile"],
)
def test_a_missing_region_or_profile_is_one_line_with_the_fix(access: AwsAccess, meaning: str):
    with pytest.raises(AwsError) as error:
        CloudHsm(access).clusters()
    assert meaning in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_credentials_are_one_line_with_the_fix(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)  # another test's may be left
    with pytest.raises(AwsError, match="aws sso login"):
        CloudHsm(AwsAccess(region="eu-central-1")).clusters()


def test_every_state_that_is_named_here_is_one_of_the_services_own():
    shape = client(AwsAccess(region="eu-central-1"), "cloudhsmv2").meta.service_model.shape_for(
        "ClusterState"
    )
    known = set(shape.enum)  # pyright: ignore[reportAttributeAccessIssue]
    assert known >= ACTIVE_OR_CHANGING | DELETING_OR_DELETED
