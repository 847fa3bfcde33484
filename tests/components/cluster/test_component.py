"""The cluster component: what each resource is given, how it is protected, how refusals read."""

import threading
from typing import Any
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster
from pulumi_cloudhsm.errors import TransientError
from pulumi_cloudhsm.identity.roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem
from tests.support.fake_cloud import CLUSTER_ID, HSM_ID, World, cluster_seen, hsm_csr, self_signed
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, Run, config, run

PROTECTED = {
    "cloudhsm-cluster",
    "cloudhsm-ca-key",
    "cloudhsm-ca-certificate",
    "cloudhsm-backups",
    "cloudhsm-initialization",
    "cloudhsm-files",
}


def protected(done: Run) -> set[str]:
    return {one.name for one in done.resources if one.request.protect and one.request.custom}


def test_cluster_and_ca_are_protected_unless_the_stack_is_disposable() -> None:
    assert protected(run(config(disposable=None)).succeeded()) == PROTECTED
    assert protected(run(config(disposable=False)).succeeded()) == PROTECTED


def test_a_destroy_of_a_protected_stack_stops_before_it_deletes_anything() -> None:
    """It deletes what nothing depends on first, so everything has to lead to what is protected."""
    done = run(config(disposable=False)).succeeded()
    kept = protected(done).union(*(done.ancestors(name) for name in protected(done)))
    assert kept == {one.name for one in done.resources if one.request.custom}


def test_nothing_of_a_disposable_stack_is_protected(deployed: Run) -> None:
    assert protected(deployed) == set()


def test_what_has_to_be_kept_says_where_the_ca_key_lives_in_one_warning() -> None:
    done = run(config(disposable=False)).succeeded()
    (line,) = done.said("warning")
    assert "private key" in line
    assert "state" in line
    assert "\n" not in line


def test_the_cluster_is_what_the_config_says(deployed: Run) -> None:
    cluster = deployed["cloudhsm-cluster"]
    assert cluster["hsmType"] == "hsm2m.medium"
    assert cluster["mode"] == "FIPS"
    assert len(cluster["subnetIds"]) == 2
    other = run(config(cluster={"mode": "NON_FIPS"})).succeeded()
    assert other["cloudhsm-cluster"]["mode"] == "NON_FIPS"


def test_the_first_hsm_goes_to_the_first_zone_and_is_the_only_one(deployed: Run) -> None:
    hsm = deployed["cloudhsm-hsm-1"]
    assert hsm.inputs == {"clusterId": CLUSTER_ID, "availabilityZone": "eu-central-1a"}
    assert [one.name for one in deployed.resources if one.type.endswith(":Hsm")] == [hsm.name]


def test_a_replaced_cluster_or_hsm_is_deleted_first_as_a_second_one_is_refused(
    deployed: Run,
) -> None:
    for name in ("cloudhsm-cluster", "cloudhsm-hsm-1"):
        assert deployed[name].request.deleteBeforeReplace, name


def test_the_cluster_carries_own_tags_its_name_and_its_owner(deployed: Run) -> None:
    assert deployed["cloudhsm-cluster"]["tags"] == {
        "environment": "dev",
        "Name": "cloudhsm",
        "pulumi-cloudhsm": f"{OWNER}-cluster",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
    }


def test_the_owner_tag_tells_apart_stacks_and_components() -> None:
    prod = run(config(), stack="prod").succeeded()["cloudhsm-cluster"]["tags"]
    other = run(config(clusterName="other")).succeeded()["other-cluster"]["tags"]
    assert prod["pulumi-cloudhsm"] == "organization/cloudhsm/prod/cloudhsm-cluster"
    assert other["pulumi-cloudhsm"] == "organization/cloudhsm/dev/other-cluster"


def test_own_tags_never_displace_the_owner_tag_by_which_a_lost_cluster_is_found() -> None:
    done = run(
        config(
            tags={
                "environment": None,
                "pulumi-cloudhsm": "mine",
                "pulumi-cloudhsm-id": "mine",
                "Name": "mine",
            }
        )
    ).succeeded()
    tags = done["cloudhsm-cluster"]["tags"]
    assert tags == {
        "pulumi-cloudhsm": f"{OWNER}-cluster",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
        "Name": "cloudhsm",
    }


def test_the_identity_is_captured_from_this_hsm_against_the_pinned_aws_root(deployed: Run) -> None:
    identity = deployed["cloudhsm-identity"]
    assert identity["cluster_id"] == CLUSTER_ID
    assert identity["hsm_id"] == HSM_ID
    assert identity["access"]["region"] == "eu-central-1"
    assert identity["verification"] == "standard"
    assert identity["aws_roots"] == [aws_root_g1_pem()]
    assert identity["aws_pins"] == [AWS_ROOT_G1_SHA256]
    assert identity["manufacturer_roots"] == identity["manufacturer_pins"] == []
    assert identity["timing"] == {"expected_seconds": 600, "deadline_seconds": 3600}


def test_further_roots_join_the_aws_root_and_pins_have_one_spelling() -> None:
    root = {"pem": self_signed(), "sha256": fingerprint_of(self_signed()).replace(":", "").lower()}
    done = run(
        config(
            identity={
                "awsRoots": [root],
                "manufacturerRoots": [root],
                "verification": "full",
            }
        )
    ).succeeded()
    identity = done["cloudhsm-identity"]
    pin = fingerprint_of(self_signed())
    assert identity["verification"] == "full"
    assert identity["aws_pins"] == [AWS_ROOT_G1_SHA256, pin]
    assert identity["aws_roots"] == [aws_root_g1_pem(), self_signed()]
    assert identity["manufacturer_pins"] == [pin]
    assert identity["manufacturer_roots"] == [self_signed()]


def test_the_reason_for_no_verification_is_kept_with_the_identity() -> None:
    done = run(config(identity={"verification": "off", "offReason": "no root yet"})).succeeded()
    identity = done["cloudhsm-identity"]
    assert (identity["verification"], identity["off_reason"]) == ("off", "no root yet")


def test_the_initialization_gets_captured_csr_signed_certificate_and_ca(
    deployed: Run, world: World
) -> None:
    initialization = deployed["cloudhsm-initialization"]
    assert initialization["cluster_id"] == CLUSTER_ID
    assert initialization["csr"] == hsm_csr()
    assert initialization["captured_hsm_id"] == HSM_ID
    assert initialization["access"]["region"] == "eu-central-1"
    for given, made_by in (
        ("cluster_certificate", "cloudhsm-certificate"),
        ("ca_certificate", "cloudhsm-ca-certificate"),
    ):
        assert initialization[given] == world.state[made_by][1]["certPem"]["value"]
    assert initialization["timing"] == {"expected_seconds": 210, "deadline_seconds": 1800}


def test_the_files_have_the_names_of_the_documentation(deployed: Run) -> None:
    files = deployed["cloudhsm-files"]["files"]
    assert set(files) == {
        f"{CLUSTER_ID}_ClusterCsr.csr",
        f"{CLUSTER_ID}_HsmCertificate.crt",
        f"{CLUSTER_ID}_AwsHardwareCertificate.crt",
        f"{CLUSTER_ID}_ManufacturerHardwareCertificate.crt",
        f"{CLUSTER_ID}_CustomerHsmCertificate.crt",
        "customerCA.crt",
    }


def test_each_file_holds_what_its_name_says(deployed: Run) -> None:
    files = deployed["cloudhsm-files"]["files"]
    initialization = deployed["cloudhsm-initialization"]
    assert files[f"{CLUSTER_ID}_ClusterCsr.csr"] == hsm_csr()
    assert files[f"{CLUSTER_ID}_HsmCertificate.crt"] == self_signed("HSM")
    assert files[f"{CLUSTER_ID}_AwsHardwareCertificate.crt"] == self_signed("AWS hardware")
    assert files[f"{CLUSTER_ID}_ManufacturerHardwareCertificate.crt"] == self_signed(
        "manufacturer hardware"
    )
    customer = files[f"{CLUSTER_ID}_CustomerHsmCertificate.crt"]
    assert customer == initialization["cluster_certificate"]
    assert files["customerCA.crt"] == initialization["ca_certificate"]


def test_waiting_times_come_from_the_config() -> None:
    done = run(
        config(
            waits={
                "hsm": {"expectedSeconds": 10, "deadlineSeconds": 20},
                "initialization": {"expectedSeconds": 30, "deadlineSeconds": 40},
            }
        )
    ).succeeded()
    for name, expected in (("cloudhsm-identity", (10, 20)), ("cloudhsm-initialization", (30, 40))):
        timing = done[name]["timing"]
        assert (timing["expected_seconds"], timing["deadline_seconds"]) == expected, name


@pytest.mark.parametrize("name", ["cloudhsm-cluster", "cloudhsm-hsm-1"])
@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (
            "CloudHsmInvalidRequestException: This operation requires that the caller have "
            "permission to call iam:CreateServiceLinkedRole to create the CloudHSM Service Linked "
            "Role.",
            "aws iam create-service-linked-role --aws-service-name cloudhsm.amazonaws.com",
        ),
        (
            "CloudHsmAccessDeniedException: User: arn:aws:iam::1:user/x is not authorized to "
            "perform: cloudhsm:CreateHsm on resource: *",
            "cloudhsm:CreateHsm; allow it in IAM",
        ),
        ("CloudHsmServiceException: the cluster limit is exceeded", "Service Quotas"),
        ("InvalidRequest: no CloudHSM in Availability Zone eu-central-1c", "zone"),
    ],
)
def test_a_refusal_of_aws_comes_with_what_it_means_and_is_not_retried(
    name: str, refusal: str, advice: str
) -> None:
    done = run(config(), world=World(refusals={name: refusal}))
    assert done.error is not None
    assert refusal in str(done.error), "AWS's own words stay"
    lines = [line for line in done.said("error") if line.startswith(f"{name}: ")]
    assert len(lines) == 1
    assert advice in lines[0]
    assert "\n" not in lines[0]
    assert done.retries == []


def test_a_refusal_that_nobody_knows_stays_as_it_is() -> None:
    done = run(config(), world=World(refusals={"cloudhsm-cluster": "Boom: something new"}))
    assert "something new" in str(done.error)
    assert done.said("error") == []
    assert done.retries == []


def test_after_a_refused_cluster_nothing_that_needs_it_is_begun() -> None:
    done = run(config(), world=World(refusals={"cloudhsm-cluster": "Boom"}))
    assert [name for name in ("cloudhsm-hsm-1", "cloudhsm-initialization") if name in done] == []


def test_aws_is_given_up_on_at_the_same_deadline_as_the_steps_of_our_own() -> None:
    done = run(config(waits={"hsm": {"deadlineSeconds": 5400}})).succeeded()
    for name in ("cloudhsm-cluster", "cloudhsm-hsm-1"):
        assert done[name].request.customTimeouts.create == "5400s", name


def test_a_slow_creation_shows_progress_until_it_is_done() -> None:
    making = cluster_seen("CREATE_IN_PROGRESS", owner=OWNER)
    world = World(sights=[[], [], [making]], slow={"cloudhsm-cluster": 0.5})
    done = run(config(waits={"hsm": {"expectedSeconds": 1}}), world=world).succeeded()
    lines = [line for line in done.said("info") if line.startswith("cluster: CREATE_IN_PROGRESS")]
    assert lines
    assert "waiting for UNINITIALIZED" in lines[0]
    assert "\n" not in lines[0]


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("refusals", [{}, {"cloudhsm-cluster": "Boom"}, {"cloudhsm-hsm-1": "Boom"}])
def test_progress_ends_with_the_creation_whether_it_works_or_not(refusals: dict[str, str]) -> None:
    making = cluster_seen("CREATE_IN_PROGRESS", owner=OWNER)
    run(
        config(waits={"hsm": {"expectedSeconds": 1}}),
        world=World(sights=[[], [], [making]], refusals=refusals),
    )
    reporting = [one for one in threading.enumerate() if one.name in {"cluster", "first HSM"}]
    for thread in reporting:
        thread.join(timeout=5)
    assert [one for one in reporting if one.is_alive()] == []


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_trouble_while_reporting_progress_disturbs_nothing() -> None:
    """The progress only looks; a throttled look is no reason to give a creation up."""
    world = World(slow={"cloudhsm-cluster": 0.3})

    def troubled(*_: Any) -> list[Cluster]:
        if threading.current_thread().name == "cluster":
            raise TransientError("throttled")
        return []

    with patch("tests.support.fake_cloud.FakeCloudHsm.clusters", troubled):
        done = run(config(waits={"hsm": {"expectedSeconds": 1}}), world=world).succeeded()
    assert done.said("error") == []


def fingerprint_of(pem: str) -> str:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
