"""A cluster that the aws plugin has made, and its backup."""

import time

import pytest

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.conftest import CertificateAuthority
from tests.rehearsal.plugins.aws.clusters import CLUSTER, HSM, ZONE
from tests.rehearsal.plugins.driver import Plugin


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
