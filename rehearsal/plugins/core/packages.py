"""What the installed pulumi_* packages say about resource types: the names of inputs and outputs.

Nothing is copied from them: after an upgrade of a package its stand-in follows.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import metadata

import pulumi
from pulumi import _types  # the tables the SDK itself translates names and types with


@dataclass(frozen=True)
class InputType:
    """A class whose members are inputs: the arguments of a resource or of a part of one."""

    python_class: type

    @cached_property
    def types(self) -> Mapping[str, typing.Any]:
        """Type by name; names as the engine knows them (camelCase)."""
        return _types.input_type_types(self.python_class)

    @cached_property
    def required(self) -> frozenset[str]:
        """Names of the inputs that must be given."""
        names = _types.input_type_py_to_pulumi_names(self.python_class)
        parameters = inspect.signature(self.python_class).parameters.values()
        return frozenset(names[p.name] for p in parameters if p.default is p.empty)


@dataclass(frozen=True)
class ResourceClass:
    """A resource type of an installed package.

    Attributes:
        name: as a Python program names it, for example "pulumi_aws.cloudhsmv2.Cluster".
    """

    name: str
    python_class: type
    inputs: InputType

    @cached_property
    def outputs(self) -> Mapping[str, bool]:
        """Names of the outputs; true for those that always have a value."""
        hints = {
            function._pulumi_name: typing.get_type_hints(function)["return"]
            for _, member in inspect.getmembers_static(
                self.python_class, lambda found: isinstance(found, property)
            )
            if hasattr(function := member.fget, "_pulumi_name")
        }
        return {name: not _is_optional(hint) for name, hint in hints.items()}


def _is_optional(hint: object) -> bool:
    """Whether ``hint`` is Output[Optional[X]] or Optional[X]."""
    if typing.get_origin(hint) is pulumi.Output:
        hint = typing.get_args(hint)[0]
    return type(None) in typing.get_args(hint)


@dataclass(frozen=True)
class Function:
    """A function (data source) of an installed package."""

    name: str
    arguments: frozenset[str]
    results: frozenset[str]


@dataclass(frozen=True)
class InstalledPackage:
    """The Python package of a provider, for example ``InstalledPackage("aws")`` for pulumi_aws."""

    provider: str

    @property
    def module(self) -> str:
        """Name of the Python package."""
        return f"pulumi_{self.provider}"

    @cached_property
    def version(self) -> str:
        """Version of the package, which is the version of the plugin the engine asks for."""
        return metadata.version(self.module)

    def resource(self, token: str) -> ResourceClass:
        """The class of a type token such as "aws:ec2/vpc:Vpc" or "command:local:Command"."""
        return _resource_class(self.module, token)

    def provider_inputs(self) -> InputType:
        """The configuration the provider itself takes."""
        return InputType(importlib.import_module(f"{self.module}.provider").ProviderArgs)

    def function(self, token: str) -> Function:
        """The function of a token such as "aws:ec2/getSubnet:getSubnet"."""
        folder, module, name = _locate(self.module, token)
        namespace = importlib.import_module(f"{folder}.{module}")
        parameters = inspect.signature(getattr(namespace, module)).parameters
        result = getattr(namespace, f"{name[0].upper()}{name[1:]}Result")
        return Function(
            name=f"{folder}.{module}",
            arguments=frozenset(_camel_case(p) for p in parameters if p != "opts"),
            results=frozenset(_types.output_type_types(result)),
        )

    def import_modules_alone(self) -> None:
        """From now on import single modules of the package, never the package as a whole.

        The `__init__` of pulumi_aws.ec2 imports hundreds of modules (0.7 s) of which a plugin needs
        three. Only for a process of its own: to others the package would seem empty.
        """
        _as_bare_folder(self.module)


def _as_bare_folder(package: str) -> None:
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"no package {package}", name=package)
    bare = types.ModuleType(package)
    bare.__path__ = list(spec.submodule_search_locations)
    bare.__spec__ = spec
    bare.__package__ = package
    setattr(bare, _BARE, True)
    sys.modules[package] = bare


_BARE = "imported_without_init"


def _locate(package: str, token: str) -> tuple[str, str, str]:
    """Folder, module and name of the class or function behind a token."""
    _, place, name = token.split(":")
    folder, _, module = place.partition("/")
    folder = package if folder == "index" else f"{package}.{folder}"
    if getattr(sys.modules.get(package), _BARE, False):
        _as_bare_folder(folder)
    else:
        # A package that loads on first use has to be loaded before one of its modules, or it stays
        # half empty for everybody else in this process.
        getattr(importlib.import_module(folder), name, None)
    return folder, _snake_case(module or name), name


@lru_cache
def _resource_class(package: str, token: str) -> ResourceClass:
    folder, module, name = _locate(package, token)
    namespace = importlib.import_module(f"{folder}.{module}")
    return ResourceClass(
        name=f"{folder}.{name}",
        python_class=getattr(namespace, name),
        inputs=InputType(getattr(namespace, f"{name}Args")),
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def nested_input_type(hint: object) -> InputType | None:
    """The input class ``hint`` stands for, if it is one."""
    if isinstance(hint, type) and _types.is_input_type(hint):
        return InputType(hint)
    return None
