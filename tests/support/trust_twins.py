"""The two ways to sign at AWS, KMS and AWS Private CA, with one interface for tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from pulumi_cloudhsm.aws.acmpca import AcmPca
from pulumi_cloudhsm.aws.kms_signing import KmsSigning
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.trust.kms_ca_provider import KmsSignedCaInputs, KmsSignedCaProvider
from pulumi_cloudhsm.trust.kms_certificate_provider import (
    KmsSignedCertificateInputs,
    KmsSignedCertificateProvider,
)
from pulumi_cloudhsm.trust.private_ca_certificate_provider import (
    PrivateCaCertificateInputs,
    PrivateCaCertificateProvider,
)
from pulumi_cloudhsm.trust.private_ca_provider import PrivateRootCaInputs, PrivateRootCaProvider
from pulumi_cloudhsm.trust.signed_certificate_provider import (
    CaCertificateProvider,
    SignedCertificateProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support import pki
from tests.support.fake_clock import FakeTime
from tests.support.fake_kms import KEY, FakeKms
from tests.support.fake_pca import CA, FakePca

CSR = pki.request(pki.rsa_key("HSM"))
HOURS = 87_660.0


@dataclass
class _Fakes:
    """Comes before a real provider's class: everything is real but AWS and the clock."""

    service: Any
    time: FakeTime
    moment: datetime = pki.NOW
    asked_in: list[AwsAccess] = field(default_factory=list)

    def waiter(self) -> Waiter:
        return self.time.waiter(log_line)

    def now(self) -> datetime:
        return self.moment

    def kms(self, access: AwsAccess) -> KmsSigning:
        self.asked_in.append(access)
        return cast(KmsSigning, self.service)

    def pca(self, access: AwsAccess) -> AcmPca:
        self.asked_in.append(access)
        return cast(AcmPca, self.service)


class KmsCaProvider(_Fakes, KmsSignedCaProvider):
    pass


class KmsLeafProvider(_Fakes, KmsSignedCertificateProvider):
    pass


class PrivateCaProvider(_Fakes, PrivateRootCaProvider):
    pass


class PrivateLeafProvider(_Fakes, PrivateCaCertificateProvider):
    pass


@dataclass
class Twin:
    """A signer at AWS and the providers of the certificates that it signs.

    Attributes:
        arn: of the key or private CA.
        service: what answers for AWS.
        ca: provider of the CA certificate.
        leaf: provider of the cluster certificate.
        ca_given: inputs of the former.
        leaf_given: inputs of the latter; its CA certificate is given with each call.
        signer_input: name of the input that names key or private CA.
        looks: the call that describes it.
        signs: the call that signs.
        missing: AWS's code where it does not exist.
        given: inputs that say that the stack has not made it.
        disabled: how AWS shows one that cannot sign.
    """

    arn: str
    service: Any
    ca: CaCertificateProvider
    leaf: SignedCertificateProvider
    ca_given: KmsSignedCaInputs | PrivateRootCaInputs
    leaf_given: KmsSignedCertificateInputs | PrivateCaCertificateInputs
    signer_input: str
    looks: str
    signs: str
    missing: str
    given: dict[str, bool]
    disabled: dict[str, str]

    @property
    def other_arn(self) -> str:
        return self.arn[:-4] + "0000"

    def ca_inputs(self, **changes: Any) -> dict[str, Any]:
        return {"__provider": "pickle", **replace(self.ca_given, **changes).props()}

    def leaf_inputs(self, ca_certificate: str, **changes: Any) -> dict[str, Any]:
        given = replace(self.leaf_given, ca_certificate=ca_certificate, **changes)
        return {"__provider": "pickle", **given.props()}

    def make_ca(self, **changes: Any) -> dict[str, Any]:
        outs = self.ca.create(self.ca_inputs(**changes)).outs
        assert outs is not None
        return outs

    def make_leaf(self, ca_certificate: str, **changes: Any) -> dict[str, Any]:
        outs = self.leaf.create(self.leaf_inputs(ca_certificate, **changes)).outs
        assert outs is not None
        return outs


_COMMON: dict[str, Any] = {
    "access": AwsAccess("eu-central-1"),
    "timing": Timing(5.0, 600.0),
    "validity_hours": HOURS,
}
_LEAF = {**_COMMON, "ca_certificate": "", "csr": CSR, "validity_hours": HOURS - 720}


def kms_twin(time: FakeTime) -> Twin:
    service = FakeKms()
    subject = {"common_name": "Example CA", "organization": "Example Corp"}
    return Twin(
        arn=KEY,
        service=service,
        ca=KmsCaProvider(service, time),
        # A person may take weeks to activate, and the HSM some minutes.
        leaf=KmsLeafProvider(service, time, pki.NOW + timedelta(days=14)),
        ca_given=KmsSignedCaInputs(**_COMMON, key_id=KEY, subject=subject),
        leaf_given=KmsSignedCertificateInputs(**_LEAF, key_id=KEY),
        signer_input="key_id",
        looks="key",
        signs="sign",
        missing="NotFoundException",
        given={"made": False},
        disabled={"state": "Disabled"},
    )


def private_ca_twin(time: FakeTime) -> Twin:
    service = FakePca(time)
    return Twin(
        arn=CA,
        service=service,
        ca=PrivateCaProvider(service, time),
        leaf=PrivateLeafProvider(service, time),
        ca_given=PrivateRootCaInputs(**_COMMON, ca_arn=CA, install=True),
        leaf_given=PrivateCaCertificateInputs(**_LEAF, ca_arn=CA),
        signer_input="ca_arn",
        looks="authority",
        signs="issue",
        missing="ResourceNotFoundException",
        given={"install": False},
        disabled={"status": "DISABLED"},
    )


TWINS = {"kms": kms_twin, "acm-pca": private_ca_twin}
