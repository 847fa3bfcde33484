"""The base of the CAs that sign a cluster's CSR: inputs, outputs, and the warning about drift.

The cluster takes any of them. A CA is made once, because an initialized cluster keeps its CA
certificate for life. So args that differ from the certificate cause a warning and change nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

import pulumi
from cryptography import x509

from ..common import CommonArgs, visible_inputs
from ..recovery.part import Part
from ..validation import InputError
from ..x509.reading import fingerprint, iso, load_certificate, rsa_bits
from .args import SUBJECT_PARTS, Subject, TrustArgs, TrustMode


class Issuer(Part):
    """A self-signed CA that signs a cluster's CSR directly."""

    ca_certificate: pulumi.Output[str]
    """The CA certificate, PEM; not confidential, marked secret to keep diffs short."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the CA certificate, `AB:CD:…`."""
    expires: pulumi.Output[str]
    """End of the CA's validity; ISO 8601, UTC."""
    arn: pulumi.Output[str]
    """ARN of the KMS key or private CA that signs; empty where the key is in the state."""

    _component_type: ClassVar[str]
    """Its type in the state."""
    _mode: ClassVar[TrustMode]

    def __init__(
        self,
        name: str,
        args: TrustArgs,
        *,
        common: CommonArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the CA.

        Args:
            name: logical name.
            args: who signs, and under which CA.
            common: where it is, and how it is kept.
            opts: Pulumi's options.

        Raises:
            InputError: names the field, the value and the fix.
        """
        args.check()
        if args.mode != self._mode:
            raise InputError("mode", args.mode, f"a {type(self).__name__} needs {self._mode}")
        super().__init__(self._component_type, name, visible_inputs(args), opts)
        self._args, self._common = args, (common or CommonArgs()).within(self)
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=self._common.protect)
        self._declare(name)

    def sign(self, name: str, csr: pulumi.Input[str]) -> pulumi.Output[str]:
        """Signs an HSM's CSR.

        Only another CSR makes another certificate. A captured CSR changes only when AWS replaces
        the HSM before the initialization. So the certificate needs no protection.

        Args:
            name: logical name of the certificate.
            csr: the captured CSR, PEM.

        Returns:
            The cluster certificate, PEM; not confidential, marked secret to keep diffs short.
        """
        raise NotImplementedError

    def _declare(self, name: str) -> None:
        """Declares key and certificate, sets `arn`, and calls `_publish`."""
        raise NotImplementedError

    @property
    def _signed(self) -> pulumi.ResourceOptions:
        """Options of what is signed: it belongs to the cluster, whose name its own begins with.

        So an alias of a renamed deployment reaches it.
        """
        return pulumi.ResourceOptions(parent=self._parent or self)

    @property
    def _subject(self) -> Subject:
        return self._args.subject or Subject("", "")

    def _publish(self, ca_certificate: pulumi.Output[str], *, given: Collection[str] = ()) -> None:
        """Sets and registers the outputs that follow from the certificate; warns of drift.

        Args:
            ca_certificate: PEM.
            given: fields of the args that an existing key decides instead.
        """
        # Of a unit test's mocks there may be no certificate.
        read = pulumi.Output.unsecret(ca_certificate).apply(
            lambda pem: load_certificate(pem, "the CA certificate") if pem else None
        )
        self.ca_certificate = ca_certificate
        self.ca_certificate_sha256 = read.apply(lambda ca: fingerprint(ca) if ca else "")
        self.expires = read.apply(lambda ca: iso(ca.not_valid_after_utc) if ca else "")
        if self._args.makes_ca:
            read.apply(lambda ca: self._warn_of_drift(ca, given) if ca else None)
        self.register_outputs(
            {
                "ca_certificate": self.ca_certificate,
                "ca_certificate_sha256": self.ca_certificate_sha256,
                "expires": self.expires,
                "arn": self.arn,
            }
        )

    def _warn_of_drift(self, ca: x509.Certificate, given: Collection[str]) -> None:
        if differences := args_drift(ca, self._args, given):
            pulumi.log.warn(
                f"{self.pulumi_resource_name}: the CA certificate stays as it is, and these values "
                f"differ from it ({'; '.join(differences)}): set them back; another CA needs a new "
                "cluster",
                self,
            )


def args_drift(
    certificate: x509.Certificate, args: TrustArgs, given: Collection[str] = ()
) -> list[str]:
    """What args say otherwise than the CA certificate, each with both values.

    Args:
        certificate: the CA certificate.
        args: what a CA would be made of now.
        given: fields of the args that do not count.
    """
    pairs: dict[str, tuple[Any, Any]] = {}
    for part, oid in SUBJECT_PARTS.items():
        named = certificate.subject.get_attributes_for_oid(oid)
        actual = str(named[0].value) if named else None
        pairs[f"subject.{part}"] = (getattr(args.subject, part, None), actual)
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    pairs["key_bits"] = (args.key_bits, rsa_bits(certificate))
    pairs["validity_hours"] = (args.validity_hours, round(lifetime.total_seconds() / 3600))
    return [
        f"trust.{field} is {wanted!r}, the certificate has {actual!r}"
        for field, (wanted, actual) in pairs.items()
        if wanted != actual and field not in given
    ]
