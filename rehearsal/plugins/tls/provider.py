"""The tls provider: which resource types it has."""

from __future__ import annotations

from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.servicer import ProviderServicer
from rehearsal.plugins.tls.certificates import LocallySignedCert, SelfSignedCert
from rehearsal.plugins.tls.private_key import PrivateKey


class TlsProvider(ProviderServicer):
    """Keys and certificates that live in the state only."""

    def __init__(self, engine_address: str = "") -> None:
        super().__init__(
            InstalledPackage("tls"), [PrivateKey, SelfSignedCert, LocallySignedCert], engine_address
        )
