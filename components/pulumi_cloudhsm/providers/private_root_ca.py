"""The certificate of a root private CA: installed once where the CA is ours, kept for good.

A crash between any two of its calls is gone on from: it starts from the CA's state, and what it
asks for is the same every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
)

from ..aws.acmpca import PENDING, ROOT_TEMPLATE, AcmPca, PrivateCa
from ..errors import AwsError, CloudHsmError, StateError
from ..trust_anchor import check_pair
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, one_line, pace, say
from .signing import SETTING, SignedCertificate, answered, certificate_outs

_GONE = ("DELETED", "FAILED", "EXPIRED", "DISABLED")


class PrivateRootCaProvider(CloudHsmProvider):
    """Brings a root CA to ACTIVE, or takes one as it is."""

    def now(self) -> datetime:
        """The moment for which its certificate has to be valid."""
        return datetime.now(UTC)

    def pca(self, props: Props) -> AcmPca:
        """AWS Private CA in the region of the CA."""
        return AcmPca(self.access(props).at(props["ca_arn"]))

    @one_line
    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses, in the preview and before it is used, a CA that will not do."""
        failures: list[CheckFailure] = []
        arn, ours = news.get("ca_arn"), news.get("install") is True
        if not olds and isinstance(arn, str) and (problem := self._problem(news, ours)):
            failures.append(CheckFailure("ca_arn", problem))
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Installs its certificate unless it has one, and reads it.

        Raises:
            StateError: the CA will not do; says what to do.
            CertificateError: its certificate is none that AWS takes as a trust anchor.
            AwsError: AWS refused.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        pca, arn = self.pca(props), props["ca_arn"]
        authority = described(self, pca, props)
        if props["install"] and authority.status in PENDING:
            self._install(pca, authority, props)
            authority = self._active(pca, props)
        if problem := authority.inactive():
            raise StateError(problem)
        pem = answered(self, f"certificate of {arn}", props, lambda: pca.certificate(arn))
        pair = check_pair(pem, pem, None, self.now())
        say(f"CA certificate {pair.trust_anchor_sha256} of {arn}")
        return CreateResult(id_=f"{arn}/certificate", outs=certificate_outs(props, pem))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Nothing is a change: the program tells a config that drifted away, and this the CA."""
        arn = news.get("ca_arn")
        if isinstance(arn, str) and arn != olds["ca_arn"]:
            say(
                f"warning: the private CA is now {arn}, but the CA certificate stays that of "
                f"{olds['ca_arn']}; another CA needs a new cluster"
            )
        return DiffResult(changes=False)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps the certificate; a CA that no longer issues is told, and is no drift of it."""
        try:
            problem = self.pca(props).authority(props["ca_arn"]).inactive()
        except CloudHsmError as error:
            problem = str(error)
        if problem:
            say(
                f"warning: {problem} (its certificate is not touched by that, and once the cluster "
                "is initialized nothing needs the CA)"
            )
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate; the CA is a resource of its own, or somebody else's."""

    def _install(self, pca: AcmPca, authority: PrivateCa, props: Props) -> None:
        arn = authority.arn
        csr = awaited(self, f"CSR of {arn}", props, lambda: pca.csr(arn))
        # From the CA's own making, so that every try asks for the same certificate.
        starts = authority.created_at.astimezone(UTC).replace(microsecond=0)
        ends = starts + timedelta(hours=int(props["validity_hours"]))
        pem = signed_by(self, pca, props, csr, ROOT_TEMPLATE, (starts, ends))
        check_pair(pem, pem, csr, self.now())
        try:
            answered(self, f"installation at {arn}", props, lambda: pca.install(arn, pem))
        except AwsError:
            # A twin of an interrupted run, or our own call whose answer was lost, was faster.
            if pca.authority(arn).status != "ACTIVE":
                raise

    def _active(self, pca: AcmPca, props: Props) -> PrivateCa:
        arn = props["ca_arn"]

        def look() -> Observation[PrivateCa]:
            authority = pca.authority(arn)
            return Observation(authority.status, authority)

        goal = Goal(f"private CA {arn}", "ACTIVE", ("ACTIVE",), _GONE, SETTING)
        return self.waiter().wait(goal, pace(props), look).observation.value

    def _problem(self, props: Props, ours: bool) -> str | None:
        """Why a given CA will not do, as far as a preview can see."""
        try:
            authority = self.pca(props).authority(props["ca_arn"])
        except AwsError as error:
            # Other refusals (no credentials in a preview) are told by the step itself.
            return str(error) if error.code == "ResourceNotFoundException" else None
        except CloudHsmError:
            return None
        return authority.unfit() or (None if ours else authority.inactive())


def described(provider: CloudHsmProvider, pca: AcmPca, props: Props) -> PrivateCa:
    """The CA of `props`, which can be a trust anchor.

    Raises:
        StateError: it cannot; says why and what to do.
    """
    arn = props["ca_arn"]
    authority = answered(provider, f"private CA {arn}", props, lambda: pca.authority(arn))
    if problem := authority.unfit():
        raise StateError(problem)
    return authority


def signed_by(
    provider: CloudHsmProvider,
    pca: AcmPca,
    props: Props,
    csr: str,
    template: str,
    period: tuple[datetime, datetime],
) -> str:
    """Has a CSR signed and waits for the certificate.

    Raises:
        AwsError: AWS refused it, or failed at it.
        DeadlineError: it takes too long; a later `up` goes on.
    """
    arn = props["ca_arn"]
    # The same CSR asked for again within five minutes, after a crash say, is the same certificate.
    token = hashlib.sha256(csr.strip().encode()).hexdigest()
    certificate_arn = answered(
        provider,
        f"request to {arn}",
        props,
        lambda: pca.issue(arn, csr, template, period, token),
    )
    what = f"certificate {certificate_arn.rpartition('/')[2]} of {arn}"
    return awaited(provider, what, props, lambda: pca.issued(arn, certificate_arn))


def awaited(
    provider: CloudHsmProvider, what: str, props: Props, look: Callable[[], str | None]
) -> str:
    """Waits for a text that AWS makes a little later.

    Args:
        provider: whose waiter it is.
        what: what is waited for, in words.
        props: with the pace.
        look: returns the text, None while there is none.

    Raises:
        DeadlineError: it takes too long.
    """

    def observe() -> Observation[str]:
        text = look()
        return Observation("being made", "") if text is None else Observation("there", text)

    goal = Goal(what, "there", ("there",), (), SETTING)
    return provider.waiter().wait(goal, pace(props), observe).observation.value


class PrivateRootCa(SignedCertificate, module="cloudhsm", name="PrivateRootCa"):
    """The certificate of a root private CA, which is ACTIVE."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            props: `region`, `ca_arn`, `install` (whether the CA is ours, and is given a
                certificate of `validity_hours`), `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(PrivateRootCaProvider(), name, props, opts)
