"""The diagram of a deployment is drawn from the state of its stack."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from pulumi_cloudhsm.diagram.__main__ import main
from pulumi_cloudhsm.diagram.mermaid import StateError, mermaid, read_state

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234"


def one(kind: str, identifier: str = "", **outputs: Any) -> dict[str, Any]:
    return {"type": kind, "id": identifier, "outputs": outputs, "inputs": {}}


def dynamic(name: str, **outputs: Any) -> dict[str, Any]:
    return one(f"pulumi-python:dynamic/cloudhsm:{name}", f"x/{name}", **outputs)


def hsm(number: int, zone: str, state: str = "ACTIVE") -> dict[str, Any]:
    facts = {"availabilityZone": zone, "ipAddress": f"10.0.0.{number}", "hsmState": state}
    return one("aws:cloudhsmv2/hsm:Hsm", f"hsm-{number}", **facts)


WHOLE = [
    one("aws:ec2/vpc:Vpc", "vpc-1", cidrBlock="10.0.0.0/16"),
    one("aws:ec2/subnet:Subnet", "subnet-1", availabilityZone="eu-central-1a"),
    one("aws:ec2/subnet:Subnet", "subnet-2", availabilityZone="eu-central-1b"),
    one("aws:ec2/natGateway:NatGateway", "nat-1", subnetId="subnet-2"),
    one(
        "aws:ec2/instance:Instance",
        "i-1",
        availabilityZone="eu-central-1a",
        instanceType="t3.micro",
        instanceState="running",
    ),
    one("cloudhsm:index:CloudHsmCluster", trust={"mode": "kms"}),
    one("aws:cloudhsmv2/cluster:Cluster", "cluster-1", clusterState="UNINITIALIZED"),
    hsm(1, "eu-central-1a"),
    hsm(2, "eu-central-1b", "DEGRADED"),
    dynamic("ClusterIdentity", hsm_id="hsm-1", verified=True, csr=SECRET),
    dynamic(
        "ClusterInitialization",
        state="INITIALIZED",
        ca_certificate_sha256="AA:BB",
        ca_certificate_expires="2036-11-24T19:01:09Z",
        ca_certificate=SECRET,
    ),
    dynamic("ClusterActivation", state="ACTIVE"),
    dynamic("CustomKeyStore", key_store_name="vault", connection_state="CONNECTED"),
    one("aws:kms/key:Key", "1234", arn=ARN, customKeyStoreId="cks-1", isEnabled=True),
    one("aws:kms/key:Key", "ca-key", arn="arn:ca"),
    one("aws:kms/alias:Alias", "alias/vault", name="alias/vault", targetKeyId="1234"),
    one("aws:fsx/ontapFileSystem:OntapFileSystem", "fs-1", kmsKeyId=ARN, storageCapacity=1024),
    one(
        "aws:fsx/ontapVolume:OntapVolume",
        "fsvol-1",
        name="data",
        fileSystemId="fs-1",
        sizeInBytes="107374182400",
    ),
]


def state(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": list(resources)}})


def drawn(*resources: dict[str, Any]) -> str:
    return mermaid(read_state(state(*resources)))


def test_every_part_is_shown_with_its_id_and_state() -> None:
    text = drawn(*WHOLE)
    for shown in (
        "VPC vpc-1, 10.0.0.0/16",
        "<b>HSM</b><br/>hsm-1<br/>10.0.0.1<br/>ACTIVE",
        "<b>HSM</b><br/>hsm-2<br/>10.0.0.2<br/>DEGRADED",
        "<b>client host</b><br/>i-1<br/>t3.micro<br/>running",
        "trust anchor, kms</b><br/>SHA-256 AA:BB…<br/>until 2036-11-24",
        "both chains verified",
        "<b>key store</b><br/>vault<br/>x/CustomKeyStore<br/>CONNECTED",
        "<b>KMS key</b><br/>alias/vault<br/>1234<br/>enabled",
        "<b>file system</b><br/>fs-1",
        "<b>volume</b><br/>data<br/>100 GiB",
    ):
        assert shown in text


def test_hsms_stand_in_their_zones() -> None:
    zones = drawn(*WHOLE).split("subgraph zone")[1:]
    first, second = (zone.split("end\n")[0] for zone in zones)
    assert "eu-central-1a" in first
    assert "hsm-1" in first
    assert "hsm-2" not in first
    assert "hsm-2" in second
    assert "nat-1" in second


def test_the_newest_state_of_the_cluster_is_shown() -> None:
    assert "cluster-1<br/>ACTIVE" in drawn(*WHOLE)
    without = [one for one in WHOLE if "Activation" not in one["type"]]
    assert "cluster-1<br/>INITIALIZED" in drawn(*without)


def test_arrows_lead_from_the_data_to_the_hsms() -> None:
    text = drawn(*WHOLE)
    arrows = ("fsvol_1 --> files0", "files0 --> key0", "key0 --> store", "store --> cluster")
    for arrow in (*arrows, "cluster --- hsm_1", "cluster --> trust", "i_1 -.-> cluster"):
        assert f"    {arrow}\n" in text


def test_a_file_system_under_another_key_has_no_arrow_to_the_hsms() -> None:
    other = one("aws:fsx/ontapFileSystem:OntapFileSystem", "fs-2", kmsKeyId="arn:other")
    assert "--> key" not in drawn(*WHOLE[:-2], other)


def test_a_part_that_is_missing_leaves_no_trace() -> None:
    text = drawn(*WHOLE[:8])
    assert "key store" not in text
    assert "--> trust" not in text
    assert "network of another stack" in drawn(hsm(1, "a"))


def test_secrets_and_signs_of_mermaid_do_not_get_into_the_text() -> None:
    store = dynamic("CustomKeyStore", key_store_name='a"b`c', connection_state=SECRET)
    text = drawn(store)
    assert "a#quot;b#96;c" in text
    assert "ciphertext" not in text


def test_what_waits_to_be_deleted_is_not_shown() -> None:
    assert "hsm-9" not in drawn({**hsm(9, "a"), "delete": True})


def test_a_state_is_read_from_a_pipe_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(state(*WHOLE)))
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("```mermaid\nflowchart TB\n")
    assert shown.rstrip().endswith("```")
    for text in ("", "[]", '{"steps": []}'):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert main([]) == 2
        assert "pulumi stack export" in capsys.readouterr().err
        with pytest.raises(StateError):
            read_state(text)


def test_an_empty_stack_is_a_diagram_too() -> None:
    empty = read_state('{"deployment": {}}')
    assert mermaid(empty).startswith("flowchart")
