"""The client: whose passwords, whose host, and what is refused before anything is declared."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.client.args import ClientArgs, SshArgs
from pulumi_cloudhsm.client.component import Client
from pulumi_cloudhsm.client.ssh_runner import SshRunner
from pulumi_cloudhsm.client.ssm_runner import SsmRunner
from pulumi_cloudhsm.validation import InputError
from tests.support.cluster_facts import known_cluster
from tests.support.fake_cloud import CLUSTER_ID, SECURITY_GROUP, World
from tests.support.recording import Run, bare, config, run, strings_in_clear
from tests.support.ssh import HOST_KEY

INSTANCE = "i-0123456789abcdef0"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
ADMIN_ARN, KMSUSER_ARN = f"{SECRET}admin-AbCdEf", f"{SECRET}kmsuser-AbCdEf"
SSH = SshArgs(address="host.example", host_key=HOST_KEY, private_key="-----BEGIN OPENSSH")
HOST, NAT = "client-host-instance", "client-host-network-nat"
ADMIN, KMSUSER = "client-password-admin", "client-password-kmsuser"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
RUNNERS: list[object] = []


def declared(args: ClientArgs, *, facts: dict[str, Any] | None = None, **given: Any) -> Run:
    def program() -> None:
        client = Client("client", args, cluster=known_cluster(**facts or {}), **given)
        RUNNERS.append(client.runner)
        pulumi.export("adminSecret", client.admin_secret)
        pulumi.export("kmsUserSecret", client.kms_user_secret)
        pulumi.export("instanceId", client.instance_id)

    return run({}, program=program)


def test_a_password_and_a_host_with_its_own_network_are_made() -> None:
    done = declared(ClientArgs()).succeeded()
    assert done[ADMIN]["secret_name"] == f"cloudhsm/{CLUSTER_ID}/admin"
    assert KMSUSER not in done
    subnets = [one["cidrBlock"] for one in done.of("aws") if one.type.endswith(":Subnet")]
    assert sorted(subnets) == ["10.42.224.0/20", "10.42.240.0/20"]
    zones = {one["availabilityZone"] for one in done.of("aws") if one.type.endswith(":Subnet")}
    assert zones == {"eu-central-1a"}
    assert NAT in done.ancestors(HOST)
    assert SECURITY_GROUP in done[HOST]["vpcSecurityGroupIds"]
    assert done[HOST]["tags"]["team"] == "keys"
    secret = done[ADMIN]["tags"]
    assert (secret["team"], secret["Name"]) == ("keys", f"cloudhsm/{CLUSTER_ID}/admin")
    assert secret["pulumi-cloudhsm-id"] == done[HOST]["tags"]["pulumi-cloudhsm-id"]
    assert secret["pulumi-cloudhsm"].endswith(f"/{ADMIN}")
    assert bare(done.exports)["instanceId"] == f"id-of-{HOST}"
    assert isinstance(RUNNERS[-1], SsmRunner)


def test_the_host_may_read_the_two_secrets_and_no_other() -> None:
    done = declared(ClientArgs(), kms_user=True).succeeded()
    policy = json.loads(done["client-host-rights"]["policy"])
    reading = [one for one in policy["Statement"] if "secretsmanager" in str(one["Action"])]
    exports = bare(done.exports)
    assert [one["Resource"] for one in reading] == [
        [exports["adminSecret"], exports["kmsUserSecret"]]
    ]


def test_a_key_encrypts_the_secrets_and_the_host_may_decrypt_these_with_it() -> None:
    done = declared(ClientArgs(secrets_kms_key=KEY), kms_user=True).succeeded()
    assert [done[one]["kms_key"] for one in (ADMIN, KMSUSER)] == [KEY, KEY]
    policy = json.loads(done["client-host-rights"]["policy"])
    (decrypting,) = [one for one in policy["Statement"] if one["Action"] == "kms:Decrypt"]
    exports = bare(done.exports)
    secrets = [exports["adminSecret"], exports["kmsUserSecret"]]
    assert decrypting["Resource"] == KEY
    assert decrypting["Condition"] == {"StringEquals": {"kms:EncryptionContext:SecretARN": secrets}}


def test_a_subnet_that_is_given_gets_the_host_and_no_network_is_made() -> None:
    facts = {"vpc_cidr": None}
    done = declared(ClientArgs(subnet_id="subnet-0123456789abcdef9"), facts=facts).succeeded()
    assert done[HOST]["subnetId"] == "subnet-0123456789abcdef9"
    assert NAT not in done


@pytest.mark.parametrize(
    ("args", "instance_id", "runner"),
    [
        (ClientArgs(host=False), None, SsmRunner),
        (ClientArgs(instance_id=INSTANCE), INSTANCE, SsmRunner),
        (
            ClientArgs(host=False, instance_id=INSTANCE),
            INSTANCE,
            SsmRunner,
        ),
        (ClientArgs(ssh=SSH), None, SshRunner),
    ],
)
def test_no_host_is_made_where_it_is_off_or_another_is_given(
    args: ClientArgs, instance_id: str | None, runner: type
) -> None:
    done = declared(args, facts={"vpc_cidr": None}).succeeded()
    assert [one.name for one in done.of("aws")] == []
    assert ADMIN in done, "the password is kept"
    assert bare(done.exports).get("instanceId") == instance_id
    assert isinstance(RUNNERS[-1], runner)


def test_secrets_that_are_given_are_taken_and_none_is_made() -> None:
    done = declared(
        ClientArgs(), admin_secret=ADMIN_ARN, kms_user_secret=KMSUSER_ARN, kms_user=True
    ).succeeded()
    assert ADMIN not in done
    assert KMSUSER not in done
    exports = bare(done.exports)
    assert (exports["adminSecret"], exports["kmsUserSecret"]) == (ADMIN_ARN, KMSUSER_ARN)


def test_passwords_are_protected_as_the_cluster_is_and_a_host_never() -> None:
    done = declared(ClientArgs()).succeeded()
    assert done[ADMIN].request.protect
    assert not done[HOST].request.protect
    disposable = declared(ClientArgs(), facts={"protect": False}).succeeded()
    assert not disposable[ADMIN].request.protect


def test_no_private_key_is_shown_among_the_inputs() -> None:
    done = declared(ClientArgs(ssh=SSH)).succeeded()
    for one in done.resources:
        assert not any("OPENSSH" in text for text in strings_in_clear(one.inputs)), one.name
    assert bare(done["client"].inputs)["ssh"]["address"] == "host.example"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (ClientArgs(instance_id="instance"), "instance_id is 'instance'"),
        (ClientArgs(subnet_id=""), "subnet_id"),
        (ClientArgs(secrets_kms_key="alias/passwords"), "secrets_kms_key is 'alias/passwords'"),
        (ClientArgs(cli_package="cli.rpm"), "https://"),
        (ClientArgs(cli_package="https://host/cli.rpm"), "cli_package_sha256 is None"),
        (ClientArgs(cli_package_sha256="AB"), "cli_package_sha256 is 'AB'"),
        (ClientArgs(instance_type="t4g.micro"), "x86-64"),
        (ClientArgs(ssh=SSH, instance_id=INSTANCE), "by SSH"),
        (
            ClientArgs(ssh=SshArgs(address="", host_key="a b", private_key="")),
            "ssh.address is ''",
        ),
        (
            ClientArgs(ssh=SshArgs(address="host", host_key="AAAA", private_key="")),
            "ssh.host_key is 'AAAA'",
        ),
        (
            ClientArgs(ssh=SshArgs(address="host", host_key=HOST_KEY, private_key="", port=0)),
            "ssh.port is 0",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(args: ClientArgs, told: str) -> None:
    done = declared(args)
    assert isinstance(done.error, InputError)
    assert told in str(done.error)
    assert "\n" not in str(done.error)
    assert done.resources == []


def test_a_host_in_a_network_that_was_given_needs_a_subnet_with_a_way_to_aws() -> None:
    done = declared(ClientArgs(), facts={"vpc_cidr": None})
    assert isinstance(done.error, InputError)
    assert "subnet_id is None" in str(done.error)
    assert "NAT gateway" in str(done.error)
    assert done.resources == []


def test_the_newest_image_is_asked_for_only_where_the_host_is_new() -> None:
    world, token = World(), "aws:ssm/getParameter:getParameter"
    first = run(config(activation={"mode": "ssm"}), world=world).succeeded()
    again = run(config(activation={"mode": "ssm"}), world=world.as_left()).succeeded()
    name = "cloudhsm-client-host-instance"
    assert first.invokes.count(token) == 1
    assert token not in again.invokes
    assert again[name]["ami"] == first[name]["ami"]


@pytest.mark.parametrize("preview", [True, False])
def test_an_image_that_may_not_be_read_is_one_line_before_anything_is_made(preview: bool) -> None:
    refusal = "AccessDeniedException: not authorized to perform: ssm:GetParameter"
    world = World(refused_invokes={"aws:ssm/getParameter:getParameter": refusal})
    done = run(config(activation={"mode": "ssm"}), world=world, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    line = str(done.error)
    for part in (refusal, "allow ssm:GetParameter", "client.instance_id"):
        assert part in line
    assert "\n" not in line


def given_secrets(world: World, *, preview: bool = False) -> Run:
    def program() -> None:
        given = {"admin_secret": "boss", "kms_user_secret": "user", "kms_user": True}
        Client("client", ClientArgs(), cluster=known_cluster(), **given)

    return run({}, program=program, world=world, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("secret", "field", "held"),
    [
        ("boss", "activation.admin_secret", "with: colon"),
        ("user", "key_store.kms_user_secret", "with-hyphen"),
    ],
)
def test_a_secret_that_is_no_password_is_told_before_a_host_is_made(
    secret: str, field: str, held: str, preview: bool
) -> None:
    world = World()
    world.secrets.held[secret] = held
    done = given_secrets(world, preview=preview)
    assert str(done.error).startswith(f"{field} is '{secret}': ")
    assert held not in str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert HOST not in done


def test_fitting_secrets_are_read_once() -> None:
    world = World()
    given_secrets(world).succeeded()
    read = sorted(one for one in world.secrets.calls if one.startswith("GetSecretValue"))
    assert read == ["GetSecretValue boss", "GetSecretValue user"]


def test_a_secret_that_was_used_is_not_read_again() -> None:
    world = World()
    later = world.as_left()
    for part, user in (
        ("Activation", "ClusterActivation"),
        ("KeyStore", "CustomKeyStore"),
    ):
        kind = f"cloudhsm:index:{part}$pulumi-python:dynamic/cloudhsm:{user}"
        later.urns[user] = f"urn:pulumi:dev::cloudhsm::{kind}::{user}"
    given_secrets(later).succeeded()
    assert not [one for one in later.secrets.calls if one.startswith("GetSecretValue")]
