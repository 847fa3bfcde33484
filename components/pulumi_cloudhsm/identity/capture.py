"""Declares the capture of the first HSM's identity, verified as the args demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pulumi

from ..common import CommonArgs
from ..dynamic_provider import resolved
from ..x509.reading import normalized_fingerprint
from .args import IdentityArgs, PinnedRoot
from .identity_provider import ClusterIdentity, ClusterIdentityInputs
from .roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem


@dataclass(frozen=True)
class Captured:
    """The first HSM's CSR and certificates, PEM; each is secret only to keep diffs short."""

    csr: pulumi.Output[str]
    hsm_certificate: pulumi.Output[str]
    aws_hardware_certificate: pulumi.Output[str]
    manufacturer_hardware_certificate: pulumi.Output[str]


def captured(identity: ClusterIdentity, held: Mapping[str, Any] | None) -> Captured:
    """What was captured, for those who need it after the cluster was initialized, too.

    Another verification updates the identity, and a preview then knows none of its outputs. It
    would show a replaced certificate, although a capture never changes after the initialization.

    Args:
        identity: the resource.
        held: its outputs in the state of an initialized cluster; None before.
    """
    names = [one.name for one in fields(Captured)]
    if held is None or not all(isinstance(held.get(name), str) for name in names):
        return Captured(**{name: getattr(identity, name) for name in names})
    return Captured(**{name: pulumi.Output.secret(str(held[name])) for name in names})


def capture_identity(
    name: str,
    args: IdentityArgs,
    *,
    cluster_id: pulumi.Input[str],
    hsm_id: pulumi.Input[str],
    common: CommonArgs,
    opts: pulumi.ResourceOptions,
) -> ClusterIdentity:
    """The first HSM's CSR and certificates.

    Args:
        name: logical name.
        args: what has to be proven.
        cluster_id: the cluster.
        hsm_id: its first HSM; empty where it is gone after the initialization.
        common: Region and waits.
        opts: Pulumi's options.
    """
    aws_roots = [PinnedRoot(aws_root_g1_pem(), AWS_ROOT_G1_SHA256), *args.aws_roots]
    return ClusterIdentity(
        name,
        ClusterIdentityInputs(
            access=common.access,
            timing=common.waits.hsm,
            cluster_id=resolved(cluster_id),
            hsm_id=resolved(hsm_id),
            verification=str(args.verification),
            off_reason=args.off_reason,
            aws_roots=resolved(pulumi.Output.secret([root.pem for root in aws_roots])),
            aws_pins=[normalized_fingerprint(root.sha256) for root in aws_roots],
            manufacturer_roots=resolved(
                pulumi.Output.secret([root.pem for root in args.manufacturer_roots])
            ),
            manufacturer_pins=[
                normalized_fingerprint(root.sha256) for root in args.manufacturer_roots
            ],
        ),
        opts,
    )
