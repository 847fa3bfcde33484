"""Service-linked roles: in an account that has used the services, and in one that has not."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from pulumi_cloudhsm.account.service_roles import CLOUDHSM, FSX, KEY_STORES
from pulumi_cloudhsm.aws.advice import advice
from rehearsal.emulator.process import RunningEmulator
from tests.support import pki

NAMES = {"cloudhsmv2": CLOUDHSM, "kms": KEY_STORES, "fsx": FSX}


def creating(emulator: RunningEmulator, service: str) -> str:
    """What AWS says to the call that needs the role."""
    api = emulator.client(service)
    calls = {
        "cloudhsmv2": lambda: api.create_cluster(
            HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=["subnet-0123456789abcdef0"]
        ),
        "kms": lambda: api.create_custom_key_store(
            CustomKeyStoreName="vault",
            CloudHsmClusterId="cluster-abcdefghijk",
            TrustAnchorCertificate=pki.issue("CA", pki.rsa_key("CA")).pem,
            KeyStorePassword="kmsuserPassword1",
        ),
        "fsx": lambda: api.create_file_system(
            FileSystemType="ONTAP",
            StorageCapacity=1024,
            SubnetIds=["subnet-0123456789abcdef0"],
            OntapConfiguration={"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128},
        ),
    }
    with pytest.raises(ClientError) as refused:
        calls[service]()
    return str(refused.value)


def has_role(emulator: RunningEmulator, service: str) -> bool:
    iam = emulator.client("iam")
    try:
        role = iam.get_role(RoleName=NAMES[service].name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return False
    return role["Path"] == f"/aws-service-role/{NAMES[service].service}/"


@pytest.mark.parametrize("service", NAMES)
def test_a_missing_role_is_not_shown_and_its_service_refuses_to_begin(
    emulator: RunningEmulator, service: str
) -> None:
    assert all(has_role(emulator, one) for one in NAMES)
    assert "CreateServiceLinkedRole" not in creating(emulator, service), "refused for its subnet"
    emulator.set_fault("missing_service_linked_role", service=service)
    assert {one for one in NAMES if not has_role(emulator, one)} == {service}
    said = creating(emulator, service)
    assert "iam:CreateServiceLinkedRole" in said
    assert NAMES[service].service in (advice(said) or "")
