"""The certificate of a root private CA: installed once where the stack made the CA.

A crash between any two calls is recovered: every try starts from the CA's state and asks AWS for
the same certificate.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pulumi
from pulumi.dynamic import CreateResult

from ..aws.acmpca import PENDING, ROOT_TEMPLATE, AcmPca, PrivateCa
from ..aws.session import AwsAccess
from ..dynamic_provider import Props, log_line, state
from ..errors import AwsError, StateError, one_line
from ..waiting.waiter import Goal, Observation, Timing
from .anchor import check_pair
from .signed_certificate_provider import (
    SETTING,
    CaCertificateInputs,
    CaCertificateProvider,
    CertificateOutputs,
    SignedCertificate,
    SigningProvider,
    facts_of,
)

_GONE = ("DELETED", "FAILED", "EXPIRED", "DISABLED")


@dataclass(frozen=True, kw_only=True)
class PrivateRootCaInputs(CaCertificateInputs):
    """Inputs of a PrivateRootCa."""

    ca_arn: str
    """ARN of the private CA."""
    install: bool
    """Whether the stack made the CA, which then gets a certificate of `validity_hours`."""


class PrivateCaSigner(SigningProvider):
    """Base of what a private CA signs."""

    late = frozenset({"ResourceNotFoundException"})

    def pca(self, access: AwsAccess) -> AcmPca:
        """AWS Private CA in an account and Region."""
        return AcmPca(access)

    def usable_ca(
        self, pca: AcmPca, arn: str, timing: Timing, *, install: bool = False
    ) -> PrivateCa:
        """A private CA that can sign a cluster certificate.

        Args:
            pca: AWS Private CA.
            arn: the CA's.
            timing: expected duration and deadline of an answer.
            install: whether a CA without a certificate will do, too.

        Raises:
            StateError: it cannot; says why and what to do.
        """
        authority = self.awaited(f"private CA {arn}", timing, lambda: pca.authority(arn))
        if problem := authority.problem(install=install):
            raise StateError(problem)
        return authority

    def issued(
        self,
        pca: AcmPca,
        arn: str,
        timing: Timing,
        csr: str,
        template: str,
        period: tuple[datetime, datetime],
    ) -> str:
        """Has a CSR signed and waits for the certificate.

        Raises:
            AwsError: AWS refuses it, or fails at it.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        # AWS answers the same CSR within five minutes, after a crash say, with one certificate.
        token = hashlib.sha256(csr.strip().encode()).hexdigest()
        certificate_arn = self.awaited(
            f"request to {arn}", timing, lambda: pca.issue(arn, csr, template, period, token)
        )
        what = f"certificate {certificate_arn.rpartition('/')[2]} of {arn}"
        return self.awaited(what, timing, lambda: pca.issued(arn, certificate_arn))


class PrivateRootCaProvider(CaCertificateProvider, PrivateCaSigner):
    """Brings a root CA to ACTIVE, or takes an existing one."""

    signer_input = signer_output = "ca_arn"
    signer = "the private CA"
    not_found, made_input = "ResourceNotFoundException", "install"

    def problem(self, props: Props) -> str | None:
        """Why the CA cannot sign; one that waits for our certificate can."""
        inputs = PrivateRootCaInputs.read(props)
        authority = self.pca(inputs.access.at(inputs.ca_arn)).authority(inputs.ca_arn)
        return authority.problem(install=inputs.install)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Installs the CA's certificate unless it has one, and reads it.

        Raises:
            StateError: the CA cannot sign; says what to do.
            CertificateError: AWS does not take its certificate as a cluster's CA certificate.
            AwsError: AWS refuses.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        inputs = PrivateRootCaInputs.read(props)
        arn, timing = inputs.ca_arn, inputs.timing
        pca = self.pca(inputs.access.at(arn))
        authority = self.usable_ca(pca, arn, timing, install=inputs.install)
        if authority.status in PENDING:
            self._install(pca, authority, inputs)
            self._wait_until_active(pca, inputs)
        pem = self.awaited(f"certificate of {arn}", timing, lambda: pca.certificate(arn))
        pair = check_pair(pem, pem, None, self.now())
        log_line(f"CA certificate {pair.ca_certificate_sha256} of {arn}")
        outs = state(inputs, CertificateOutputs(**facts_of(pem)))
        return CreateResult(id_=f"{arn}/certificate", outs=outs)

    def _install(self, pca: AcmPca, authority: PrivateCa, inputs: PrivateRootCaInputs) -> None:
        arn, timing = authority.arn, inputs.timing
        csr = self.awaited(f"CSR of {arn}", timing, lambda: pca.csr(arn))
        # Counted from the CA's creation, so that every try asks for the same certificate.
        starts = authority.created_at.astimezone(UTC).replace(microsecond=0)
        ends = starts + timedelta(hours=inputs.validity_hours)
        pem = self.issued(pca, arn, timing, csr, ROOT_TEMPLATE, (starts, ends))
        check_pair(pem, pem, csr, self.now())

        def install() -> bool:
            pca.install(arn, pem)
            return True

        try:
            self.awaited(f"installation at {arn}", timing, install)
        except AwsError:
            # A concurrent run has installed it, or our own call whose answer was lost.
            if pca.authority(arn).status != "ACTIVE":
                raise

    def _wait_until_active(self, pca: AcmPca, inputs: PrivateRootCaInputs) -> None:
        arn = inputs.ca_arn

        def look() -> Observation[None]:
            return Observation(pca.authority(arn).status, None)

        goal = Goal(f"private CA {arn}", "ACTIVE", ("ACTIVE",), _GONE, SETTING)
        self.waiter().wait(goal, inputs.timing, look)


class PrivateRootCa(SignedCertificate, module="cloudhsm", name="PrivateRootCa"):
    """The certificate of a root private CA, which is ACTIVE."""

    def __init__(
        self, name: str, inputs: PrivateRootCaInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            inputs: its inputs.
            opts: Pulumi's options.
        """
        super().__init__(PrivateRootCaProvider(), name, inputs, opts)
