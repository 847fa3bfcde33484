"""What the providers that have something signed share: persistence, and their outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure
from pulumi.output import Unknown

from ..certificates import fingerprint, iso, load_certificate, load_csr
from ..errors import CertificateError
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, pace

SETTING = "signing_deadline_seconds (cloudhsm:signingDeadlineSeconds)"

T = TypeVar("T")


def answered(provider: CloudHsmProvider, what: str, props: Props, call: Callable[[], T]) -> T:
    """Makes a call that may be repeated until AWS answers it, be it throttled or cut off.

    Raises:
        DeadlineError: AWS gave no answer in time.
        AwsError: AWS refused it.
    """
    goal = Goal(what, "an answer", ("answered",), (), SETTING)
    waited = provider.waiter().wait(goal, pace(props), lambda: Observation("answered", call()))
    return waited.observation.value


def certificate_outs(props: Props, pem: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The inputs, and what is to be known of a certificate."""
    certificate = load_certificate(pem, "the certificate")
    return {
        **{key: value for key, value in props.items() if key != "__provider"},
        "certificate_pem": pem,
        "certificate_sha256": fingerprint(certificate),
        "expires": iso(certificate.not_valid_after_utc),
        **more,
    }


CERTIFICATE_OUTPUTS = ("certificate_pem", "certificate_sha256", "expires")


def what_is_wrong_with_a_leaf(news: Mapping[str, Any]) -> list[CheckFailure]:
    """What `check` has to say of the inputs of a cluster certificate; unknown is fine."""
    csr, hours = news.get("csr"), news.get("validity_hours")
    failures: list[CheckFailure] = []
    if isinstance(csr, str):
        try:
            load_csr(csr, "the captured CSR")
        except CertificateError as error:
            failures.append(CheckFailure("csr", str(error)))
    if not isinstance(hours, Unknown) and not (isinstance(hours, int | float) and hours >= 0):
        failures.append(CheckFailure("validity_hours", "give a number of hours, or 0"))
    return failures
