"""Rules about the trust anchor: who holds its key, and what it was given to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import tokens
from .model import (
    DISPOSABLE_STACKS,
    Level,
    Parameter,
    Parameters,
    Resource,
    Rule,
    Violation,
    is_disposable,
    mapping_of,
    of_type,
)

_STRENGTH = ("off", "standard", "full")


def _weaker(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    wanted = values["verification"]
    for one in resources:
        found = one.props.get("verification")
        if found in _STRENGTH and _STRENGTH.index(found) < _STRENGTH.index(wanted):
            told = (
                f"the identity of the first HSM is verified as {found!r}: set "
                f"cloudhsm:identity.verification to {wanted!r}. Without it another device could "
                "have made the CSR that becomes the cluster's certificate"
            )
            yield one, told


IDENTITY_VERIFICATION = Rule(
    name="identity-verification",
    description="The identity of the first HSM is verified before the cluster is initialized.",
    level=Level.MANDATORY,
    check=_weaker,
    types=frozenset({tokens.IDENTITY}),
    parameters={
        "verification": Parameter(
            "standard", "The least verification: `standard` or `full`.", ("standard", "full")
        )
    },
)


def _generated(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        if one.is_part_of(tokens.GENERATED_CA) and not is_disposable(one, values):
            told = (
                f"the state holds the CA's private key, {one.name}: set cloudhsm:trust.mode to "
                "kms, acm-pca or external before the cluster is initialized. An initialized "
                "cluster keeps its CA, so guard its state as you guard the key"
            )
            yield one, told


CA_KEY = Rule(
    name="ca-key-not-in-state",
    description="The private key of the trust anchor is not in the state.",
    level=Level.MANDATORY,
    check=_generated,
    types=frozenset({tokens.TLS_KEY}),
    parameters=DISPOSABLE_STACKS,
)


def _edited(resources: Sequence[Resource], _: Parameters) -> Iterator[Violation]:
    for one in of_type(resources, tokens.INITIALIZATION):
        pem, wanted = one.props.get("ca_certificate"), one.props.get("ca_certificate_sha256")
        if isinstance(pem, str) and isinstance(wanted, str) and _fingerprint(pem) != wanted:
            told = (
                f"the state's CA certificate has SHA-256 {_fingerprint(pem)}, but the cluster was "
                f"initialized with {wanted}: the state was edited. Import a state from before that"
            )
            yield one, told
    for one in of_type(resources, tokens.CERTIFICATE_FILES):
        for path, digest in _written(one.props):
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                told = (
                    f"{path} is not what the stack wrote: find out who changed it, then write it "
                    "again with `pulumi stack export --show-secrets | python -m "
                    "pulumi_cloudhsm.write_files`"
                )
                yield one, told


def _fingerprint(pem: str) -> str:
    """SHA-256 of the first certificate, as openssl prints it; what is no PEM has none."""
    body = pem.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
    try:
        return hashlib.sha256(base64.b64decode(body)).digest().hex(":").upper()
    except ValueError:
        return "none"


def _written(props: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Path and SHA-256 of each file, as far as they are known."""
    digests = mapping_of(props.get("sha256"))
    for name, path in mapping_of(props.get("paths")).items():
        if isinstance(path, str) and isinstance(digests.get(name), str):
            yield Path(path), digests[name]


TRUST_FILES = Rule(
    name="trust-files-unedited",
    description="Certificates in the state and in the stack's files are those of the cluster.",
    level=Level.MANDATORY,
    check=_edited,
    of_stack=True,
)
