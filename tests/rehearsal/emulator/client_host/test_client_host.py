"""The host program, really run on a throw-away host against the emulated HSMs."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_cloudhsm.client import program
from pulumi_cloudhsm.client.args import PACKAGE, PACKAGE_SHA256
from rehearsal.emulator.client_host.machine import Machine
from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.conftest import CertificateAuthority, until

ADMIN_PASSWORD = "Admin" + secrets.token_hex(8)
KMSUSER_PASSWORD = "Kms" + secrets.token_hex(8)


@dataclass
class Place:
    """An INITIALIZED cluster with one HSM, and a host that reaches it."""

    emulator: RunningEmulator
    machine: Machine
    cluster_id: str
    anchor: str

    def cluster(self) -> dict[str, Any]:
        hsm = self.emulator.client("cloudhsmv2")
        return hsm.describe_clusters(Filters={"clusterIds": [self.cluster_id]})["Clusters"][0]

    def script(self, step: str, **given: Any) -> str:
        return program.shell_script(
            {
                "step": step,
                "region": "us-east-1",
                "hsm_ips": [one["EniIp"] for one in self.cluster()["Hsms"]],
                "ca_certificate": self.anchor,
                "package": PACKAGE,
                "package_sha256": PACKAGE_SHA256,
                "admin_secret": "admin",
                "kmsuser_secret": "kmsuser",
                "check_password": True,
                "kms_is_connected": False,
                **given,
            }
        )

    def run(self, step: str, **given: Any) -> dict[str, Any]:
        """What the program says in the end."""
        ran = self.machine.run(self.script(step, **given), 60)
        assert ADMIN_PASSWORD not in ran.out + ran.err
        assert KMSUSER_PASSWORD not in ran.out + ran.err
        return json.loads(ran.out.splitlines()[-1])

    def add_hsm(self, *, wait: bool = True) -> None:
        hsm = self.emulator.client("cloudhsmv2")
        hsm.create_hsm(ClusterId=self.cluster_id, AvailabilityZone="us-east-1b")
        if wait:
            until(lambda: {one["State"] for one in self.cluster()["Hsms"]} == {"ACTIVE"})


@pytest.fixture
def place(emulator: RunningEmulator, authority: CertificateAuthority) -> Iterator[Place]:
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
    machine = Machine(emulator.control)
    place = Place(emulator, machine, made["Cluster"]["ClusterId"], authority.pem)
    until(lambda: place.cluster()["State"] == "UNINITIALIZED")
    hsm.create_hsm(ClusterId=place.cluster_id, AvailabilityZone="us-east-1a")
    until(lambda: "ClusterCsr" in place.cluster()["Certificates"])
    hsm.initialize_cluster(
        ClusterId=place.cluster_id,
        SignedCert=authority.sign(place.cluster()["Certificates"]["ClusterCsr"]),
        TrustAnchor=place.anchor,
    )
    until(lambda: place.cluster()["State"] == "INITIALIZED")
    secret = emulator.client("secretsmanager")
    secret.create_secret(Name="admin", SecretString=ADMIN_PASSWORD)
    secret.create_secret(Name="kmsuser", SecretString=KMSUSER_PASSWORD)
    yield place
    machine.end()


def test_the_program_activates_a_cluster_and_a_second_run_finds_it_done(place: Place) -> None:
    assert place.run("activate") == {"ok": True, "code": "done", "message": "activated"}
    until(lambda: place.cluster()["State"] == "ACTIVE")
    assert place.run("activate")["message"] == "activated before"


@pytest.mark.parametrize(
    "other", [{"package": "https://example.com/cli.rpm"}, {"package_sha256": "00"}]
)
def test_a_package_with_another_checksum_is_not_installed(
    place: Place, other: dict[str, str]
) -> None:
    said = place.run("activate", **other)
    assert (said["ok"], said["code"]) == (False, "checksum")
    assert "has the SHA-256" in said["message"]
    assert not list(place.machine.root.rglob("cloudhsm-cli*"))


def test_two_callers_at_once_end_the_same(place: Place) -> None:
    both = [
        subprocess.Popen(
            ["/bin/sh", "-c", place.script("activate")],
            cwd=place.machine.root,
            env=dict(place.machine.environment),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [json.loads(one.communicate(timeout=60)[0].splitlines()[-1]) for one in both]
    assert sorted(one["message"] for one in said) == ["activated", "activated before"]


def test_a_refused_activation_is_told_in_the_hsms_words(place: Place) -> None:
    place.emulator.set_fault("activation_refused", message="Quorum not reached.")
    said = place.run("activate")
    assert (said["ok"], said["code"]) == (False, "activation")
    assert said["message"] == "cluster activate failed: Quorum not reached."


def test_an_administrator_with_another_password_is_an_error_and_no_reset(place: Place) -> None:
    place.run("activate")
    secret = place.emulator.client("secretsmanager")
    secret.put_secret_value(SecretId="admin", SecretString="AnotherPassword1")
    said = place.run("activate")
    assert (said["ok"], said["code"]) == (False, "password")
    assert "not with the password in admin" in said["message"]


def test_a_trust_anchor_of_another_cluster_reaches_nobody(place: Place) -> None:
    said = place.run("activate", ca_certificate=CertificateAuthority().pem)
    assert (said["ok"], said["code"]) == (False, "cli")
    assert "not issued by customerCA.crt" in said["message"]


def test_kmsuser_is_made_once_on_all_hsms(place: Place) -> None:
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    assert place.run("kmsuser")["message"] == "made on 2 HSMs"
    assert place.run("kmsuser")["message"] == "found on all 2 HSMs"


def test_a_user_that_misses_an_hsm_is_repaired(place: Place) -> None:
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.emulator.configure(speed=300)
    place.add_hsm(wait=False)
    missing = place.emulator.make_kmsuser(place.cluster_id, KMSUSER_PASSWORD)
    assert len(missing) == 1, "a user does not reach an HSM that is joining"
    until(lambda: {one["State"] for one in place.cluster()["Hsms"]} == {"ACTIVE"})
    unknown = place.run("kmsuser", check_password=False, kms_is_connected=True)
    assert (unknown["ok"], unknown["code"]) == (False, "rotated")
    assert place.run("kmsuser")["message"] == "made on 3 HSMs"
    assert place.run("kmsuser")["message"] == "found on all 3 HSMs"


def test_a_user_that_kms_has_missed_is_repaired_while_its_password_is_the_secrets(
    place: Place,
) -> None:
    """There is a key store, but it never connected; else the password would be KMS's own."""
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.run("kmsuser")
    place.emulator.set_fault("kmsuser_missing")
    assert place.run("kmsuser", check_password=False)["message"] == "made on 2 HSMs"
    place.emulator.set_fault("kmsuser_missing")
    secrets_of_aws = place.emulator.client("secretsmanager")
    secrets_of_aws.put_secret_value(SecretId="kmsuser", SecretString="KmsHasAnotherOne1")
    said = place.run("kmsuser", check_password=False)
    assert (said["ok"], said["code"]) == (False, "rotated")


def test_a_kmsuser_with_an_unknown_password_is_an_error_and_no_reset(place: Place) -> None:
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.emulator.make_kmsuser(place.cluster_id, "SomebodyElses1")
    said = place.run("kmsuser")
    assert (said["ok"], said["code"]) == (False, "password")
    assert place.run("kmsuser", check_password=False)["ok"], "KMS has changed it: no drift"


def test_kmsuser_of_a_backup_is_given_the_secrets_password_though_it_is_locked(
    place: Place,
) -> None:
    """KMS had changed it; the administrator's command sets it anew and takes the lock away."""
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.emulator.make_kmsuser(place.cluster_id, "KnownToKmsOnly1")
    while place.run("kmsuser")["code"] != "kmsuser-locked":
        pass
    said = place.run("kmsuser", set_password=True, check_password=False)
    assert said["message"] == "found on all 2 HSMs, and given the secret's password"
    assert place.run("kmsuser")["message"] == "found on all 2 HSMs"
    show = {"username": "kmsuser", "property": "role", "value": "admin"}
    place.emulator.set_fault("user_property", **show)
    assert place.run("kmsuser", set_password=True)["code"] == "kmsuser-role"


def test_what_the_hsms_show_of_users_and_what_a_secret_holds_stop_it_before_a_login(
    place: Place,
) -> None:
    secret = place.emulator.client("secretsmanager")
    secret.create_secret(Name="bytes", SecretBinary=b"no text")
    said = place.run("activate", admin_secret="bytes")
    assert (said["ok"], said["code"]) == (False, "secret-shape")
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.run("kmsuser")
    show = {"username": "kmsuser", "property": "locked", "value": "inconsistent"}
    place.emulator.set_fault("user_property", **show)
    said = place.run("kmsuser")
    assert (said["ok"], said["code"]) == (False, "kmsuser-locked")
    place.emulator.set_fault("user_property", **{**show, "value": None})
    assert place.run("kmsuser")["ok"]


def test_no_password_shows_in_a_list_of_processes(place: Place) -> None:
    place.run("activate")
    until(lambda: place.cluster()["State"] == "ACTIVE")
    place.add_hsm()
    place.run("kmsuser")
    seen = json.dumps(place.emulator.processes())
    assert "get-secret-value" in seen, "nothing was looked at"
    assert "interactive" in seen, "nothing was looked at"
    for password in (ADMIN_PASSWORD, KMSUSER_PASSWORD):
        assert password not in seen
        for file in place.machine.root.rglob("*"):
            if file.is_file():
                assert password.encode() not in file.read_bytes(), file
