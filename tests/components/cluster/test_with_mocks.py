"""A stack that imports the parts is unit-tested with Pulumi's mocks alone: AWS is never asked."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.cluster.args import CloudHsmClusterArgs, RestoreArgs
from pulumi_cloudhsm.cluster.component import CloudHsmCluster
from pulumi_cloudhsm.common import CommonArgs
from pulumi_cloudhsm.facts import ClusterFacts
from pulumi_cloudhsm.hsms.args import HsmsArgs
from pulumi_cloudhsm.hsms.component import AdditionalHsms
from pulumi_cloudhsm.network.args import NetworkArgs
from pulumi_cloudhsm.network.component import Network
from pulumi_cloudhsm.trust.args import Subject, TrustArgs
from tests.support import pki
from tests.support.mocked import mocked
from tests.support.recording import bare

TRUST = TrustArgs(subject=Subject("Example CA", "Example Corp"))
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def test_a_cluster_in_a_network_of_its_own() -> None:
    def program() -> None:
        network = Network("keys-network", NetworkArgs(["eu-central-1a", "eu-central-1b"]))
        cluster = CloudHsmCluster("keys", CloudHsmClusterArgs(), network=network, trust=TRUST)
        assert cluster.facts.cluster_id is cluster.cluster_id

    made = mocked(program).made
    assert made["keys-hsm-1"]["availabilityZone"] == "eu-central-1a"
    assert made["keys-cluster"]["subnetIds"] == [
        "keys-network-eu-central-1a-id",
        "keys-network-eu-central-1b-id",
    ]
    assert (
        made["keys-cluster"]["tags"]["pulumi-cloudhsm"] == "organization/project/stack/keys-cluster"
    )
    assert "keys-initialization" in made


def test_a_restored_cluster_in_subnets_that_exist_with_all_its_hsms() -> None:
    def program() -> None:
        network = Network("keys-network", NetworkArgs(subnet_ids=SUBNETS))
        ca = pki.issue("Original CA", pki.rsa_key("original CA")).pem
        hsms, restore = HsmsArgs(3), RestoreArgs("backup-abcdefghij2", ca)
        cluster = CloudHsmCluster(
            "keys", CloudHsmClusterArgs(), network=network, restore=restore, hsms=hsms
        )
        AdditionalHsms("keys-hsm", hsms, cluster=cluster)

    made = mocked(program).made
    assert "keys-restoration" in made
    assert {"keys-hsm-1", "keys-hsm-2", "keys-hsm-3", "keys-hsm-active"} <= made.keys()


def test_values_of_another_stack_may_be_outputs() -> None:
    def output(value: Any) -> Any:
        return pulumi.Output.from_input(value)

    def program() -> None:
        common = CommonArgs(region=output("eu-central-1"), tags={"team": output("keys")})
        network = Network("keys-network", NetworkArgs(subnet_ids=output(SUBNETS)), common=common)
        trust = TrustArgs(
            mode="external",
            cluster_certificate=output("leaf"),
            ca_certificate=output("ca"),
        )
        CloudHsmCluster("keys", CloudHsmClusterArgs(), network=network, trust=trust, common=common)

    made = mocked(program).made
    assert made["keys-cluster"]["tags"]["team"] == "keys"
    assert made["keys-initialization"]["access"]["region"] == "eu-central-1"
    given = bare(made["keys-initialization"])
    assert given["cluster_certificate"] == "leaf"
    assert given["ca_certificate"] == "ca"


def test_hsms_of_another_stacks_cluster() -> None:
    facts = ClusterFacts(
        cluster_id="cluster-abcdefghij2",
        security_group_id="sg-0123456789abcdef0",
        ca_certificate="ca",
        vpc_id="vpc-0123456789abcdef0",
        subnet_ids=SUBNETS,
        zones=["eu-central-1a", "eu-central-1b"],
        subnet_cidrs=["10.42.0.0/20", "10.42.16.0/20"],
        hsms=[{"id": "hsm-1", "zone": "eu-central-1a", "ip": "10.42.0.10"}],
    )
    made = mocked(lambda: AdditionalHsms("keys-hsm", HsmsArgs(2), cluster=facts)).made
    assert made["keys-hsm-2"]["ipAddress"] == "10.42.31.254"
    assert "keys-hsm-active" in made


def test_further_hsms_of_a_cluster_that_nobody_activates_are_refused() -> None:
    def program() -> None:
        network = Network("keys-network", NetworkArgs(["eu-central-1a"]))
        cluster = CloudHsmCluster("keys", CloudHsmClusterArgs(), network=network, trust=TRUST)
        AdditionalHsms("keys-hsm", HsmsArgs(2), cluster=cluster)

    with pytest.raises(pulumi.RunError, match="AWS takes one HSM until the cluster is ACTIVE"):
        mocked(program)
