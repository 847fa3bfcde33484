"""One CA for every mode of trust in which a CA signs within the stack."""

from __future__ import annotations

import pulumi

from ..common import CommonArgs
from ..validation import InputError
from .args import TrustArgs, TrustMode
from .authority import Issuer
from .generated_component import GeneratedCa
from .kms_component import KmsCa
from .private_ca_component import PrivateCa

_ISSUERS: dict[str, type[Issuer]] = {
    TrustMode.GENERATED: GeneratedCa,
    TrustMode.KMS: KmsCa,
    TrustMode.PRIVATE_CA: PrivateCa,
}


def create_issuer(
    name: str,
    args: TrustArgs,
    *,
    common: CommonArgs | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> Issuer:
    """Declares the CA of a mode of trust.

    Args:
        name: logical name.
        args: who signs, and under which CA.
        common: where it is, and how it is kept.
        opts: Pulumi's options.

    Raises:
        InputError: names the field, the value and the fix; an external CA is not declared.
    """
    issuer = _ISSUERS.get(args.mode)
    if issuer is None:
        raise InputError("mode", args.mode, f"use {', '.join(_ISSUERS)}: no other CA is made here")
    return issuer(name, args, common=common, opts=opts)
