"""An emulated account in this process with a clock to turn, and a real emulator process."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from rehearsal.emulator.cloudhsmv2.pki import Pki
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline
from rehearsal.emulator.process import RunningEmulator, running_emulator
from tests.support.forks import emulator_of_the_run

REGION = "us-east-1"
PLACE = Place(REGION)


@dataclass
class TurnedClock:
    """A clock that stands still until it is turned."""

    time: float = 1_800_000_000.0

    def now(self) -> float:
        return self.time


@dataclass
class CertificateAuthority:
    """A customer's CA, and variations of it that AWS refuses."""

    key: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    name: str = "customer CA"

    def certificate(
        self, *, ca: bool = True, extensions: bool = True, signing_key: Any = None
    ) -> x509.Certificate:
        name = _name(self.name)
        return _sign(
            name, name, self.key.public_key(), signing_key or self.key, ca=ca, with_ca=extensions
        )

    @property
    def pem(self) -> str:
        return pem(self.certificate())

    def sign(self, csr_pem: str, key: Any = None) -> str:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        public = key.public_key() if key else csr.public_key()
        return pem(_sign(csr.subject, _name(self.name), public, self.key, with_ca=False))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _sign(
    subject: x509.Name, issuer: x509.Name, public: Any, key: Any, *, ca: bool = False, with_ca: bool
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=3652))
    )
    if with_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    return builder.sign(key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Account:
    """The emulated service with a clock that only tests turn; speed 1."""

    service: CloudHsm
    clock: TurnedClock
    log: CallLog
    subnets: dict[str, str]
    vpc_id: str
    slept: list[float]

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.service.call(PLACE, operation, parameters)

    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds
        with self.service.lock:
            self.service.timeline.advance()

    def describe(self, cluster_id: str) -> dict[str, Any] | None:
        found = self.call("DescribeClusters", Filters={"clusterIds": [cluster_id]})["Clusters"]
        return found[0] if found else None

    def create(self, **changes: Any) -> str:
        given = {"HsmType": "hsm2m.medium", "Mode": "FIPS", "SubnetIds": [*self.subnets.values()]}
        return self.call("CreateCluster", **(given | changes))["Cluster"]["ClusterId"]

    def uninitialized(self, **changes: Any) -> str:
        cluster_id = self.create(**changes)
        self.pass_time(181)
        return cluster_id

    def with_csr(self) -> str:
        cluster_id = self.uninitialized()
        self.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
        self.pass_time(616)
        return cluster_id

    def initializing(self, authority: CertificateAuthority) -> str:
        cluster_id = self.with_csr()
        csr = self.describe(cluster_id)["Certificates"]["ClusterCsr"]
        self.call(
            "InitializeCluster",
            ClusterId=cluster_id,
            SignedCert=authority.sign(csr),
            TrustAnchor=authority.pem,
        )
        return cluster_id

    def initialized(self, authority: CertificateAuthority) -> str:
        cluster_id = self.initializing(authority)
        self.pass_time(211)
        return cluster_id

    def active(self, authority: CertificateAuthority) -> str:
        cluster_id = self.initialized(authority)
        self.service.lifecycle.activate(self.service.cluster(cluster_id), 0, self.clock.now())
        return cluster_id

    def transitions(self, hsm: bool = False) -> list[tuple[str | None, str, float]]:
        return [
            (entry["parameters"]["From"], entry["parameters"]["To"], entry["time"])
            for entry in self.log.as_json()
            if entry["operation"] == "transition"
            and "BackupId" not in entry["parameters"]
            and ("HsmId" in entry["parameters"]) == hsm
        ]


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    return CertificateAuthority()


@pytest.fixture
def new_authority() -> type[CertificateAuthority]:
    return CertificateAuthority


@pytest.fixture
def account(pki: Pki) -> Account:
    # moto's EC2 takes long to make anew, so every test gets a VPC of its own in the same one.
    clock, log, slept = TurnedClock(), CallLog(), []
    service = CloudHsm(Timeline(clock, 1.0), Faults(), pki, log, sleep=slept.append)
    ec2 = moto_backends.ec2(PLACE)
    vpc = ec2.create_vpc("10.0.0.0/16")
    subnets = {
        zone: ec2.create_subnet(vpc.id, f"10.0.{number}.0/24", availability_zone=zone).id
        for number, zone in enumerate(("us-east-1a", "us-east-1b", "us-east-1c"))
    }
    return Account(service, clock, log, subnets, vpc.id, slept)


@pytest.fixture(scope="session")
def _process() -> Iterator[RunningEmulator]:
    with running_emulator(speed=600, start=emulator_of_the_run()) as emulator:
        yield emulator


@pytest.fixture
def emulator(_process: RunningEmulator) -> Iterator[RunningEmulator]:
    """A running emulator at speed 600, empty again after each test."""
    _process.configure(speed=600)
    yield _process
    _process.reset()


def until(reached: Callable[[], object]) -> None:
    """Wait until something is so, for ten seconds at most."""
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end, "it never got there"
        time.sleep(0.005)
