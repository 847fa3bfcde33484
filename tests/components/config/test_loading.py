"""The stack's configuration becomes the deployment's Args; nothing in it is silently ignored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from pulumi_cloudhsm import CloudHsmDeploymentArgs, NetworkArgs, Subject, Timing, TrustArgs
from pulumi_cloudhsm.config import StackConfig, load
from pulumi_cloudhsm.config.keys import FLAT
from pulumi_cloudhsm.config.loading import sections
from tests.support.recording import ROOT, Run, config, run
from tests.support.ssh import HOST_KEY

SSH = {"address": "host", "hostKey": HOST_KEY}


def loaded(given: dict[str, str]) -> StackConfig:
    found: list[StackConfig] = []
    run(given, program=lambda: found.append(load())).succeeded()
    return found[0]


def refused(given: dict[str, str], **keywords: Any) -> str:
    done = run(given, program=lambda: (load(), None)[1], **keywords)
    assert isinstance(done.error, pulumi.RunError), done.error
    assert "\n" not in str(done.error)
    return str(done.error)


def test_the_least_configuration_leaves_every_default_to_the_args() -> None:
    least = loaded(
        {
            "aws:region": "eu-central-1",
            "cloudhsm:network": '{"availabilityZones": ["eu-central-1a"]}',
            "cloudhsm:trust": '{"subject": {"commonName": "CA", "organization": "Corp"}}',
        }
    )
    assert least.name == "cloudhsm"
    assert least.args == CloudHsmDeploymentArgs(
        region="eu-central-1",
        network=NetworkArgs(availability_zones=["eu-central-1a"]),
        trust=TrustArgs(subject=Subject(common_name="CA", organization="Corp")),
    )


def test_every_section_is_read_into_its_record() -> None:
    found = loaded(
        config(
            clusterName="payments",
            hsms={"count": 3},
            cluster={"backupRetentionDays": 30},
            activation={"mode": "ssm"},
            client={"instanceType": "t3.small"},
            keyStore={"keyAlias": "storage"},
            fileSystem={"capacityGib": 2048, "volumes": [{"name": "data", "sizeGib": 10}]},
            files={"directory": "trust"},
            waits={"hsm": {"expectedSeconds": 10, "deadlineSeconds": 20}},
        )
    )
    args = found.args
    assert found.name == "payments"
    assert (args.hsms.count, args.cluster.backup_retention_days) == (3, 30)
    assert (args.activation.mode, args.client.instance_type) == ("ssm", "t3.small")
    assert args.key_store is not None
    assert args.key_store.key_alias == "storage"
    assert args.file_system is not None
    assert args.file_system.volumes[0].size_gib == 10
    assert args.files.directory == "trust"
    assert args.waits.hsm == Timing(10, 20)


def test_an_empty_section_asks_for_the_part_with_every_default() -> None:
    found = loaded(config(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={})).args
    assert found.key_store is not None
    assert found.file_system is None


def test_a_passphrase_asks_for_the_file_of_the_ca_key() -> None:
    found = loaded(config(caKeyPassphrase="correct horse battery")).args
    assert isinstance(found.files.ca_key_passphrase, pulumi.Output)


def test_a_certificate_may_be_given_as_the_path_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    line = refused(config(trust={"mode": "external", "subject": None, "caCertificate": str(file)}))
    assert "cloudhsm:trust" in line
    assert "no PEM file" not in line


def test_the_development_stack_sets_only_keys_that_are_read() -> None:
    stack = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    own = {key.removeprefix("cloudhsm:") for key in stack if key.startswith("cloudhsm:")}
    assert own <= {*FLAT, *sections()}
    assert set(stack) - {f"cloudhsm:{key}" for key in own} == {"aws:region"}


def test_pulumi_yaml_declares_no_key_so_that_a_fresh_stack_shows_only_its_own() -> None:
    assert "config" not in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def test_a_key_in_the_projects_own_namespace_is_told() -> None:
    done: Run = run(
        {**config(), "payments:keyStore": "{}"},
        program=lambda: (load(), None)[1],
        project="payments",
    ).succeeded()
    assert done.said("warning") == [
        "payments:keyStore is set and not read: this program reads cloudhsm:keyStore; move it there"
    ]


def test_a_secret_in_plain_text_is_refused_with_the_command_that_stores_it() -> None:
    for key in ("caKeyPassphrase", "sshPrivateKey"):
        line = refused(config(**{key: "a secret of many letters"}), secrets=())
        assert f"`pulumi config set --secret cloudhsm:{key}`" in line
        assert "a secret of" not in line


EXTERNAL = {"mode": "external", "subject": None}
# What is wrong, and what the line has to hold; values out of range are in test_bad_values.
BAD: list[tuple[dict[str, Any], str]] = [
    ({"hsmCount": 2}, "cloudhsm:hsmCount is set: there is no such key"),
    ({"keystore": {}}, "use cloudhsm:keyStore"),
    ({"hsms": {"cuont": 2}}, "cloudhsm:hsms.cuont is 'set': there is no such key; use count"),
    ({"waits": {"hsm": {"deadline": 5}}}, "use deadlineSeconds"),
    ({"network": "eu-central-1a"}, "it is an object; set one field of it with"),
    ({"hsms": [2]}, "give an object with count, places"),
    ({"disposable": "perhaps"}, "cloudhsm:disposable is 'perhaps': give true or false"),
    ({"clusterName": "my cluster"}, "cloudhsm:clusterName is 'my cluster'"),
    ({"clusterName": "9lives"}, "a letter first"),
    ({"network": {"availabilityZones": None}}, "cloudhsm:network"),
    ({"network": {"subnetIds": ["subnet-01234567"]}}, "cloudhsm:network"),
    ({"network": {"networkType": "IPV6"}}, "use IPV4 or DUALSTACK"),
    ({"cluster": {"backupRetentionDays": 6}}, "7 to 379 days"),
    ({"cluster": {"backupRetentionDays": "10 years"}}, "whole number of days, without the unit"),
    ({"hsms": {"count": 29}}, "cloudhsm:hsms.count is 29"),
    ({"hsms": {"count": 2}}, "cloudhsm:activation.mode"),
    ({"hsms": {"places": [{"zone": "eu-central-1a"}, {"zone": "eu-central-1b"}]}}, "IPv4 address"),
    ({"trust": {"mode": "own"}}, "cloudhsm:trust.mode is 'own'"),
    ({"trust": {"validityHours": "10 years"}}, "whole number of hours, without the unit"),
    ({"trust": {"validityHours": 24}}, "cloudhsm:trust.validityHours is 24"),
    ({"trust": {"clusterCertificateValidityHours": 87_660}}, "would end after its CA"),
    ({"trust": {**EXTERNAL, "caCertificate": "nowhere.pem"}}, "no PEM file can be read there"),
    ({"restore": {"backupId": "backup-abcdefghijk"}, "trust": None}, "cloudhsm:restore.ca"),
    ({"restore": {"backupId": "latest"}}, "cloudhsm:restore.backupId"),
    ({"activation": {"mode": "auto"}}, "use none, manual, ssm or ssh"),
    ({"activation": {"mode": "ssh"}}, "cloudhsm:client.ssh is None"),
    ({"activation": {"mode": "ssh"}, "client": {"ssh": SSH}}, "--secret cloudhsm:sshPrivateKey"),
    ({"client": {"instanceId": "host"}}, "cloudhsm:client.instanceId is 'host'"),
    ({"client": {"instanceType": "t4g.micro"}}, "x86-64"),
    ({"client": {"cliPackage": "http://x"}}, "https://"),
    ({"keyStore": {}}, "cloudhsm:hsms.count is 1: KMS needs 2 HSMs"),
    ({"keyStore": {"keyDeletionDays": 5}}, "7 to 30"),
    ({"keyStore": {"keyAlias": "aws/x"}}, "cloudhsm:keyStore.keyAlias"),
    ({"fileSystem": {}}, "cloudhsm:fileSystem.keyArn is None"),
    ({"fileSystem": {"keyArn": "alias/x"}}, "an alias may move"),
    ({"fileSystem": {"capacityGib": "2TiB"}}, "whole number of GiB, without the unit"),
    ({"fileSystem": {"throughputMbps": 100}}, "128, 256, 512"),
    ({"fileSystem": {"protocols": ["ftp"]}}, "nfs, smb, iscsi"),
    ({"fileSystem": {"backupDays": 91}}, "give 0 to 90"),
    ({"caKeyPassphrase": "short"}, "cloudhsm:caKeyPassphrase"),
]


@pytest.mark.parametrize(("changes", "line"), BAD, ids=[json.dumps(one)[:70] for one, _ in BAD])
def test_a_bad_configuration_is_one_line_with_key_value_and_fix(
    changes: dict[str, Any], line: str
) -> None:
    assert line in refused(config(**changes))


def test_nothing_is_declared_under_a_bad_configuration() -> None:
    assert run(config(hsms={"count": 99})).resources == []


def test_a_near_miss_of_the_namespace_is_refused() -> None:
    line = refused({**config(), "cloudhms:hsms": "{}"})
    assert line == "cloudhms:hsms is set: the namespace is cloudhsm; move it there"


def test_a_missing_region_says_how_to_set_it() -> None:
    given = config()
    del given["aws:region"]
    assert refused(given) == "aws:region is not set: run `pulumi config set aws:region REGION`"
    assert run(given).resources == []
