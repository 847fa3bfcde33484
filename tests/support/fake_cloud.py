"""What AWS and the providers answer in unit tests: ids, addresses, and real certificates."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pulumi.runtime import rpc

from pulumi_cloudhsm.aws.cloudhsmv2 import Backup, Cluster, Hsm
from pulumi_cloudhsm.trust.anchor import check_original
from tests.support import fake_authorities, fake_cloud_extras, fake_file_systems
from tests.support.fake_owned import DEPLOYMENT_ID, Owned
from tests.support.fake_secrets import FakeSecrets

CLUSTER_ID = "cluster-abcdefghij2"
HSM_ID = "hsm-abcdefghij3"
SECURITY_GROUP = "sg-0123456789abcdef0"
HSM_IP = "10.42.0.10"
KEY_STORE_ID = "cks-1234567890abcdef0"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)

STASHES = {
    f"{name}-id": f"urn:pulumi:dev::cloudhsm::{component}$pulumi:index:Stash::{name}-id"
    for name, component in (
        ("cloudhsm", "cloudhsm:index:CloudHsmDeployment"),
        ("cloudhsm-storage", "cloudhsm:index:FileSystem"),
    )
}
"""Where the whole program, and a file system alone, keep the deployment's id."""

_QUICK = {"unsafe_skip_rsa_key_validation": True}  # the key is our own, and checking takes long
_SUBJECT = {
    "commonName": NameOID.COMMON_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "country": NameOID.COUNTRY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
}


_MAKING = threading.RLock()
_Asked, _Made = ParamSpec("_Asked"), TypeVar("_Made")


def _made_once(make: Callable[_Asked, _Made]) -> Callable[_Asked, _Made]:
    """`functools.cache` makes two where two threads ask at once, as the SDK's threads do."""
    cached = functools.cache(make)

    @functools.wraps(make)
    def locked(*asked: _Asked.args, **named: _Asked.kwargs) -> _Made:
        with _MAKING:
            return cached(*asked, **named)  # pyright: ignore

    return locked


@_made_once
def rsa_key(bits: int, whose: str) -> rsa.RSAPrivateKey:
    """One key per bearer and process: making them is slow, and no test needs a fresh one."""
    del whose
    return rsa.generate_private_key(65537, bits)


@_made_once
def hsm_csr() -> str:
    """The CSR that the HSM shows."""
    csr = x509.CertificateSigningRequestBuilder().subject_name(_name("HSM:00112233445566"))
    return _pem(csr.sign(rsa_key(2048, "hsm"), hashes.SHA256()))


@_made_once
def self_signed(
    common_name: str = "somebody's root", bits: int = 2048, hours: int = 87_660, **subject: str
) -> str:
    """A CA certificate as the tls provider makes it: organization before common name."""
    key = rsa_key(bits, "ca")
    parts = [(_SUBJECT[part], value) for part, value in subject.items()]
    parts.append((NameOID.COMMON_NAME, common_name))
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    builder = _builder(name, name, key.public_key(), hours)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    return _pem(builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256()))


def _tags(owner: str, deployment_id: str) -> dict[str, str]:
    return {"pulumi-cloudhsm": f"{owner}-cluster", "pulumi-cloudhsm-id": deployment_id}


def cluster_seen(
    state: str = "UNINITIALIZED",
    *,
    cluster_id: str = CLUSTER_ID,
    owner: str | None = None,
    deployment_id: str = DEPLOYMENT_ID,
    hsms: Sequence[str] = (),
    message: str = "",
) -> Cluster:
    """A cluster as DescribeClusters shows it, with HSMs in the given states."""
    return Cluster(
        cluster_id=cluster_id,
        state=state,
        message=message,
        hsms=tuple(
            Hsm(f"{HSM_ID[:-1]}{number}", hsm_state, "", "eu-central-1a")
            for number, hsm_state in enumerate(hsms, start=3)
        ),
        csr="",
        hsm_certificate="",
        aws_hardware_certificate="",
        manufacturer_hardware_certificate="",
        cluster_certificate="",
        tags={"Name": "cloudhsm", **(_tags(owner, deployment_id) if owner else {})},
    )


@dataclass
class World:
    """AWS and the providers of one test.

    Attributes:
        sights: what successive DescribeClusters show; the last one stays.
        trouble: what every DescribeClusters raises instead.
        subnets: subnet id to (VPC, zone) of the subnets that existed before.
        refusals: logical name to the provider's error text when that resource is to be created.
        slow: logical name to the seconds that its creation takes.
        calls: every call that reached CloudHSM v2, in order.
        state: logical name to id and outputs, of what earlier runs have made.
        urns: logical name to URN of the same.
        registered: logical name to the outputs that a component of an earlier run registered.
        state_before_this_run: as the engine tells it, URN to what it holds.
        refused_invokes: token of a function to the error with which the engine answers it.
        refused_once: the same, for the first call only.
        files: FSx, and the key that it encrypts with.
        ipv6: IPv6 ranges of subnets that have one.
        backups: what DescribeBackups shows.
        offered: zones in which AWS makes HSMs; an exception: AWS cannot be asked for them.
        region: of the aws provider.
        account: of our own calls.
        private_cas: AWS Private CA.
        in_use: addresses in subnets that something has, and what that is.
        owned: what else carries the deployment's id.
        begun: whether the state holds a deployment's id before the first run.
        secrets: secrets of the user's.
    """

    sights: list[list[Cluster]] = field(default_factory=lambda: [[]])
    trouble: Exception | None = None
    subnets: dict[str, tuple[str, str]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    state: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    urns: dict[str, str] = field(default_factory=dict)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    state_before_this_run: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused_invokes: dict[str, str] = field(default_factory=dict)
    refused_once: dict[str, str] = field(default_factory=dict)
    files: fake_file_systems.Files = field(default_factory=fake_file_systems.Files)
    ipv6: dict[str, str] = field(default_factory=dict)
    backups: list[Backup] = field(default_factory=list)
    offered: list[str] | Exception = field(default_factory=list)
    account: str | Exception = "123456789012"
    region: str = "eu-central-1"
    in_use: dict[str, str] = field(default_factory=dict)
    begun: bool = False
    made_as: str = "organization/cloudhsm/dev"
    secrets: FakeSecrets = field(default_factory=FakeSecrets)

    def remember(self) -> None:
        """The state as it is at the beginning of a run."""
        kept = {"id": DEPLOYMENT_ID, "stack": self.made_as}
        for name, urn in STASHES.items() if self.begun else ():
            self.urns.setdefault(name, urn)
            self.state.setdefault(name, _stash("", {"input": kept}))
        self.state_before_this_run = {
            urn: {
                "type": urn.split("::")[2].rpartition("$")[2],
                "outputs": (
                    self.state[name][1] if name in self.state else self.registered.get(name, {})
                ),
            }
            for name, urn in self.urns.items()
        }

    def addresses_in_use(self, _: object, subnet_ids: Sequence[str]) -> dict[str, str]:
        """Stands in for pulumi_cloudhsm.aws.ec2.addresses_in_use."""
        assert subnet_ids
        self.calls.append("DescribeNetworkInterfaces")
        return self.in_use

    def account_of(self, _: object) -> tuple[str, str]:
        """Account and ARN of the credentials of our own calls."""
        if isinstance(self.account, Exception):
            raise self.account
        return self.account, f"arn:aws:iam::{self.account}:user/somebody"

    def zones_with_cloudhsm(self, *_: object) -> list[str]:
        """Stands in for pulumi_cloudhsm.aws.ec2.zones_with_cloudhsm."""
        if isinstance(self.offered, Exception):
            raise self.offered
        return self.offered

    owned: Owned = field(default_factory=Owned)
    private_cas: fake_authorities.PrivateCas = field(default_factory=fake_authorities.PrivateCas)

    def as_left(self) -> World:
        """The same stack and subnets for a later run that must not add to this one."""
        return World(
            subnets=dict(self.subnets),
            state=dict(self.state),
            urns=dict(self.urns),
            registered=dict(self.registered),
            ipv6=dict(self.ipv6),
        )

    def subnet(self, subnet_id: str) -> dict[str, Any]:
        """Answers aws:ec2/getSubnet:getSubnet."""
        vpc, zone = self.subnets[subnet_id]
        # A subnet lies where its place in the list says.
        block = f"10.42.{16 * list(self.subnets).index(subnet_id)}.0/20"
        return {
            "id": subnet_id,
            "vpcId": vpc,
            "availabilityZone": zone,
            "cidrBlock": block,
            "ipv6CidrBlock": self.ipv6.get(subnet_id, ""),
        }

    def made(self, kind: str, name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A new resource's id and computed outputs; `given` are its inputs without secrecy."""
        time.sleep(self.slow.get(name, 0))
        id_, outputs = MAKERS[kind.rpartition(":")[2]](name, given)
        if kind == "aws:ec2/subnet:Subnet":
            self.subnets[id_] = (given["vpcId"], given["availabilityZone"])
            self.ipv6[id_] = given.get("ipv6CidrBlock", "")
        return id_, outputs


class FakeCloudHsm:
    """Stands in for pulumi_cloudhsm.aws.cloudhsmv2.CloudHsm within the program."""

    def __init__(self, world: World) -> None:
        self._world = world

    def clusters(self, cluster_ids: Sequence[str] = ()) -> list[Cluster]:
        self._world.calls.append("DescribeClusters")
        if self._world.trouble:
            raise self._world.trouble
        sights = self._world.sights
        seen = sights.pop(0) if len(sights) > 1 else sights[0]
        return [one for one in seen if not cluster_ids or one.cluster_id in cluster_ids]

    def cluster(self, cluster_id: str) -> Cluster | None:
        return next(iter(self.clusters([cluster_id])), None)

    def initialize(self, *_: str) -> None:
        self._world.calls.append("InitializeCluster")

    def backups(self, cluster_id: str) -> list[Backup]:
        self._world.calls.append("DescribeBackups")
        return [one for one in self._world.backups if one.cluster_id == cluster_id]

    def backup(self, backup_id: str) -> Backup | None:
        self._world.calls.append("DescribeBackups")
        return next((one for one in self._world.backups if one.backup_id == backup_id), None)


def _stash(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "stash", {"input": given["input"], "output": given["input"]}


def _vpc(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    ipv6 = "2001:db8:1234:5600::/56" if given.get("assignGeneratedIpv6CidrBlock") else ""
    return "vpc-0123456789abcdef0", {"arn": f"arn:aws:ec2:::vpc/{name}", "ipv6CidrBlock": ipv6}


def _subnet(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    number = int(ipaddress.IPv4Network(given["cidrBlock"]).network_address)
    return f"subnet-{number:017x}", {}


def _cluster(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return CLUSTER_ID, {
        "clusterId": CLUSTER_ID,
        "clusterState": "UNINITIALIZED",
        "clusterCertificates": [],
        "securityGroupId": SECURITY_GROUP,
        "vpcId": "vpc-0123456789abcdef0",
    }


def _dual_stack(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return CLUSTER_ID, {
        "cluster_id": CLUSTER_ID,
        "security_group_id": SECURITY_GROUP,
        "vpc_id": "vpc-0123456789abcdef0",
    }


def _hsm(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    number = name.removeprefix("cloudhsm-hsm-")
    hsm_id = HSM_ID if number == "1" else f"hsm-{number:a>11}"
    return hsm_id, {
        "hsmId": hsm_id,
        "hsmState": "ACTIVE",
        "ipAddress": given.get("ipAddress", HSM_IP),
    }


def _private_key(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    key = rsa_key(int(given["rsaBits"]), "ca")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    # As the published tls provider does, see its schema: these are always secret.
    return "0" * 40, {
        "privateKeyPem": rpc.wrap_rpc_secret(pem),
        "privateKeyPemPkcs8": rpc.wrap_rpc_secret(pem),
        "privateKeyOpenssh": rpc.wrap_rpc_secret(pem),
        "publicKeyPem": key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    }


def _self_signed(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    key = serialization.load_pem_private_key(given["privateKeyPem"].encode(), None, **_QUICK)
    assert isinstance(key, rsa.RSAPrivateKey)
    subject = dict(given["subject"])
    pem = self_signed(
        subject.pop("commonName"), key.key_size, int(given["validityPeriodHours"]), **subject
    )
    return str(x509.load_pem_x509_certificate(pem.encode()).serial_number), {"certPem": pem}


def _locally_signed(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    csr = x509.load_pem_x509_csr(given["certRequestPem"].encode())
    ca = x509.load_pem_x509_certificate(given["caCertPem"].encode())
    key = serialization.load_pem_private_key(given["caPrivateKeyPem"].encode(), None, **_QUICK)
    assert isinstance(key, rsa.RSAPrivateKey)
    hours = int(given["validityPeriodHours"])
    leaf = _builder(csr.subject, ca.subject, csr.public_key(), hours).sign(key, hashes.SHA256())
    return str(leaf.serial_number), {"certPem": _pem(leaf)}


def _identity(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/identity", {
        "csr": hsm_csr(),
        "hsm_certificate": self_signed("HSM"),
        "aws_hardware_certificate": self_signed("AWS hardware"),
        "manufacturer_hardware_certificate": self_signed("manufacturer hardware"),
        "csr_sha256": "AA:BB",
        "hsm_certificate_sha256": "CC:DD",
        "captured_hsm_id": given["hsm_id"],
        "captured_at": "2026-11-23T12:00:00Z",
        "verdict": "AWS chain verified",
        "verified": False,
        "warnings": [],
    }


def _initialization(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/initialization", {
        **vars(check_original(given["cluster_certificate"], given["ca_certificate"])),
        "state": "INITIALIZED",
        "waited_seconds": 200.0,
    }


def _activation(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/activation", {"state": "ACTIVE", "adopted": False}


def _active_hsms(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{given['cluster_id']}/hsms", {"missing": []}


def _key_store(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    connected = {"connection_state": "CONNECTED", "failure": ""}
    return KEY_STORE_ID, {"key_store_id": KEY_STORE_ID, **connected}


def _files(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    paths = {file: f"{given['directory']}/{file}" for file in given["files"]}
    return given["directory"], {"paths": paths, "sha256": {}}


def _ca_key_file(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return given["path"], {"sha256": "00" * 32, "sealed": "00" * 32}


MAKERS = {
    **fake_file_systems.MAKERS,
    **fake_cloud_extras.MAKERS,
    **fake_authorities.MAKERS,
    "Vpc": _vpc,
    "Stash": _stash,
    "Subnet": _subnet,
    "Cluster": _cluster,
    "DualStackCluster": _dual_stack,
    "Hsm": _hsm,
    "PrivateKey": _private_key,
    "SelfSignedCert": _self_signed,
    "LocallySignedCert": _locally_signed,
    "ClusterIdentity": _identity,
    "ActiveHsms": _active_hsms,
    "CustomKeyStore": _key_store,
    "ClusterActivation": _activation,
    "ClusterInitialization": _initialization,
    "CertificateFiles": _files,
    "CaKeyFile": _ca_key_file,
}


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Any, hours: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(hours=hours))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(thing: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return thing.public_bytes(serialization.Encoding.PEM).decode()
