"""Who activates a cluster, what is declared for it, and what the user is told to do next."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.activation.args import ActivationArgs
from pulumi_cloudhsm.activation.component import Activation
from pulumi_cloudhsm.client.args import ClientArgs, SshArgs
from pulumi_cloudhsm.client.component import Client
from pulumi_cloudhsm.validation import InputError
from tests.support.cluster_facts import known_cluster
from tests.support.fake_cloud import HSM_IP, SECURITY_GROUP
from tests.support.recording import Run, bare, run
from tests.support.ssh import HOST_KEY

SSH = SshArgs(address="host.example", host_key=HOST_KEY, private_key="secret")
CLIENTS = {"ssm": ClientArgs(), "ssh": ClientArgs(ssh=SSH)}
WAIT, COMMAND = "activation-wait", "activation-activate"


def declared(mode: str = "none", *, preview: bool = False, **changes: Any) -> Run:
    def program() -> None:
        cluster = known_cluster(**changes)
        client = None
        if mode in CLIENTS:
            client = Client("client", CLIENTS[mode], cluster=cluster)
        args = ActivationArgs(mode=mode)
        activation = Activation("activation", args, cluster=cluster, client=client)
        pulumi.export("state", activation.state)
        pulumi.export("nextStep", activation.next_step)
        pulumi.export("waits", activation.resource is not None)

    return run({}, program=program, preview=preview).succeeded()


def told(done: Run) -> str:
    return bare(done.exports)["nextStep"]


def test_without_a_mode_nothing_is_activated_and_the_commands_are_told() -> None:
    done = declared()
    assert WAIT not in done
    assert bare(done.exports)["state"] == "INITIALIZED"
    assert bare(done.exports)["waits"] is False
    for part in (SECURITY_GROUP, HSM_IP, "certificates/dev/customerCA.crt", "cluster activate"):
        assert part in told(done)


def test_a_person_is_given_the_commands_and_waited_for() -> None:
    done = declared("manual")
    assert "cloudhsm-cli cluster activate" in done[WAIT]["instructions"]
    assert "instance" not in bare(done[WAIT].inputs)
    assert COMMAND not in done
    assert bare(done.exports) == {"state": "ACTIVE", "nextStep": told(done), "waits": True}


@pytest.mark.parametrize("preview", [True, False])
def test_by_systems_manager_the_resource_that_waits_runs_the_program_itself(preview: bool) -> None:
    done = declared("ssm", preview=preview)
    assert COMMAND not in done
    instance = bare(done[WAIT].inputs)["instance"]
    assert instance["hsm_ips"] == [HSM_IP]
    assert instance["region"] == "eu-central-1"
    assert "instructions" not in done[WAIT].inputs
    assert {"client-host-instance", "client-password-admin"} <= done.ancestors(WAIT)
    assert "BEGIN" not in str(done[WAIT].inputs["instance"]["ca_certificate"].keys())


def test_by_ssh_a_command_runs_the_program_once_and_is_waited_for() -> None:
    done = declared("ssh")
    assert COMMAND in done.ancestors(WAIT)
    assert "instance" not in done[WAIT].inputs
    assert set(done[COMMAND].request.ignoreChanges) == {"stdin", "connection"}
    assert done[COMMAND].has_secret("stdin")
    assert '"step": "activate"' in done[COMMAND]["stdin"]


def test_a_cluster_that_waits_for_its_certificate_is_not_activated() -> None:
    for mode in ("none", "manual", "ssm"):
        done = declared(mode, signing_instructions="Have the CSR signed.")
        assert WAIT not in done
        assert told(done) == "Have the CSR signed."


def test_what_follows_a_restored_cluster_waits_for_its_restoration() -> None:
    def program() -> None:
        restored = pulumi.ComponentResource("test:index:Restored", "restored")
        cluster = known_cluster(state="ACTIVE", restoration=restored)
        activation = Activation("activation", ActivationArgs(mode="manual"), cluster=cluster)
        assert activation.resource is restored
        pulumi.export("nextStep", activation.next_step)

    done = run({}, program=program).succeeded()
    assert WAIT not in done
    assert "the cluster is active" in told(done)


def test_the_next_step_names_fields_of_the_args_and_no_config_key() -> None:
    by_person, by_program = told(declared("manual")), told(declared("ssm"))
    assert "hsms.count" in by_person
    assert "key_store with its kms_user_secret" in by_person
    assert "hsms.count 2 and key_store" in by_program
    assert "client.host False" in by_program
    assert "cloudhsm:" not in by_person + by_program


def test_it_is_protected_as_the_cluster_is() -> None:
    assert declared("manual")[WAIT].request.protect
    assert not declared("manual", protect=False)[WAIT].request.protect


def test_an_unknown_mode_and_a_missing_client_are_refused() -> None:
    with pytest.raises(InputError, match="mode is 'robot'"):
        ActivationArgs(mode="robot").check()

    def without_client() -> None:
        Activation("activation", ActivationArgs(mode="ssm"), cluster=known_cluster())

    assert "needs a client" in str(run({}, program=without_client).error)
