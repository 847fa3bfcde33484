"""AWS CloudHSM v2 as Pulumi components.

    from pulumi_cloudhsm import CloudHsmCluster, CloudHsmClusterArgs, Subject

The names load on first use: the host of the dynamic providers imports this package too, and must
load neither a component nor the large pulumi_aws package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cluster import CloudHsmCluster, CloudHsmClusterArgs
    from .network import Network, NetworkArgs
    from .pinned_root import PinnedRoot
    from .trust import IssuingCa, IssuingCaArgs, Subject

__all__ = [
    "CloudHsmCluster",
    "CloudHsmClusterArgs",
    "IssuingCa",
    "IssuingCaArgs",
    "Network",
    "NetworkArgs",
    "PinnedRoot",
    "Subject",
]

_HOME = {
    "CloudHsmCluster": "cluster",
    "CloudHsmClusterArgs": "cluster",
    "IssuingCa": "trust",
    "IssuingCaArgs": "trust",
    "Network": "network",
    "NetworkArgs": "network",
    "PinnedRoot": "pinned_root",
    "Subject": "trust",
}


def __getattr__(name: str) -> object:
    """Loads a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
