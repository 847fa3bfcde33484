"""The plugin as a process: one line for each mistake, secrets that stay marked, and an end."""

from __future__ import annotations

import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import empty_pb2, json_format
from pulumi.runtime import proto, rpc

from pulumi_cloudhsm.errors import StateError
from pulumi_cloudhsm.plugin.engine import Engine
from pulumi_cloudhsm.plugin.servicer import Servicer
from pulumi_cloudhsm.serving import SERVING, log_line, pause
from tests.components.plugin.plugin_process import URN, Plugin, plugin, struct

PASSPHRASE = "correct horse battery staple"
SECONDS = 60


def ca_key(**more: str) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    given = {"private_key_pem": key.decode(), "passphrase": PASSPHRASE} | more
    return {
        "path": "certificates/ca.key",
        **{name: rpc.wrap_rpc_secret(value) for name, value in given.items()},
    }


def failure(plugin: Plugin, call: str, request: Any) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        getattr(plugin.stub, call)(request, timeout=SECONDS)
    return str(refused.value.details())


def test_one_process_answers_the_engine_from_the_first_question_to_its_end(tmp_path: Path) -> None:
    """Several claims: each process costs a second."""
    with plugin(tmp_path) as served:
        configured = served.stub.Configure(proto.ConfigureRequest(), timeout=SECONDS)
        assert configured.acceptSecrets, "without it a construction is given its secrets in clear"
        schema = json.loads(served.stub.GetSchema(proto.GetSchemaRequest(), timeout=SECONDS).schema)
        assert schema["version"] == served.stub.GetPluginInfo(empty_pb2.Empty()).version

        made = served.create("CaKeyFile", ca_key())
        assert (tmp_path / made.id).read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY")
        assert PASSPHRASE not in json_format.MessageToJson(made.properties)

        urn = URN.format("CaKeyFile")
        short = proto.CheckRequest(urn=urn, news=struct(ca_key(passphrase="short")))
        checked = served.stub.Check(short, timeout=SECONDS)
        (found,) = checked.failures
        assert (found.property, found.reason) == ("passphrase", "give at least 12 characters")
        travelling = json_format.MessageToDict(checked.inputs)
        assert rpc._special_sig_key in travelling["passphrase"], "it is still marked as a secret"

        unknown = proto.CreateRequest(urn=URN.format("FromTheFuture"), properties=struct({}))
        line = failure(served, "Create", unknown)
        assert line.startswith("cloudhsm:index:FromTheFuture is no resource of this version")
        assert "\n" not in line

        construct = proto.ConstructRequest(
            project="vault", stack="dev", type="cloudhsm:index:Vault", name="vault"
        )
        line = failure(served, "Construct", construct)
        assert line == "cloudhsm:index:Vault is no component: use cloudhsm:index:CloudHsmDeployment"

        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(SECONDS) == 0


def test_a_plugin_whose_engine_is_gone_ends(tmp_path: Path) -> None:
    with plugin(tmp_path) as served:
        served.engine.stop(None).wait()
        assert served.process.wait(SECONDS) == 1


class Context:
    """Keeps how a call was aborted."""

    def abort(self, _code: grpc.StatusCode, line: str) -> None:
        raise grpc.RpcError(line)


def answer(servicer: Servicer, ask: Any, urn: str = "") -> str:
    context: Any = Context()
    with pytest.raises(grpc.RpcError) as refused:
        servicer._answer(context, urn, ask)  # pyright: ignore[reportPrivateUsage]
    return str(refused.value)


def raises(error: Exception) -> Any:
    def ask() -> None:
        raise error

    return ask


def test_an_error_is_a_line_in_the_names_of_the_user_and_a_defect_has_its_trace() -> None:
    servicer = Servicer("0.1.0", Engine(""))
    line = "give key_store.key_alias another value, or set client.host False"
    told = "give keyStore.keyAlias another value, or set client.host false"
    assert answer(servicer, raises(StateError(line))) == told
    assert answer(servicer, raises(pulumi.RunError(line))) == told
    assert "Traceback" in answer(servicer, raises(KeyError("hsms")))


def test_a_cancelled_run_ends_its_waits_with_what_goes_on_at_aws() -> None:
    servicer = Servicer("0.1.0", Engine(""))
    waiting = threading.Event()

    def ask() -> None:
        waiting.set()
        pause(3600)

    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(answer, servicer, ask)
        assert waiting.wait(SECONDS)
        servicer.cancel()
        assert "what AWS was asked for goes on there" in told.result(SECONDS)
    assert "interrupted" in answer(servicer, lambda: pause(3600)), "and none begins after it"


def test_progress_goes_to_the_log_at_its_resource(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []

    class Log(Engine):
        def report(self, urn: str, line: str) -> None:
            lines.append((urn, line))

    servicer = Servicer("0.1.0", Log(""))
    answer(servicer, lambda: [log_line("hsms.count is 2"), raises(StateError("no"))()], "urn:x")
    assert lines == [("urn:x", "hsms.count is 2")]
    assert SERVING.get() is None, "what is not served is not told from there any more"
