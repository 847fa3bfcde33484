"""Pulumi's Python language host, for installs where only the CLI itself can be had.

The CLI starts it once per command and reads its port from the first line of stdout. It asks it to
run the program, policy packs and plugins in source, and ends it with SIGINT. It takes the
interpreter from `runtime.options` in Pulumi.yaml like the published host, so one Pulumi.yaml serves
both.
"""

from __future__ import annotations

# ruff: noqa: N802, ARG002 - names and arguments of the methods are gRPC's
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, json_format

from rehearsal.engine.hosts.interpreter import (
    PACK_FILE,
    PLUGIN_FILE,
    PROGRAM_FILE,
    SET_UP,
    InterpreterError,
    program_python,
)
from rehearsal.engine.hosts.plugin_process import PluginProcess
from rehearsal.parent_watch import end_with_parent

PROGRAM_RUNNER = Path(__file__).with_name("program_runner.py")
POLICY_RUNNER = Path(__file__).with_name("policy_runner.py")
LAUNCH = Path(__file__).with_name("launch.py")
SERVER_VARIABLE = "REHEARSAL_FORK_SERVER"  # as in launch.py
POLICY_PACK = "analyzer"  # the engine's word for that kind of plugin
# Each policy pack keeps one busy for the whole command.
MAX_CALLS = 32
ERROR_ALREADY_SHOWN = 32  # the program runner's exit code, as in the published host
AFTER_CANCEL_SECONDS = 3.0
NO_SIZE_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def _skip_the_sdk() -> None:
    """Let the generated gRPC stubs of the pulumi package be imported without its `__init__`.

    Every command starts this process; the whole SDK would cost it 0.4 s for nothing.
    """
    spec = find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the pulumi package is missing: run `make setup`")
    folder = Path(spec.submodule_search_locations[0])
    for name, path in (
        ("pulumi", folder),
        ("pulumi.runtime", folder / "runtime"),
        ("pulumi.runtime.proto", folder / "runtime" / "proto"),
    ):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package


if not TYPE_CHECKING and "pulumi" not in sys.modules:  # a fork has them already
    _skip_the_sdk()
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from grpc import ServicerContext


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine; runs one program at a time as a child process."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def stop_program(self) -> None:
        """Kill the running program, if any; what it asked of the engine is the engine's to end."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.kill()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Tell the engine nothing special; it tells us where it listens."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Message, context: ServicerContext) -> plugin_pb2.PluginInfo:
        """Give the SDK's version as ours."""
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Name no package: versions come with the resources the program registers."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Name no plugin, as GetRequiredPackages."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Name no dependency: only `pulumi about` shows them."""
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Install what a plugin in source needs; else make has made the virtual environment."""
        folder = Path(request.info.root_directory)
        if (folder / PLUGIN_FILE).exists():
            yield language_pb2.InstallDependenciesResponse(stdout=self._install(request.info))
            return
        is_pack = (folder / PACK_FILE).exists()
        command = SET_UP[PACK_FILE if is_pack else PROGRAM_FILE]
        text = f"Nothing to install here: `{command}` makes the virtual environment.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def About(
        self, request: language_pb2.AboutRequest, context: ServicerContext
    ) -> language_pb2.AboutResponse:
        """Name the interpreter that would run the program."""
        python = self._python(request.info, context)
        return language_pb2.AboutResponse(executable=python, version=sys.version.split()[0])

    def Cancel(self, request: Message, context: ServicerContext) -> empty_pb2.Empty:
        """Give the program a moment to end: the user has interrupted the command.

        It may still have to answer hooks of resources that fail because of the interruption.
        """
        threading.Timer(AFTER_CANCEL_SECONDS, self.stop_program).start()
        return empty_pb2.Empty()

    def Run(
        self, request: language_pb2.RunRequest, context: ServicerContext
    ) -> language_pb2.RunResponse:
        """Run the program to its end and say how it ended."""
        settings = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "monitor": request.monitor_address,
            "engine": self._engine_address,
            "root_directory": request.info.root_directory,
            "program_directory": request.info.program_directory,
            "entry_point": request.info.entry_point or ".",
            "arguments": list(request.args),
        }
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        # -u: the user sees the program's prints as they come.
        command = [self._python(request.info, context), "-u", str(PROGRAM_RUNNER)]
        if SERVER_VARIABLE in os.environ:
            command = [sys.executable, "-I", "-S", str(LAUNCH), "program", *command]
        try:
            self._child = subprocess.Popen(
                [*command, json.dumps(settings)],
                cwd=request.pwd or None,
                env=environment,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            return language_pb2.RunResponse(error=f"cannot start {command[0]}: {error}")
        if self._stopping.is_set():
            self._child.kill()
        code = self._child.wait()
        if code == 0:
            return language_pb2.RunResponse()
        if code == ERROR_ALREADY_SHOWN or self._stopping.is_set():
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}")

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack or plugin until the engine cancels the call; hand on what it prints."""
        folder = request.info.program_directory
        if request.kind == POLICY_PACK:
            python = self._python(request.info, context, PACK_FILE)
            command = [python, "-u", str(POLICY_RUNNER), *request.args, folder]
        else:
            python = self._python(request.info, context, PLUGIN_FILE)
            command = [python, "-u", folder, *request.args]
        environment = dict(one.split("=", 1) for one in request.env if "=" in one)
        try:
            plugin = PluginProcess(command, request.pwd or None, environment)
        except OSError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"cannot start {python}: {error}")
            raise  # as in _python
        if not context.add_callback(plugin.end):
            plugin.end()  # the call was cancelled before
        for stream, data in plugin.output():
            message: dict[str, Any] = {stream: data}
            yield language_pb2.RunPluginResponse(**message)
        yield language_pb2.RunPluginResponse(exitcode=plugin.wait())

    def _install(self, info: language_pb2.ProgramInfo) -> bytes:
        """Make the environment of a plugin in source, unless it is there; return what pip says."""
        folder = Path(info.root_directory)
        environment = folder / json_format.MessageToDict(info.options)["virtualenv"]
        if (environment / "bin" / "python").exists():
            return b""
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [environment / "bin" / "python", "-m", "pip", "install", "-r", "requirements.txt"]
        return subprocess.run(pip, cwd=folder, check=True, stdout=subprocess.PIPE).stdout

    def _python(
        self, info: language_pb2.ProgramInfo, context: ServicerContext, file: str = PROGRAM_FILE
    ) -> str:
        options = json_format.MessageToDict(info.options)
        folder = Path(info.root_directory or ".")
        try:
            return str(program_python(options, folder, os.environ, file))
        except InterpreterError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise  # abort always raises; this line is for the type checker


def main(arguments: list[str]) -> None:
    """Serve until SIGINT, SIGTERM or the end of the CLI that started us."""
    end_with_parent()
    # The engine's address is the last positional argument; flags (tracing, root …) come before it.
    address = next((word for word in reversed(arguments) if not word.startswith("-")), "")
    host = LanguageHost(address)

    def end_at_once(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        # A host that ignores SIGINT costs the user ten seconds per command, and one that leaves it
        # to Python prints a KeyboardInterrupt trace into their diagnostics.
        host.stop_program()
        os._exit(0)

    signal.signal(signal.SIGINT, end_at_once)
    signal.signal(signal.SIGTERM, end_at_once)
    server = grpc.server(ThreadPoolExecutor(max_workers=MAX_CALLS), options=NO_SIZE_LIMIT)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
