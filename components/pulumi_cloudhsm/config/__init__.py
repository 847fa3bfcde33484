"""The stack's configuration, typed: the only code that knows config keys.

from pulumi_cloudhsm.config import load

config = load()
CloudHsmDeployment(config.name, config.args)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .loading import StackConfig as StackConfig
    from .loading import load as load

__all__ = ["StackConfig", "load"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    """Loads a public name on first use: `keys` alone needs no component."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".loading", __name__), name)
