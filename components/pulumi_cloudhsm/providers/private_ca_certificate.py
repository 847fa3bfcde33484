"""The cluster certificate, issued for the HSM's CSR by a root private CA."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from ..aws.acmpca import LEAF_TEMPLATE, AcmPca
from ..certificates import load_certificate
from ..errors import StateError
from ..issuance import leaf_period
from ..trust_anchor import check_pair
from .base import CloudHsmProvider, Props, differs, one_line
from .private_root_ca import described, signed_by
from .signing import CERTIFICATE_OUTPUTS, certificate_outs, what_is_wrong_with_a_leaf


class PrivateCaCertificateProvider(CloudHsmProvider):
    """Has a CSR signed by a private CA."""

    def now(self) -> datetime:
        """The moment from which it is valid."""
        return datetime.now(UTC)

    def pca(self, props: Props) -> AcmPca:
        """AWS Private CA in the region of the CA."""
        return AcmPca(self.access(props).at(props["ca_arn"]))

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses what is no CSR, and a validity that is no number."""
        return CheckResult(dict(news), what_is_wrong_with_a_leaf(news))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Has it issued, waits for it, and verifies it against CA and CSR.

        Raises:
            StateError: the CA issues nothing; says what to do.
            CertificateError: it would outlive its CA, or the CA is another one meanwhile.
            AwsError: AWS refused it, or failed at it.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        pca, csr, ca = self.pca(props), props["csr"], props["ca_certificate"]
        authority, now = described(self, pca, props), self.now()
        if problem := authority.inactive():
            raise StateError(problem)
        anchor = load_certificate(ca, "the CA certificate")
        period = leaf_period(anchor, int(props["validity_hours"]), now)
        pem = signed_by(self, pca, props, csr, LEAF_TEMPLATE, period)
        pair = check_pair(pem, ca, csr, now)
        return CreateResult(
            id_=pair.cluster_certificate_sha256.replace(":", "").lower(),
            outs=certificate_outs(props, pem),
        )

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another CSR, so another HSM before the initialization, is another certificate."""
        replaces = differs(olds, news, "csr")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def update(self, _id: str, olds: Props, _news: Props) -> UpdateResult:
        """Changes nothing; `diff` never asks for it."""
        return UpdateResult(outs=dict(olds))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was issued: the cluster holds it, whatever becomes of the CA."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate, and never revokes it: a cluster may live on with it."""


class PrivateCaCertificate(Resource, module="cloudhsm", name="PrivateCaCertificate"):
    """A cluster certificate that a private CA issued."""

    certificate_pem: pulumi.Output[str]
    """PEM; secret only to keep it out of diffs."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint."""
    expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            props: `region`, `ca_arn`, `ca_certificate`, `csr` (PEMs, secret only to keep them out
                of diffs), `validity_hours`, `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(CERTIFICATE_OUTPUTS)
        secret = pulumi.ResourceOptions(additional_secret_outputs=["certificate_pem"])
        super().__init__(
            PrivateCaCertificateProvider(),
            name,
            {**kept, **props},
            pulumi.ResourceOptions.merge(opts, secret),
        )
