"""Sizes, ports, prices and commands of FSx for ONTAP."""

from __future__ import annotations

import pytest

from pulumi_cloudhsm.file_system.ontap import Deployment, cost, mount_commands, ports


def test_ports_are_those_of_the_protocols_and_of_management() -> None:
    def numbers(*protocols: str) -> set[tuple[str, int, int]]:
        return {(port.protocol, port.first, port.last) for port in ports(protocols)}

    management = {("icmp", -1, -1), ("tcp", 22, 22), ("tcp", 443, 443)}
    assert numbers() == management
    assert numbers("iscsi") - management == {("tcp", 3260, 3260)}
    assert {("tcp", 2049, 2049), ("udp", 4045, 4046), ("udp", 4049, 4049)} <= numbers("nfs")
    assert numbers("smb", "nfs") == numbers("smb") | numbers("nfs")


def test_labels_tell_rules_apart() -> None:
    labels = [port.label for port in ports(["nfs", "smb", "iscsi"])]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("deployment", Deployment)
def test_every_deployment_has_its_generations_sizes(deployment: Deployment) -> None:
    first = deployment.endswith("_1")
    assert min(deployment.throughputs) == (128 if first else 384)
    assert deployment.max_capacity_gib == (196_608 if first else 524_288)
    assert deployment.in_two_zones == ("MULTI" in deployment)


def test_two_zones_cost_about_twice_as_much() -> None:
    assert cost(Deployment.SINGLE_AZ_1, 1024, 128).startswith("about 220 USD a month (0.30")
    assert cost(Deployment.MULTI_AZ_1, 1024, 128).startswith("about 410 USD a month (0.56")


def test_each_volume_has_its_command() -> None:
    commands = mount_commands("svm.example", [("data", "/data"), ("logs", "/var/logs")])
    assert commands["logs"] == "sudo mount -t nfs -o nfsvers=4.1 svm.example:/var/logs /mnt/logs"
