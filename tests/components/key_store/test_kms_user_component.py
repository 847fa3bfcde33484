"""kmsuser: a program makes it once all HSMs are ACTIVE, whichever way the host is reached."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pytest

from pulumi_cloudhsm.client.args import ClientArgs, SshArgs
from pulumi_cloudhsm.client.component import Client
from pulumi_cloudhsm.hsms.component import AdditionalHsms
from pulumi_cloudhsm.key_store.kms_user_component import KmsCryptoUser
from tests.support.cluster_facts import known_cluster
from tests.support.recording import Run, bare, run
from tests.support.ssh import HOST_KEY

SSH = SshArgs(address="host.example", host_key=HOST_KEY, private_key="secret")
USER = "kms-user"


def two_hsms() -> AdditionalHsms:
    """What the component reads of AdditionalHsms."""
    return cast(
        AdditionalHsms,
        SimpleNamespace(
            hsms=pulumi.Output.from_input(
                [{"id": "hsm-b", "ip": "10.0.0.2"}, {"id": "hsm-a", "ip": "10.0.0.1"}]
            ),
            all_active=aws.ec2.Eip("all-active"),
        ),
    )


def declared(args: ClientArgs, *, kms_user: bool = True, **facts: Any) -> Run:
    def program() -> None:
        cluster = known_cluster(**facts)
        client = Client("client", args, cluster=cluster, kms_user=kms_user)
        user = KmsCryptoUser("kms", cluster=cluster, hsms=two_hsms(), client=client)
        pulumi.export("secret", user.secret)

    return run({}, program=program)


def test_by_systems_manager_it_is_a_resource_that_runs_the_program_on_the_instance() -> None:
    done = declared(ClientArgs()).succeeded()
    given = bare(done[USER].inputs)
    assert given["hsm_ids"] == ["hsm-a", "hsm-b"]
    assert given["instance"]["hsm_ips"] == ["10.0.0.2", "10.0.0.1"]
    assert given["instance"]["kms_user_secret"] == bare(done.exports)["secret"]
    assert "client-host-instance" in done.ancestors(USER)
    assert done[USER].request.protect


def test_by_ssh_it_is_a_command_that_runs_again_when_hsms_are_added() -> None:
    done = declared(ClientArgs(ssh=SSH)).succeeded()
    assert done[USER].type == "command:remote:Command"
    assert done[USER]["triggers"] == ["hsm-a", "hsm-b"]
    assert not done[USER].request.ignoreChanges
    assert bare(done.exports)["secret"] in done[USER]["stdin"]


@pytest.mark.parametrize("args", [ClientArgs(), ClientArgs(ssh=SSH)])
def test_it_waits_until_all_hsms_are_active(args: ClientArgs) -> None:
    done = declared(args).succeeded()
    assert "all-active" in done.ancestors(USER)


def test_a_client_without_its_password_is_refused() -> None:
    assert "kms_user=True" in str(declared(ClientArgs(), kms_user=False).error)
