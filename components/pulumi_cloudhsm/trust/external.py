"""External trust: the CSR goes out, the cluster certificate and its CA certificate come in.

The CA's key never comes near this program. AWS recommends for production "a secured offsite and
offline HSM or the equivalent" (user guide, "Initialize the cluster").
"""

from __future__ import annotations

from datetime import UTC, datetime

import pulumi

from ..errors import CertificateError
from ..validation import InputError
from .anchor import check_ca, check_pair, ends_after_its_ca

AWAITING = "awaiting certificate"
"""State of a cluster whose CSR waits for its signature."""


def signing_instructions(csr_file: str) -> str:
    """What the operator does next.

    Args:
        csr_file: path of the CSR, relative to the program's folder.
    """
    return (
        f"have {csr_file} signed by a self-signed root CA (RSA 2048 or 4096); the root signs "
        "directly, and the certificate ends before it. Give trust.cluster_certificate and "
        "trust.ca_certificate, then run `pulumi up`. Do it soon: AWS charges for the HSM, and the "
        "CSR changes if AWS replaces it"
    )


def check_certificates(
    cluster_certificate: pulumi.Input[str] | None, ca_certificate: pulumi.Input[str] | None
) -> None:
    """Refuses one certificate without the other, and a plain pair that AWS refuses.

    Args:
        cluster_certificate: PEM; None while the CSR waits for its signature.
        ca_certificate: PEM; None likewise.

    Raises:
        InputError: names the field of TrustArgs and the fix.
    """
    pair = {"cluster_certificate": cluster_certificate, "ca_certificate": ca_certificate}
    missing = [field for field, value in pair.items() if value is None]
    if len(missing) == 1:
        raise InputError(missing[0], None, "give it together with the other certificate")
    field = "ca_certificate"
    try:
        if isinstance(ca_certificate, str):
            check_ca(ca_certificate)
            field = "cluster_certificate"
            if isinstance(cluster_certificate, str):
                check_pair(cluster_certificate, ca_certificate, csr=None)
    except CertificateError as error:
        fix = f"give a pair that AWS takes: {error}"
        raise InputError(field, "[PEM]", fix) from None


def check_new(cluster_certificate: pulumi.Input[str], ca_certificate: pulumi.Input[str]) -> None:
    """Refuses a plain pair that a cluster should not be initialized with now.

    Of an initialized cluster it is not asked: AWS has taken the pair, which cannot be changed.

    Args:
        cluster_certificate: PEM.
        ca_certificate: PEM of its CA.

    Raises:
        InputError: the CA may not sign, or one of the two is not valid now.
    """
    if isinstance(cluster_certificate, str) and isinstance(ca_certificate, str):
        try:
            check_pair(cluster_certificate, ca_certificate, csr=None, now=datetime.now(UTC))
        except CertificateError as error:
            fix = f"give a pair that will do: {error}"
            raise InputError("trust.cluster_certificate", "[PEM]", fix) from None


def warn_of_ends(
    cluster_certificate: pulumi.Input[str],
    ca_certificate: pulumi.Input[str],
    component: pulumi.Resource,
) -> None:
    """Warns of a cluster certificate that outlives its CA: AWS takes it.

    Args:
        cluster_certificate: PEM; nothing is told of an unreadable one, which is refused elsewhere.
        ca_certificate: PEM of its CA.
        component: on whose line it is told.
    """

    def look(known: list[str]) -> None:
        try:
            line = ends_after_its_ca(*known)
        except CertificateError:
            return
        if line is not None:
            pulumi.log.warn(f"{line}: AWS takes both, and neither can be changed later", component)

    pulumi.Output.all(cluster_certificate, ca_certificate).apply(look)
