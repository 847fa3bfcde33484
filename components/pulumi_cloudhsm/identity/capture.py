"""Declares the capture of the first HSM's identity, verified as the args demand."""

from __future__ import annotations

import pulumi

from ..common import CommonArgs
from ..dynamic_provider import resolved
from ..x509.reading import normalized_fingerprint
from .args import IdentityArgs, PinnedRoot
from .identity_provider import ClusterIdentity, ClusterIdentityInputs
from .roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem


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
