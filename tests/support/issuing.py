"""A CA and the cluster certificate that it signs, declared without the rest of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pulumi

from pulumi_cloudhsm.common import CommonArgs
from pulumi_cloudhsm.trust.args import Subject, TrustArgs
from pulumi_cloudhsm.trust.component import create_issuer
from pulumi_cloudhsm.trust.generated_component import GeneratedCa
from tests.support.fake_cloud import World, hsm_csr
from tests.support.recording import Run, run

SUBJECT = Subject("Development CloudHSM CA", "Example Organization")
DISPOSABLE = CommonArgs(region="eu-central-1", tags={"environment": "dev"}, protect=False)


def trust(mode: str, **changes: Any) -> TrustArgs:
    """Args of that mode with the development stack's subject."""
    return TrustArgs(**{"mode": mode, "subject": SUBJECT, **changes})


def issue(
    args: TrustArgs,
    *,
    world: World | None = None,
    preview: bool = False,
    common: CommonArgs = DISPOSABLE,
    as_outputs: Sequence[str] = (),
    **changes: Any,
) -> Run:
    """Declares `cloudhsm-ca`, and `cloudhsm-certificate` for the HSM's CSR; exports all outputs.

    Args:
        args: the trust.
        world: what earlier runs have made.
        preview: whether it is a preview.
        common: region, tags, protection and waits.
        as_outputs: fields of `args` that come as Outputs, as from another stack.
        changes: fields of `args` that are others.
    """
    args = replace(args, **changes)

    def program() -> None:
        outputs = {field: pulumi.Output.from_input(getattr(args, field)) for field in as_outputs}
        issuer = create_issuer("cloudhsm-ca", replace(args, **outputs), common=common)
        csr = pulumi.Output.secret(hsm_csr())
        pulumi.export("clusterCertificate", issuer.sign("cloudhsm-certificate", csr))
        pulumi.export("caCertificate", issuer.ca_certificate)
        pulumi.export("caCertificateSha256", issuer.ca_certificate_sha256)
        pulumi.export("caExpires", issuer.expires)
        pulumi.export("issuerArn", issuer.arn)
        if isinstance(issuer, GeneratedCa):
            pulumi.export("privateKey", issuer.private_key_pem)

    return run({}, world=world, preview=preview, program=program)
