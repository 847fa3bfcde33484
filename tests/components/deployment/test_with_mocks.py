"""A stack that imports the whole chain is unit-tested with Pulumi's mocks alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pulumi_cloudhsm import (
    ActivationArgs,
    BackupCopiesArgs,
    ClientArgs,
    CloudHsmClusterArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    FileSystemArgs,
    HsmPlace,
    HsmsArgs,
    KeyStoreArgs,
    MonitoringArgs,
    NetworkArgs,
    RestoreArgs,
    SshArgs,
    Subject,
    TrustArgs,
)
from pulumi_cloudhsm.testing import DeploymentMocks, certificate
from tests.support import pki
from tests.support.mocked import PlainMocks, mocked, under
from tests.support.recording import bare
from tests.support.ssh import HOST_KEY

SUBJECT = Subject("Example CA", "Example Corp")
ZONES = ["eu-central-1a", "eu-central-1b"]
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
CHAIN = CloudHsmDeploymentArgs(
    network=NetworkArgs(ZONES),
    trust=TrustArgs(subject=SUBJECT),
    hsms=HsmsArgs(2),
    activation=ActivationArgs(mode="ssm"),
    key_store=KeyStoreArgs(),
    file_system=FileSystemArgs(),
    monitoring=MonitoringArgs(),
    backup_copies=BackupCopiesArgs(
        regions=["eu-west-1", "eu-north-1"], share_with=["210987654321"]
    ),
)
TRUST = {
    "generated": TrustArgs(subject=SUBJECT),
    "kms": TrustArgs(mode="kms", subject=SUBJECT),
    "acm-pca": TrustArgs(mode="acm-pca", subject=SUBJECT),
    "external": TrustArgs(mode="external", cluster_certificate="leaf", ca_certificate="ca"),
}


class RecordingMocks(DeploymentMocks):
    """The package's own mocks, and what they were asked to make."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> Any:
        self.made[args.name] = args.inputs
        return super().new_resource(args)

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.args.get("id") in SUBNETS:
            number = SUBNETS.index(args.args["id"])
            cidr = f"10.42.{16 * number}.0/20"
            return {"vpcId": "vpc-1", "availabilityZone": ZONES[number], "cidrBlock": cidr}
        return super().call(args)


def out(value: Any) -> Any:
    """A value as another stack's Output has it."""
    return pulumi.Output.from_input(value)


def made(args: Callable[[], CloudHsmDeploymentArgs]) -> dict[str, dict[str, Any]]:
    """The inputs of every resource by its name, from a test with plain mocks.

    Args:
        args: called inside the program: an Output needs its event loop.
    """
    return mocked(lambda: CloudHsmDeployment("keys", args())).made


def outputs(args: CloudHsmDeploymentArgs) -> dict[str, Any]:
    """The values of a deployment's outputs, from a test with the package's own mocks."""
    seen: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        deployment = CloudHsmDeployment("keys", args)
        return pulumi.Output.all(**deployment.outputs).apply(seen.update)

    under(DeploymentMocks(), program)
    return seen


@pytest.mark.parametrize("mode", TRUST)
def test_the_whole_chain_is_declared_in_every_trust_mode(mode: str) -> None:
    trust = TRUST[mode]
    if mode == "external":
        root = pki.rsa_key("root")
        ca = pki.issue("External CA", root)
        leaf = pki.issue("leaf", pki.rsa_key("leaf"), issuer=ca).pem
        trust = replace(trust, cluster_certificate=leaf, ca_certificate=ca.pem)
    resources = made(lambda: replace(CHAIN, trust=trust))
    assert {
        "keys-network-vpc",
        "keys-cluster",
        "keys-hsm-1",
        "keys-initialization",
        "keys-client-host-instance",
        "keys-activation-wait",
        "keys-hsm-2",
        "keys-keys-store",
        "keys-keys-key",
        "keys-storage-system",
        "keys-backups-eu-west-1",
        "keys-backups-eu-north-1",
    } <= resources.keys()


def test_a_cluster_that_awaits_its_certificate_has_no_later_part() -> None:
    resources = made(lambda: replace(CHAIN, trust=TrustArgs(mode="external")))
    assert "keys-identity" in resources
    later = {"keys-initialization", "keys-hsm-2", "keys-keys-store", "keys-backups-eu-west-1"}
    assert not later & resources.keys()


def all_outputs() -> CloudHsmDeploymentArgs:
    return CloudHsmDeploymentArgs(
        region=out("eu-central-1"),
        tags={"team": out("payments")},
        network=NetworkArgs(subnet_ids=out(SUBNETS)),
        trust=TrustArgs(mode="external", cluster_certificate=out("leaf"), ca_certificate=out("ca")),
        hsms=HsmsArgs(places=[HsmPlace(out(ZONES[0])), HsmPlace(out(ZONES[1]), "10.42.31.200")]),
        activation=ActivationArgs(mode="ssm", admin_secret=out(f"{SECRET}admin")),
        client=ClientArgs(instance_id=out("i-0123456789abcdef0")),
        key_store=KeyStoreArgs(
            name=out("store"),
            key_alias=out("vault/key"),
            key_policy=out("{}"),
            kms_user_secret=out(f"{SECRET}kmsuser"),
        ),
        file_system=FileSystemArgs(
            name=out("archive"),
            key_arn=out("arn:aws:kms:eu-central-1:123456789012:key/1"),
            subnet_id=out(SUBNETS[0]),
            clients=[out("sg-0123456789abcdef0")],
            password_secret=out(f"{SECRET}fsx"),
        ),
    )


def test_everything_that_another_stack_may_have_is_taken_as_an_output() -> None:
    mocks = under(RecordingMocks(), lambda: CloudHsmDeployment("keys", all_outputs()))
    resources = {name: bare(inputs) for name, inputs in mocks.made.items()}
    assert resources["keys-cluster"]["subnetIds"] == SUBNETS
    assert resources["keys-cluster"]["tags"]["team"] == "payments"
    assert resources["keys-initialization"]["access"]["region"] == "eu-central-1"
    assert resources["keys-initialization"]["cluster_certificate"] == "leaf"
    assert resources["keys-activation-wait"]["instance"]["instance_id"] == "i-0123456789abcdef0"
    assert resources["keys-activation-wait"]["instance"]["admin_secret"] == f"{SECRET}admin"
    assert resources["keys-hsm-10-42-31-200"]["availabilityZone"] == ZONES[1]
    assert resources["keys-keys-store"]["key_store_name"] == "store"
    assert resources["keys-keys-store"]["password_secret_id"] == f"{SECRET}kmsuser"
    assert resources["keys-keys-alias"]["name"] == "alias/vault/key"
    assert resources["keys-storage-svm"]["name"] == "archive"
    assert resources["keys-storage-system"]["subnetIds"] == SUBNETS[:1]


GIVEN: dict[str, Callable[[], Any]] = {
    "plain": lambda: SUBNETS,
    "an Output": lambda: out(SUBNETS),
    "a list of Outputs": lambda: [out(one) for one in SUBNETS],
}


@pytest.mark.parametrize("given", GIVEN)
def test_the_chain_goes_into_subnets_that_exist(given: str) -> None:
    """Plain mocks tell no zone and no range, and that is no failure of the test."""

    def program() -> None:
        args = replace(
            CHAIN,
            network=NetworkArgs(subnet_ids=GIVEN[given]()),
            client=ClientArgs(subnet_id=out("subnet-0123456789abcdef2")),
        )
        CloudHsmDeployment("keys", args)

    resources = mocked(program).made
    assert resources["keys-cluster"]["subnetIds"] == SUBNETS
    assert {"keys-hsm-2", "keys-keys-key", "keys-storage-system"} <= resources.keys()


def restored() -> CloudHsmDeploymentArgs:
    return replace(
        CHAIN,
        trust=None,
        restore=RestoreArgs(out("backup-abcdefghij2"), out("ca")),
        activation=ActivationArgs(mode="ssh", admin_secret=out(f"{SECRET}admin")),
        client=ClientArgs(
            ssh=SshArgs(
                address=out("10.0.0.5"),
                host_key=out(HOST_KEY),
                private_key=out("the private key"),
            )
        ),
    )


def test_a_host_behind_ssh_and_a_backup_are_taken_as_outputs() -> None:
    resources = made(restored)
    assert resources["keys-cluster"]["sourceBackupIdentifier"] == "backup-abcdefghij2"
    connection = bare(resources["keys-kms-user"])["connection"]
    assert (connection["host"], connection["hostKey"]) == ("10.0.0.5", HOST_KEY)


@pytest.mark.parametrize("mode", ["generated", "kms", "acm-pca"])
def test_with_the_packages_own_mocks_every_output_has_a_value(mode: str) -> None:
    seen = outputs(replace(CHAIN, trust=TRUST[mode]))
    root = x509.load_pem_x509_certificate(certificate().encode())
    assert seen["clusterId"] == "cluster-abcdefghij2"
    assert seen["clusterState"] == "ACTIVE"
    assert seen["keyArn"].startswith("arn:aws:kms:")
    assert seen["keyStoreId"].startswith("cks-")
    assert (
        seen["caCertificateSha256"].replace(":", "").lower()
        == root.fingerprint(hashes.SHA256()).hex()
    )
    assert [one["zone"] for one in seen["hsms"]] == ZONES
    assert seen["backupCopiesByRegion"]["eu-west-1"]["id"].startswith("backup-")
    empty = {name for name, value in seen.items() if value in (None, "", {}, [])}
    assert empty <= ({"issuerArn"} if mode == "generated" else set())


def test_two_deployments_in_one_test_do_not_meet() -> None:
    def program() -> None:
        CloudHsmDeployment("first", CHAIN)
        CloudHsmDeployment("second", CHAIN)

    resources: PlainMocks = mocked(program)
    assert {"first-cluster", "second-cluster"} <= resources.made.keys()


@pytest.mark.parametrize(
    ("field", "args"),
    [
        ("network.availability_zones", lambda: {"network": NetworkArgs(out(ZONES))}),
        (
            "network.availability_zones[1]",
            lambda: {"network": NetworkArgs([ZONES[0], out(ZONES[1])])},
        ),
        ("network.vpc_cidr", lambda: {"network": NetworkArgs(ZONES, out("10.42.0.0/16"))}),
        ("trust.mode", lambda: {"trust": TrustArgs(mode=out("kms"), subject=SUBJECT)}),
        (
            "trust.subject.country",
            lambda: {"trust": TrustArgs(subject=replace(SUBJECT, country=out("D")))},
        ),
        ("hsms.count", lambda: {"hsms": HsmsArgs(out(2))}),
        (
            "hsms.places[0].ip",
            lambda: {"hsms": HsmsArgs(places=[HsmPlace("a", out("10.0.0.9"))])},
        ),
        ("cluster.mode", lambda: {"cluster": CloudHsmClusterArgs(mode=out("FIPS"))}),
        ("activation.mode", lambda: {"activation": ActivationArgs(mode=out("ssm"))}),
        ("client.host", lambda: {"client": ClientArgs(host=out(True))}),
        (
            "key_store.key_deletion_days",
            lambda: {"key_store": KeyStoreArgs(key_deletion_days=out(7))},
        ),
        (
            "file_system.protocols",
            lambda: {"file_system": FileSystemArgs(protocols=out(["nfs"]))},
        ),
        ("protect", lambda: {"protect": out(True)}),
    ],
)
def test_an_output_where_a_value_has_to_be_plain_is_refused(
    field: str, args: Callable[[], dict[str, Any]]
) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        made(lambda: replace(CHAIN, **args()))
    assert str(refused.value).startswith(f"{field} is an Output: give a plain value")
