"""The providers of the package's dynamic resources, served as custom resources of the plugin.

As Pulumi's host of dynamic providers does, but with a type of its own for each resource, and with
secrets that stay marked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.runtime import proto, rpc

from ..errors import StateError
from ..state_names import PROVIDERS, SERVED, load_provider

Values = dict[str, Any]


def check(request: proto.CheckRequest) -> proto.CheckResponse:
    """Checks inputs; see `check` of the provider."""
    olds, news = _Properties(request.olds, unknown=True), _Properties(request.news, unknown=True)
    found = _provider(request.urn).check(olds.values, news.values)
    failures = [
        proto.CheckFailure(property=one.property, reason=one.reason) for one in found.failures
    ]
    return proto.CheckResponse(inputs=news.written(found.inputs), failures=failures)


def diff(request: proto.DiffRequest) -> proto.DiffResponse:
    """Compares; see `diff` of the provider."""
    olds, news = _Properties(request.olds, unknown=True), _Properties(request.news, unknown=True)
    found = _provider(request.urn).diff(request.id, olds.values, news.values)
    changes = {
        None: proto.DiffResponse.DIFF_UNKNOWN,
        True: proto.DiffResponse.DIFF_SOME,
        False: proto.DiffResponse.DIFF_NONE,
    }
    return proto.DiffResponse(
        changes=changes[found.changes],
        replaces=found.replaces or [],
        deleteBeforeReplace=bool(found.delete_before_replace),
    )


def create(request: proto.CreateRequest) -> proto.CreateResponse:
    """Creates; see `create` of the provider."""
    given = _Properties(request.properties)
    made = _provider(request.urn).create(given.values)
    return proto.CreateResponse(id=made.id, properties=given.written(made.outs))


def read(request: proto.ReadRequest) -> proto.ReadResponse:
    """Looks at AWS for a refresh; see `read` of the provider."""
    held = _Properties(request.properties)
    found = _provider(request.urn).read(request.id, held.values)
    answer = proto.ReadResponse(
        id=found.id or "", properties=held.written(found.outs), inputs=request.inputs
    )
    if found.inputs is not None:
        answer.inputs.CopyFrom(held.written(found.inputs))
    return answer


def update(request: proto.UpdateRequest) -> proto.UpdateResponse:
    """Changes; see `update` of the provider."""
    olds, news = _Properties(request.olds), _Properties(request.news)
    made = _provider(request.urn).update(request.id, olds.values, news.values)
    return proto.UpdateResponse(properties=news.written(made.outs))


def delete(request: proto.DeleteRequest) -> empty_pb2.Empty:
    """Deletes; see `delete` of the provider."""
    _provider(request.urn).delete(request.id, _Properties(request.properties).values)
    return empty_pb2.Empty()


def _provider(urn: str) -> ResourceProvider:
    token = urn.split("::", 3)[2].rpartition("$")[2]
    name = token.removeprefix(SERVED)
    if name not in PROVIDERS:
        raise StateError(
            f"{token} is no resource of this version of the plugin: a newer one made it, so take "
            "that one"
        )
    return load_provider(name)


class _Properties:
    """Properties as plain values; remembers which of them are secret."""

    def __init__(self, properties: struct_pb2.Struct, *, unknown: bool = False) -> None:
        held: Mapping[str, Any] = rpc.deserialize_properties(properties, unknown)
        self.values: Values = {name: rpc.unwrap_rpc_secret(one) for name, one in held.items()}
        self._secret = {name for name, one in held.items() if rpc.is_rpc_secret(one)}

    def written(self, values: Values | None) -> struct_pb2.Struct:
        """Other values of the same properties, as they travel; what was secret stays so.

        The signature is written by hand: where no program runs, `Output.secret` loses the mark.
        """
        marked = {
            name: rpc.wrap_rpc_secret(one) if name in self._secret and one is not None else one
            for name, one in (values or {}).items()
        }
        return asyncio.run(rpc.serialize_properties(marked, {}))
