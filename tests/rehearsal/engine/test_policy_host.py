"""The language host runs policy packs as the published one does, and ends them with the call."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pulumi  # before the language host, which would otherwise leave most of it out
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from rehearsal.engine.hosts.language_host import POLICY_RUNNER, LanguageHost

ENGINE = "127.0.0.1:1"
SPEAKS = """
import os, sys, time
print(os.getpid(), flush=True)
print("trouble", file=sys.stderr, flush=True)
"""
SECONDS = 60.0

assert pulumi.runtime


@pytest.fixture
def host() -> Iterator[language_pb2_grpc.LanguageRuntimeStub]:
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(ENGINE), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield language_pb2_grpc.LanguageRuntimeStub(channel)
    server.stop(grace=None).wait()


def request(pack: Path, code: str = SPEAKS, **more: str) -> language_pb2.RunPluginRequest:
    """What the engine asks for a pack, which runs with this test's interpreter."""
    pack.joinpath("__main__.py").write_text(code)
    if not (pack / ".venv").exists():
        (pack / ".venv").symlink_to(sys.prefix)
    options = struct_pb2.Struct()
    options.update({"toolchain": "pip", "virtualenv": ".venv"})
    return language_pb2.RunPluginRequest(
        **{"kind": "analyzer", **more},
        pwd=str(pack),
        args=[ENGINE, "--logtostderr"],
        env=[*(f"{name}={value}" for name, value in os.environ.items()), "GIVEN=a=b"],
        info=language_pb2.ProgramInfo(
            root_directory=str(pack), program_directory=str(pack), options=options
        ),
    )


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + SECONDS
    while lives(pid):
        assert time.monotonic() < deadline, "the pack lives on"
        time.sleep(0.02)


def test_what_a_pack_prints_comes_as_it_is_printed_and_its_status_last(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    code = f"{SPEAKS}\nprint(sys.argv, os.environ['GIVEN'], os.getcwd())\nsys.exit(3)"
    messages = list(host.RunPlugin(request(tmp_path, code), timeout=SECONDS))

    assert messages[-1].exitcode == 3
    assert b"".join(one.stderr for one in messages) == b"trouble\n"
    printed = b"".join(one.stdout for one in messages).decode().splitlines()[1]
    assert f"'{ENGINE}', '--logtostderr', '{tmp_path}'" in printed, "as `python -m pulumi.policy`"
    assert printed.endswith(f"a=b {tmp_path}")


def test_a_pack_ends_when_the_engine_cancels_the_call(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    running = host.RunPlugin(request(tmp_path, f"{SPEAKS}\ntime.sleep(600)"), timeout=SECONDS)
    pid = next(int(one.stdout) for one in running if one.stdout)
    assert lives(pid)

    running.cancel()

    wait_for_end(pid)


def test_a_pack_ends_with_a_language_host_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(f"{SPEAKS}\ntime.sleep(600)")
    command = [sys.executable, "-u", str(POLICY_RUNNER), ENGINE, str(tmp_path)]
    starts = f"import subprocess; subprocess.run({command!r})"
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE) as host:
        assert host.stdout
        pid = int(host.stdout.readline())
        assert lives(pid)
        host.kill()
    wait_for_end(pid)


def test_a_pack_without_its_environment_is_one_line_that_says_how_to_make_it(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    asked = request(tmp_path)
    (tmp_path / ".venv").unlink()

    with pytest.raises(grpc.RpcError) as failure:
        list(host.RunPlugin(asked, timeout=SECONDS))

    assert "PulumiPolicy.yaml has no Python" in failure.value.details()
    assert "make policy" in failure.value.details()


def test_installing_a_pack_says_what_makes_its_environment(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    def said() -> bytes:
        info = language_pb2.ProgramInfo(root_directory=str(tmp_path))
        asked = language_pb2.InstallDependenciesRequest(info=info)
        return b"".join(one.stdout for one in host.InstallDependencies(asked, timeout=SECONDS))

    assert b"`make setup`" in said()
    (tmp_path / "PulumiPolicy.yaml").touch()
    assert b"`make policy`" in said()


def test_a_plugin_in_source_runs_with_its_own_environment_and_the_engine_s_arguments(
    host: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    asked = request(tmp_path, "import sys\nprint(sys.argv)", kind="resource")

    messages = list(host.RunPlugin(asked, timeout=SECONDS))

    assert messages[-1].exitcode == 0
    shown = b"".join(one.stdout for one in messages).decode()
    assert shown.strip() == str([str(tmp_path), ENGINE, "--logtostderr"])
