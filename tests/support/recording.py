"""The program without an engine: runs it as the language host does, and records what it registers.

Pulumi's own mocks keep a resource's inputs only. This monitor keeps the whole registration as it
would go to the engine (options, dependencies, hooks), and does what the engine does with it where a
test depends on that: state, creation hooks, error hooks, imports, secret outputs.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2, source_pb2
from pulumi.runtime.settings import Settings, get_project, get_stack
from pulumi.runtime.stack import run_in_stack

from pulumi_cloudhsm.config.keys import NAMESPACE, SECRETS
from tests.support.fake_authorities import FakePca
from tests.support.fake_cloud import FakeCloudHsm, World
from tests.support.fake_file_systems import FakeFsx, FakeKms
from tests.support.fake_owned import DEPLOYMENT_ID

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "__main__.py"
ORGANIZATION, PROJECT, STACK = "organization", "cloudhsm", "dev"
ACCOUNT = "123456789012"
_STACK = "pulumi:pulumi:Stack"
OWNER = f"{ORGANIZATION}/{PROJECT}/{STACK}/cloudhsm"
"""The readable tag's value, but for the resource: `-cluster`, `-network-vpc` and so on follow."""


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it; inputs keep their secret wrappings."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    request: resource_pb2.RegisterResourceRequest

    def __getitem__(self, key: str) -> Any:
        """An input without its secret wrapping."""
        return bare(self.inputs[key])

    def has_secret(self, key: str) -> bool:
        """Whether an input is wrapped as a secret, as a whole."""
        return is_secret(self.inputs[key])


@dataclass
class Run:
    """What one run of the program did."""

    resources: list[Registered] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    logs: list[tuple[str, str]] = field(default_factory=list)
    invokes: list[str] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    hooks: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    def __getitem__(self, name: str) -> Registered:
        """The resource with that logical name."""
        return next(one for one in self.resources if one.name == name)

    def __contains__(self, name: str) -> bool:
        return any(one.name == name for one in self.resources)

    def of(self, package: str) -> list[Registered]:
        """All resources of a package, for example `aws`."""
        return [one for one in self.resources if one.type.startswith(f"{package}:")]

    def said(self, severity: str) -> list[str]:
        """The lines logged with that severity: info, warning or error."""
        return [text for level, text in self.logs if level == severity]

    def ancestors(self, name: str) -> set[str]:
        """Logical names of everything that has to be finished before this resource is begun."""
        by_urn = {one.urn: one for one in self.resources}
        found: set[str] = set()
        waiting = [self[name]]
        while waiting:
            for urn in waiting.pop().request.dependencies:
                if by_urn[urn].name not in found:
                    found.add(by_urn[urn].name)
                    waiting.append(by_urn[urn])
        return found

    def succeeded(self) -> Run:
        """This run, which must not have failed."""
        if self.error is not None:
            raise self.error
        return self


def run(
    config: Mapping[str, str],
    *,
    preview: bool = False,
    world: World | None = None,
    stack: str = STACK,
    secrets: tuple[str, ...] = tuple(f"{NAMESPACE}:{key}" for key in SECRETS),
    program: Callable[[], None] | None = None,
    project: str = PROJECT,
) -> Run:
    """Runs the program, or a piece of one, and returns what it did; never raises its failure.

    Args:
        config: full keys (`cloudhsm:mode`) and values as the engine hands them over, see `config`.
        preview: whether it is a preview: nothing is created, what is not there yet is unknown.
        world: what AWS and the providers answer, and what earlier runs have made there.
        stack: the stack's name.
        secrets: keys of the config that are secret.
        program: instead of the project's own.
        project: the project's name.
    """
    done = Run()
    world = world or World()
    # What this run makes is in the state only for the next one.
    world.remember()
    monitor = _Monitor(done, world, preview)

    def body() -> None:
        settings = Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=_Log(done),
            dry_run=preview,
            organization=ORGANIZATION,
        )
        settings.callbacks = _Hooks(done)  # pyright: ignore[reportAttributeAccessIssue]
        pulumi.runtime.configure(settings)
        pulumi.runtime.set_all_config(dict(config), list(secrets))
        fake = FakeCloudHsm(world)
        with (
            # For the engine's own diagnostics; a tenth of a run's time goes into it.
            patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace),
            patch("pulumi_cloudhsm.account.place.account_of", world.account_of),
            patch("pulumi_cloudhsm.cluster.resources.CloudHsm", lambda _: fake),
            patch("pulumi_cloudhsm.hsms.component.CloudHsm", lambda _: fake),
            patch(
                "pulumi_cloudhsm.cluster.preflight.zones_with_cloudhsm", world.zones_with_cloudhsm
            ),
            patch("pulumi_cloudhsm.cluster.preflight.addresses_in_use", world.addresses_in_use),
            world.secrets.patched(),
            world.owned.patched(),
            patch("pulumi_cloudhsm.recovery.deployment_identity.uuid.uuid4", lambda: DEPLOYMENT_ID),
            patch("pulumi_cloudhsm.recovery.kinds.CloudHsm", lambda _: fake),
            patch("pulumi_cloudhsm.recovery.kinds.Fsx", lambda _: FakeFsx(world.files)),
            patch("pulumi_cloudhsm.recovery.kinds.AcmPca", lambda _: FakePca(world.private_cas)),
            patch("pulumi_cloudhsm.aws.kms.Kms", lambda _: FakeKms(world.files)),
            patch("pulumi_cloudhsm.file_system.lookup.CloudHsm", lambda _: fake),
            patch("pulumi_cloudhsm.file_system.lookup.Fsx", lambda _: FakeFsx(world.files)),
            patch("pulumi_cloudhsm.file_system.lookup.Kms", lambda _: FakeKms(world.files)),
        ):
            asyncio.run(_finished(monitor, program or _whole_program))

    try:
        # The SDK keeps settings and stack in context variables: a context of its own per run.
        contextvars.copy_context().run(body)
    except Exception as error:
        done.error = error
    return done


def config(**changes: Any) -> dict[str, str]:
    """The configuration of the development stack as the engine hands it to the program.

    A change of a section is laid over what the stack has of it, key by key; None takes a key away.

    Args:
        changes: for example `hsms={"count": 2}`, `disposable=None`.
    """
    stack: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    given = _laid_over(stack, {f"{NAMESPACE}:{key}": value for key, value in changes.items()})
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()
    }


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        both = isinstance(value, dict) and isinstance(before, dict)
        found[key] = _laid_over(before, value) if both else value
    return {key: value for key, value in found.items() if value is not None}


def is_secret(value: Any) -> bool:
    """Whether a value is wrapped as a secret."""
    return rpc.is_rpc_secret(value)


def bare(value: Any) -> Any:
    """A value without any secret wrapping."""
    if isinstance(value, dict):
        if is_secret(value):
            return bare(value["value"])
        return {key: bare(item) for key, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value


def strings_in_clear(value: Any) -> Iterator[str]:
    """All strings of a value that are not wrapped as secrets, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in_clear(item)
    elif isinstance(value, dict) and not is_secret(value):
        for key, item in value.items():
            yield key
            yield from strings_in_clear(item)


async def _finished(monitor: _Monitor, program: Callable[[], None]) -> None:
    monitor.loop = asyncio.get_running_loop()
    # Outputs that nobody awaits after a failure are no news: the failure itself is reported.
    monitor.loop.set_exception_handler(lambda *_: None)
    await run_in_stack(program)


def _whole_program() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")


_NO_HOOKS = resource_pb2.RegisterResourceRequest.ResourceHooksBinding()


class _Monitor(MockMonitor):
    """Records, and answers for the engine."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, done: Run, world: World, preview: bool) -> None:
        super().__init__(mocks=None)  # pyright: ignore[reportArgumentType]
        self._done, self._world, self._preview = done, world, preview
        self._lock = threading.Lock()

    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        with self._lock:
            self._done.invokes.append(request.tok)
        once = self._world.refused_once.pop(request.tok, None)
        if refusal := once or self._world.refused_invokes.get(request.tok):
            failure = provider_pb2.CheckFailure(reason=refusal)
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        given = json_format.MessageToDict(request.args)
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "aws:ec2/getSubnet:getSubnet": lambda: self._world.subnet(given["id"]),
            "aws:index/getCallerIdentity:getCallerIdentity": lambda: {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": lambda: {"region": self._world.region},
            "aws:ssm/getParameter:getParameter": lambda: {"insecureValue": "ami-0123456789"},
            "pulumi:pulumi:readStackResourceOutputs": lambda: {
                "outputs": self._world.state_before_this_run
            },
        }
        try:
            answer = answers[request.tok]()
        except KeyError as missing:
            failure = provider_pb2.CheckFailure(reason=f"{missing} is not there")
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        fields: dict[str, Any] = {"return": _struct(answer)}  # a Python keyword
        return resource_pb2.ResourceInvokeResponse(**fields)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: the mocks of the SDK know a parent's own type only."""
        chain = parent.split("::")[2] if parent else _STACK
        types = type_ if chain == _STACK else f"{chain}${type_}"
        return "::".join((f"urn:pulumi:{get_stack()}", get_project(), types, name))

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        one = Registered(
            request.type,
            request.name,
            urn,
            json_format.MessageToDict(request.object),
            request,
        )
        with self._lock:
            self._done.resources.append(one)
        if not request.custom and not self._preview:
            self._world.urns[one.name] = urn
        id_, outputs = self._carried_out(one) if request.custom else ("", {})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=_struct(outputs))

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        *_, chain, name = request.urn.split("::", 3)
        outputs = json_format.MessageToDict(request.outputs)
        if chain == _STACK:
            self._done.exports = outputs
        elif not self._preview:
            self._world.registered[name] = outputs
        return empty_pb2.Empty()

    def _carried_out(self, one: Registered) -> tuple[str, dict[str, Any]]:
        if one.name in self._world.state:
            return self._world.state[one.name]
        if self._preview:
            # Nothing is made: inputs come back, all else stays unknown.
            return "", one.inputs
        hooks = one.request.hooks if not one.request.importId else _NO_HOOKS
        happening = pulumi.ResourceHookArgs(
            one.urn, "", one.name, one.type, new_inputs=bare(one.inputs)
        )
        for hook in hooks.before_create:
            self._call(hook, happening)
        if refusal := self._world.refusals.get(one.name):
            self._refuse(one, refusal)
        id_, computed = self._world.made(one.type, one.name, bare(one.inputs))
        outputs = {**one.inputs, **computed}
        for key in one.request.additionalSecretOutputs:
            if key in outputs and not is_secret(outputs[key]):
                outputs[key] = rpc.wrap_rpc_secret(outputs[key])
        self._world.state[one.name] = (one.request.importId or id_, outputs)
        self._world.urns[one.name] = one.urn
        for hook in hooks.after_create:
            self._call(hook, happening)
        return self._world.state[one.name]

    def _refuse(self, one: Registered, refusal: str) -> None:
        for hook in one.request.hooks.on_error:
            failure = pulumi.ErrorHookArgs(
                one.urn,
                "",
                one.name,
                one.type,
                new_inputs=bare(one.inputs),
                failed_operation="create",
                errors=[refusal],
            )
            if self._call(hook, failure):
                self._done.retries.append(one.name)
        raise RuntimeError(refusal)

    def _call(self, hook: str, happening: pulumi.ResourceHookArgs | pulumi.ErrorHookArgs) -> Any:
        """Calls a hook where the SDK calls it: in the loop's thread, a resource's being another."""

        async def in_loop() -> Any:
            return self._done.hooks[hook](happening)

        return asyncio.run_coroutine_threadsafe(in_loop(), self.loop).result(timeout=30)


class _Log:
    """The engine's log."""

    def __init__(self, done: Run) -> None:
        self._done = done

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802
        severity = engine_pb2.LogSeverity.Name(request.severity).lower()
        if severity != "debug":
            self._done.logs.append((severity, request.message))


class _Hooks:
    """Keeps the program's hooks by name, where the SDK would serve them to the engine."""

    def __init__(self, done: Run) -> None:
        self._done = done

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._done.hooks[hook.name] = hook

    def register_error_hook(self, hook: pulumi.ErrorHook) -> None:
        self._done.hooks[hook.name] = hook


def _struct(value: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())
