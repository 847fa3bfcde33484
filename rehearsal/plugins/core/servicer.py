"""The gRPC service of a provider plugin, shared by all stand-ins.

It unmarks and marks secrets, and checks names and types against the installed package. It decides
what a preview can tell and what a change replaces. The resource types do the rest. Errors go out as
text: `pulumi.provider.experimental` would send every one with its traceback.
"""

# The methods have the names of the protocol's calls, which its own documentation describes;
# requests and answers are messages of generated code without useful types.
# ruff: noqa: N802, D102, ANN401

from __future__ import annotations

import contextlib
import functools
import json
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

from rehearsal.plugins.core.answers import Answer, MarkingPartlyMade, answering
from rehearsal.plugins.core.differences import compare, refreshed
from rehearsal.plugins.core.engine_log import EngineLog
from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.input_checks import check_inputs
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.resource_type import Call, ResourceType
from rehearsal.plugins.core.values import (
    Properties,
    contains_unknown,
    decode,
    encode,
    plain,
    secrets_like,
)


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer):
    """A provider with ``resource_types``; a subclass adds configuration and functions."""

    def __init__(
        self,
        package: InstalledPackage,
        resource_types: Sequence[type[ResourceType]],
        engine_address: str = "",
    ) -> None:
        self.package = package
        self.cancelled = threading.Event()
        self._types = {kind.token: kind for kind in resource_types}
        self._log = EngineLog(engine_address)

    # What a provider may add.

    def warm_up(self) -> None:
        """Load, in the background, what the first calls need.

        Not boto3, which takes longest: a preview mostly does without it.
        """
        for token in self._types:
            self.package.resource(token)

    def check_config(self, config: Properties) -> list[CheckFailure]:
        """Failures in the provider's configuration, beyond names."""
        del config
        return []

    def configure(self, config: Properties) -> None:
        """Take the configuration; its values are plain."""

    def make_resource_type(self, kind: type[ResourceType], token: str) -> ResourceType:
        """The resource type to use for a call."""
        return kind(self.package.resource(token))

    def told(self, request: Any, error: ProviderError) -> str:
        """The text of an error as the engine gets it; a provider may log it besides."""
        del request
        return str(error)

    def prepare_inputs(self, resource: ResourceType, inputs: Properties) -> Properties:
        """The provider's own additions to a resource's inputs (default tags)."""
        return resource.checked(inputs)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Call a function of the provider."""
        del arguments
        raise ProviderError(self.unsupported("function", token, []))

    # The plugin itself.

    @answering
    def Handshake(self, request: Any) -> Answer:
        del request
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @answering
    def GetPluginInfo(self, request: Any) -> Answer:
        del request
        return plugin_pb2.PluginInfo(version=self.package.version)

    @answering
    def GetSchema(self, request: Any) -> Answer:
        del request
        schema = {"name": self.package.provider, "version": self.package.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    @answering
    def GetMapping(self, request: Any) -> Answer:
        del request
        return provider_pb2.GetMappingResponse()

    @answering
    def Attach(self, request: Any) -> Answer:
        self._log = EngineLog(request.address)
        return empty_pb2.Empty()

    @answering
    def Cancel(self, request: Any) -> Answer:
        """The user cancelled: waits end at once and keep what was made so far."""
        del request
        self.cancelled.set()
        return empty_pb2.Empty()

    # Configuration.

    @answering
    def CheckConfig(self, request: Any) -> Answer:
        news = decode(request.news)
        given = self._parsed(plain(news))
        described = f"the provider of {self.package.module} {self.package.version}"
        wanted = self.package.provider_inputs()
        failures = check_inputs(given, wanted, described, _name(request.urn))
        return _check_response(news, failures or self.check_config(given))

    @answering
    def DiffConfig(self, request: Any) -> Answer:
        del request  # a changed configuration never replaces the provider and all it made
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    @answering
    def Configure(self, request: Any) -> Answer:
        config = plain(decode(request.args))
        if not contains_unknown(config):
            self.configure(self._parsed(config))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Resources.

    @answering
    def Check(self, request: Any) -> Answer:
        resource, name, news = self._type_of(request.urn), _name(request.urn), decode(request.news)
        given, kind = plain(news), resource.python_class
        described = f"{kind.name} {self.package.version}"
        failures = check_inputs(given, kind.inputs, described, name)
        failures = failures or resource.check(given, name)
        if failures:
            return _check_response(news, failures)
        prepared = self.prepare_inputs(resource, given)
        # What the provider adds repeats tags, and a secret among them.
        model = news | {name: news.get("tags") for name in resource.further_inputs()}
        return _check_response(secrets_like(prepared, model, frozenset()), [])

    @answering
    def Diff(self, request: Any) -> Answer:
        resource = self._type_of(request.urn)
        old = request.old_inputs if resource.compares_inputs else request.olds
        ignored = frozenset(request.ignoreChanges)
        return compare(resource, plain(decode(old)), plain(decode(request.news)), ignored)

    @answering
    def Create(self, request: Any) -> Answer:
        resource, inputs = self._type_of(request.urn), decode(request.properties)
        if request.preview:
            outputs = resource.planned(plain(inputs), None)
            return provider_pb2.CreateResponse(
                properties=encode(self._marked(resource, outputs, inputs))
            )
        with self._marking_partial_state(resource, inputs):
            made = resource.create(self._call(request), plain(inputs))
        outputs = self._marked(resource, made.outputs, inputs)
        return provider_pb2.CreateResponse(id=made.identifier, properties=encode(outputs))

    @answering
    def Read(self, request: Any) -> Answer:
        resource, inputs = self._type_of(request.urn), decode(request.inputs)
        state = decode(request.properties)
        found = resource.read(self._call(request), request.id, plain(state))
        if found is None:
            return provider_pb2.ReadResponse()
        if inputs:
            fresh = refreshed(resource, plain(inputs), found.outputs)
        else:
            fresh = resource.imported_inputs(found.outputs)
        outputs = self._marked(resource, found.outputs, {**state, **inputs})
        return provider_pb2.ReadResponse(
            id=found.identifier,
            properties=encode(outputs),
            inputs=encode(secrets_like(fresh, inputs, resource.secret_outputs)),
        )

    @answering
    def Update(self, request: Any) -> Answer:
        resource, inputs = self._type_of(request.urn), decode(request.news)
        old = plain(decode(request.olds))
        if request.preview:
            outputs = resource.planned(plain(inputs), old)
        else:
            with self._marking_partial_state(resource, inputs):
                outputs = resource.update(self._call(request), request.id, old, plain(inputs))
        return provider_pb2.UpdateResponse(
            properties=encode(self._marked(resource, outputs, inputs))
        )

    @answering
    def Delete(self, request: Any) -> Answer:
        resource = self._type_of(request.urn)
        resource.delete(self._call(request), request.id, plain(decode(request.properties)))
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any) -> Answer:
        arguments = plain(decode(request.args))
        result = {k: v for k, v in self.invoke(request.tok, arguments).items() if v is not None}
        answer: dict[str, Any] = {"return": encode(result)}  # `return` is a keyword of Python
        return provider_pb2.InvokeResponse(**answer)

    # Inside.

    def _parsed(self, config: Properties) -> Properties:
        """Provider configuration, which travels as strings: all but texts are JSON inside."""
        types = self.package.provider_inputs().types
        parsed: Properties = {}
        for name, value in config.items():
            if name in {"version", "pluginDownloadURL"} or name.startswith("__"):
                continue  # the engine's own
            parsed[name] = value
            if isinstance(value, str) and name in types and types[name] is not str:
                with contextlib.suppress(ValueError):  # a wrong type is told by the check
                    parsed[name] = json.loads(value)
        return parsed

    def _type_of(self, urn: str) -> ResourceType:
        token = urn.split("::")[2].split("$")[-1]
        if token not in self._types:
            raise ProviderError(self.unsupported("resource type", token, self._types))
        return self.make_resource_type(self._types[token], token)

    def unsupported(self, what: str, token: str, have: Iterable[str]) -> str:
        """The line that says what this stand-in does not have, and what to do."""
        return (
            f"the rehearsal's stand-in for the {self.package.provider} plugin has no {what} "
            f"{token}: run it with the published plugins, or use one of "
            f"{', '.join(have) or 'none'}"
        )

    def _call(self, request: Any) -> Call:
        return Call(
            name=_name(request.urn),
            urn=request.urn,
            timeout=request.timeout or None,
            cancelled=self.cancelled,
            log=functools.partial(self._log.info, request.urn),
            warn=functools.partial(self._log.warning, request.urn),
        )

    def _marked(
        self, resource: ResourceType, outputs: Properties, inputs: Properties
    ) -> Properties:
        present = {name: value for name, value in outputs.items() if value is not None}
        return secrets_like(present, inputs, resource.secrets_among_outputs(inputs))

    def _marking_partial_state(
        self, resource: ResourceType, inputs: Properties
    ) -> MarkingPartlyMade:
        return MarkingPartlyMade(lambda outputs: self._marked(resource, dict(outputs), inputs))


def _name(urn: str) -> str:
    return urn.split("::")[-1]


def _check_response(
    inputs: Properties, failures: Sequence[CheckFailure]
) -> provider_pb2.CheckResponse:
    told = [provider_pb2.CheckFailure(reason=failure.reason) for failure in failures]
    return provider_pb2.CheckResponse(inputs=encode(inputs), failures=told)
