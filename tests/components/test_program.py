"""The whole program: what it registers, in which order, what it exports, what a preview shows."""

import json

import pytest
from pulumi.runtime import rpc

from tests.support.fake_cloud import CLUSTER_ID, HSM_ID, HSM_IP, SECURITY_GROUP, World
from tests.support.recording import ROOT, Run, bare, config, run, strings_in_clear

COMPONENT = "cloudhsm:index:CloudHsmCluster"
DYNAMIC = "pulumi-python:dynamic/cloudhsm"

# Type, logical name, parent. Types and names are persisted in every stack's state: a change here
# replaces resources of existing stacks unless it comes with an alias.
RESOURCES = [
    ("cloudhsm:index:CloudHsmDeployment", "cloudhsm", "cloudhsm-dev"),
    ("cloudhsm:index:Network", "cloudhsm-network", "cloudhsm"),
    ("aws:ec2/vpc:Vpc", "cloudhsm-network-vpc", "cloudhsm-network"),
    ("aws:ec2/subnet:Subnet", "cloudhsm-network-eu-central-1a", "cloudhsm-network"),
    ("aws:ec2/subnet:Subnet", "cloudhsm-network-eu-central-1b", "cloudhsm-network"),
    ("pulumi:index:Stash", "cloudhsm-id", "cloudhsm"),
    (COMPONENT, "cloudhsm", "cloudhsm"),
    ("aws:cloudhsmv2/cluster:Cluster", "cloudhsm-cluster", "cloudhsm"),
    (f"{DYNAMIC}:BackupRetention", "cloudhsm-backups", "cloudhsm"),
    ("aws:cloudhsmv2/hsm:Hsm", "cloudhsm-hsm-1", "cloudhsm"),
    (f"{DYNAMIC}:ClusterIdentity", "cloudhsm-identity", "cloudhsm"),
    ("cloudhsm:index:GeneratedCa", "cloudhsm-ca", "cloudhsm"),
    ("tls:index/privateKey:PrivateKey", "cloudhsm-ca-key", "cloudhsm-ca"),
    ("tls:index/selfSignedCert:SelfSignedCert", "cloudhsm-ca-certificate", "cloudhsm-ca"),
    ("tls:index/locallySignedCert:LocallySignedCert", "cloudhsm-certificate", "cloudhsm"),
    (f"{DYNAMIC}:ClusterInitialization", "cloudhsm-initialization", "cloudhsm"),
    (f"{DYNAMIC}:CertificateFiles", "cloudhsm-files", "cloudhsm"),
    ("cloudhsm:index:Activation", "cloudhsm-activation", "cloudhsm"),
    ("cloudhsm:index:AdditionalHsms", "cloudhsm-hsm", "cloudhsm"),
]
EXPORTS = {
    "clusterId",
    "clusterState",
    "securityGroupId",
    "hsms",
    "identityVerdict",
    "identityVerified",
    "caCertificate",
    "caCertificateSha256",
    "caExpires",
    "clusterCertificate",
    "clusterCertificateSha256",
    "clusterCertificateExpires",
    "certificateFiles",
    "fileSystemClientsGroupId",
    "alarmTopicArn",
    "destroyCost",
    "fileSystemCost",
    "fileSystemEndpoints",
    "fileSystemId",
    "mountCommands",
    "backupCopiesByRegion",
    "hourlyCost",
    "issuerArn",
    "nextStep",
    "keyStoreId",
    "adminSecret",
    "kmsUserSecret",
    "keyArn",
}


def listed(done: Run) -> list[tuple[str, str, str]]:
    return [(one.type, one.name, one.request.parent.split("::")[-1]) for one in done.resources]


def test_an_update_registers_exactly_these_resources(deployed: Run) -> None:
    assert sorted(listed(deployed)) == sorted(RESOURCES)


def test_a_first_preview_registers_the_same_resources_although_nothing_is_known(
    previewed: Run,
) -> None:
    assert sorted(listed(previewed)) == sorted(RESOURCES)


def test_a_first_preview_asks_aws_only_whether_something_was_left_behind() -> None:
    world = World()
    run(config(), preview=True, world=world).succeeded()
    assert world.calls == ["DescribeClusters"]


@pytest.mark.parametrize(
    ("step", "before"),
    [
        ("cloudhsm-cluster", {"cloudhsm-network-eu-central-1a", "cloudhsm-network-eu-central-1b"}),
        ("cloudhsm-backups", {"cloudhsm-cluster"}),
        ("cloudhsm-hsm-1", {"cloudhsm-cluster", "cloudhsm-backups"}),
        ("cloudhsm-identity", {"cloudhsm-hsm-1", "cloudhsm-cluster"}),
        ("cloudhsm-certificate", {"cloudhsm-identity", "cloudhsm-ca-certificate"}),
        ("cloudhsm-initialization", {"cloudhsm-certificate", "cloudhsm-identity"}),
        ("cloudhsm-files", {"cloudhsm-initialization"}),
    ],
)
def test_every_step_waits_for_the_one_before(
    deployed: Run, previewed: Run, step: str, before: set[str]
) -> None:
    assert before <= deployed.ancestors(step)
    assert before <= previewed.ancestors(step), "the same order has to hold with unknowns"


def test_the_ca_does_not_wait_for_aws(deployed: Run) -> None:
    assert deployed.ancestors("cloudhsm-ca-certificate") == {"cloudhsm-ca-key"}


def test_the_stack_exports_exactly_these_names_also_in_a_preview(
    deployed: Run, previewed: Run
) -> None:
    assert set(deployed.exports) == EXPORTS
    assert set(previewed.exports) == EXPORTS


def test_the_exports_hold_what_a_person_or_another_stack_needs(deployed: Run) -> None:
    exports = bare(deployed.exports)
    assert exports["clusterId"] == CLUSTER_ID
    assert exports["clusterState"] == "INITIALIZED"
    assert exports["securityGroupId"] == SECURITY_GROUP
    assert exports["hsms"] == [{"id": HSM_ID, "zone": "eu-central-1a", "ip": HSM_IP}]
    assert exports["identityVerdict"] == "AWS chain verified"
    assert exports["identityVerified"] is False
    assert exports["certificateFiles"]["customerCA.crt"] == "certificates/dev/customerCA.crt"
    assert "1.60 USD" in exports["hourlyCost"]


def test_the_next_step_is_told_with_the_values_that_it_needs(deployed: Run) -> None:
    line = bare(deployed.exports)["nextStep"]
    for needed in ("activate", SECURITY_GROUP, HSM_IP, "customerCA.crt", "cluster activate"):
        assert needed in line


def test_a_cluster_that_is_already_active_needs_no_activation(world: World, deployed: Run) -> None:
    later = world.as_left()
    id_, outputs = later.state["cloudhsm-initialization"]
    later.state["cloudhsm-initialization"] = (id_, {**outputs, "state": "ACTIVE"})
    line = bare(run(config(), world=later).succeeded().exports)["nextStep"]
    assert "the cluster is active" in line
    assert "configure-cli" not in line


def test_a_first_preview_shows_what_is_already_known(previewed: Run) -> None:
    assert previewed.exports["hourlyCost"].startswith("about 1.60 USD")
    assert previewed.exports["clusterId"] == rpc.UNKNOWN
    assert previewed["cloudhsm-cluster"]["hsmType"] == "hsm2m.medium"
    assert previewed["cloudhsm-hsm-1"]["availabilityZone"] == "eu-central-1a"


def test_a_second_update_registers_the_same_inputs_so_that_nothing_changes(
    world: World, deployed: Run
) -> None:
    again = run(config(), world=world.as_left()).succeeded()
    before = {one.urn: bare(one.inputs) for one in deployed.resources}
    assert {one.urn: bare(one.inputs) for one in again.resources} == before
    assert again.exports == deployed.exports


def test_a_preview_of_a_finished_stack_knows_everything_and_warns_of_nothing(
    world: World, deployed: Run
) -> None:
    done = run(config(), world=world.as_left(), preview=True).succeeded()
    assert rpc.UNKNOWN not in json.dumps(done.exports)
    assert done.logs == []


def test_neither_update_nor_preview_of_the_development_stack_warns(
    deployed: Run, previewed: Run
) -> None:
    for done in (deployed, previewed):
        assert done.said("warning") == done.said("error") == []


def test_the_cluster_name_is_the_prefix_of_everything() -> None:
    done = run(config(clusterName="payments")).succeeded()
    assert all(one.name.startswith("payments") for one in done.resources)
    assert done["payments-cluster"]["tags"]["Name"] == "payments"


def test_every_stack_writes_into_a_folder_of_its_own() -> None:
    done = run(config(), stack="prod").succeeded()
    assert done["cloudhsm-files"]["directory"] == "certificates/prod"


def test_existing_subnets_are_used_as_they_are_and_no_network_is_made() -> None:
    subnets = {
        "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
        "subnet-0123456789abcdef2": ("vpc-1", "eu-central-1a"),
    }
    done = run(
        config(network={"subnetIds": list(subnets), "availabilityZones": None}),
        world=World(subnets=subnets),
    ).succeeded()
    assert "cloudhsm-network-vpc" not in done
    assert done["cloudhsm-cluster"]["subnetIds"] == list(subnets)
    assert done["cloudhsm-hsm-1"]["availabilityZone"] == "eu-central-1b", "the first subnet's zone"


def test_no_absolute_path_of_this_machine_reaches_state_or_plan(deployed: Run) -> None:
    for one in deployed.resources:
        for text in strings_in_clear(bare(one.inputs)):
            assert str(ROOT) not in text, one.name
