"""A cluster that a key store can be made on."""

from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.conftest import CertificateAuthority, until
from tests.rehearsal.emulator.kms.stores import ANCHORS


@pytest.fixture
def cluster_id(emulator: RunningEmulator, authority: CertificateAuthority) -> str:
    """An ACTIVE cluster with two HSMs in two zones."""
    emulator.configure(speed=20000)
    ec2, hsm = emulator.client("ec2"), emulator.client("cloudhsmv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    made = hsm.create_cluster(HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=subnets)
    cluster_id: str = made["Cluster"]["ClusterId"]

    def cluster() -> dict[str, Any]:
        return hsm.describe_clusters(Filters={"clusterIds": [cluster_id]})["Clusters"][0]

    until(lambda: cluster()["State"] == "UNINITIALIZED")
    hsm.create_hsm(ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    until(lambda: "ClusterCsr" in cluster()["Certificates"])
    csr = cluster()["Certificates"]["ClusterCsr"]
    anchor = authority.pem
    hsm.initialize_cluster(ClusterId=cluster_id, SignedCert=authority.sign(csr), TrustAnchor=anchor)
    until(lambda: cluster()["State"] == "INITIALIZED")
    emulator.activate(cluster_id)
    hsm.create_hsm(ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    until(lambda: [one["State"] for one in cluster()["Hsms"]] == ["ACTIVE"] * 2)
    ANCHORS[cluster_id] = anchor
    return cluster_id
