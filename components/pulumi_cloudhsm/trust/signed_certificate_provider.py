"""What the providers share whose certificates a key at AWS signs: KMS's, or a private CA's.

A certificate that exists is never made again because of a changed input: an initialized cluster
keeps it. A key or CA that signs nothing any more is told in a warning and is no drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult
from pulumi.output import Unknown

from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import AwsError, CertificateError, CloudHsmError, one_line
from ..waiting.settling import OwnWrites
from ..waiting.waiter import Goal, Observation, Timing
from ..x509.reading import fingerprint, iso, load_certificate, load_csr
from .anchor import MAX_HOURS, check_pair

SETTING = "waits.signing.deadline_seconds"
_SHARE_FOR_DOUBT = 1 / 5
"""The most of the deadline in which a key or CA that was just made may not be known yet."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class CaCertificateInputs(AwsInputs):
    """Base of a CA certificate's inputs."""

    validity_hours: int
    """Of the certificate that is made; 0 where the CA has one already."""


@dataclass(frozen=True, kw_only=True)
class ClusterCertificateInputs(AwsInputs):
    """Base of a cluster certificate's inputs; each certificate is marked secret for short diffs."""

    ca_certificate: str
    """PEM of its CA."""
    csr: str
    """PEM of the CSR that the first HSM made."""
    validity_hours: int
    """From now on; 0: 30 days less than the CA has left."""


@dataclass(frozen=True, kw_only=True)
class CertificateOutputs(ResourceOutputs):
    """A certificate that was signed."""

    certificate: str
    certificate_sha256: str
    expires: str


def facts_of(pem: str) -> dict[str, Any]:
    """The fields of CertificateOutputs, from the certificate."""
    certificate = load_certificate(pem, "the certificate")
    return {
        "certificate": pem,
        "certificate_sha256": fingerprint(certificate),
        "expires": iso(certificate.not_valid_after_utc),
    }


class SigningProvider(CloudHsmProvider):
    """Base of all that has something signed at AWS."""

    late: ClassVar[frozenset[str]]
    """AWS's error codes where a part of it does not know yet what was just made."""

    def awaited(self, what: str, timing: Timing, look: Callable[[], T | None]) -> T:
        """Repeats a call until AWS answers it, and until there is something in the answer.

        Key or CA may have been made a moment ago, so AWS may not know it for two minutes.

        Args:
            what: what is waited for, in words.
            timing: expected duration and deadline.
            look: returns what is wanted; None while AWS is making it.

        Raises:
            DeadlineError: AWS has no answer in time; a later `up` goes on.
            AwsError: AWS refuses the call.
        """

        waiter = self.waiter()
        writes = OwnWrites(waiter.clock.now, timing, _SHARE_FOR_DOUBT)
        writes.ended(*self.late)

        def observe() -> Observation[T | None]:
            try:
                found = look()
            except AwsError as error:
                if not writes.may_be_stale(error.code):
                    raise
                return Observation("not shown yet", None)
            return Observation("being made" if found is None else "ready", found)

        goal = Goal(what, "ready", ("ready",), (), SETTING)
        return cast("T", waiter.wait(goal, timing, observe).observation.value)


class CaCertificateProvider(SigningProvider):
    """Base of what makes a CA certificate, or takes an existing one, once."""

    signer_input: ClassVar[str]
    """The input that names the key or private CA."""
    signer_output: ClassVar[str]
    """The output that names it."""
    signer: ClassVar[str]
    """What it is, in words."""
    not_found: ClassVar[str]
    """AWS's error code where it does not exist."""
    made_input: ClassVar[str]
    """The input that says whether the stack made it: AWS may not know it yet in the same run."""

    def problem(self, props: Props) -> str | None:
        """Why the key or private CA cannot sign now, and what to do; None if it can.

        Raises:
            CloudHsmError: AWS cannot be asked, or shows none.
        """
        raise NotImplementedError

    def input_failures(self, _news: Props) -> list[CheckFailure]:
        """What is wrong with the inputs themselves; unknown ones are fine."""
        return []

    @one_line
    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses bad inputs and, before its first use, a given key or CA that cannot sign."""
        failures = self.input_failures(news)
        # A certificate that exists needs no look: its key may be gone without stopping an update.
        is_given = not news.get(self.made_input)
        if not olds and is_given and isinstance(news.get(self.signer_input), str):
            problem = self._problem_in_preview(news)
            failures += [CheckFailure(self.signer_input, problem)] if problem else []
        return CheckResult(dict(news), failures)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """No change; the component warns of a drifted subject, this of another key or CA."""
        named = news.get(self.signer_input)
        if isinstance(named, str) and named != olds[self.signer_input]:
            log_line(
                f"warning: {self.signer} is now {named}, but the CA certificate stays that of "
                f"{olds[self.signer_output]}; another CA needs a new cluster"
            )
        return DiffResult(changes=False)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps the certificate; warns of a key or private CA that can no longer sign."""
        try:
            problem = self.problem(props)
        except CloudHsmError as error:
            problem = str(error)
        if problem:
            log_line(
                f"warning: {problem} (the CA certificate stays as it is, and an initialized "
                f"cluster does not need {self.signer})"
            )
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate; key or private CA is a resource of its own, or not ours."""

    def _problem_in_preview(self, props: Props) -> str | None:
        if any(isinstance(one, Unknown) for one in props["access"].values()):
            return None
        try:
            return self.problem(props)
        except AwsError as error:
            # The step itself tells other refusals: a preview may run without credentials.
            return str(error) if error.code == self.not_found else None
        except CloudHsmError:
            return None


class SignedCertificateProvider(SigningProvider):
    """Base of what has a cluster certificate signed; `create` says how."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses an unreadable CSR, and a validity that no date can hold; unknown is fine."""
        csr, hours = news.get("csr"), news.get("validity_hours")
        failures: list[CheckFailure] = []
        if isinstance(csr, str):
            try:
                load_csr(csr, "the captured CSR")
            except CertificateError as error:
                failures.append(CheckFailure("csr", str(error)))
        if not isinstance(hours, Unknown) and not (
            isinstance(hours, int | float) and 0 <= hours <= MAX_HOURS
        ):
            fix = f"give a number of hours up to {MAX_HOURS}, or 0"
            failures.append(CheckFailure("validity_hours", fix))
        return CheckResult(dict(news), failures)

    def signed(self, inputs: ClusterCertificateInputs, pem: str, now: datetime) -> CreateResult:
        """The result of `create`: the certificate, verified against CA and CSR.

        Raises:
            CertificateError: it does not fit.
        """
        pair = check_pair(pem, inputs.ca_certificate, inputs.csr, now)
        id_ = pair.cluster_certificate_sha256.replace(":", "").lower()
        return CreateResult(id_=id_, outs=state(inputs, CertificateOutputs(**facts_of(pem))))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another CSR, of another HSM before the initialization, is another certificate."""
        replaces = differs(olds, news, "csr")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps the certificate: the cluster holds it, whatever becomes of the CA."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate and does not revoke it: a cluster may still use it."""


class SignedCertificate(DynamicResource):
    """Base of the resources that hold a certificate which a key at AWS signed."""

    certificate: pulumi.Output[str]
    """PEM; not confidential, marked secret to keep diffs short."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint, `AB:CD:…`."""
    expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""

    def __init__(
        self,
        provider: SigningProvider,
        name: str,
        inputs: AwsInputs,
        opts: pulumi.ResourceOptions | None,
        outputs: type[CertificateOutputs] = CertificateOutputs,
    ) -> None:
        super().__init__(provider, name, inputs, outputs, opts, secret_outputs=["certificate"])
