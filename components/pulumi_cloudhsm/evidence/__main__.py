"""The command: collects a bundle of evidence, or checks one.

Ends with 0 where no check failed, with 1 where one did, and with 2 where there is nothing to check.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..errors import CloudHsmError
from ..given_files import read_bytes
from ..identity.chains import TrustedRoot
from ..identity.roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem
from ..x509.reading import fingerprint, load_certificate
from . import bundle, checks
from .ceremony import ceremony, export
from .checks import Anchors, Check
from .collecting import collect


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: those of the command line; None takes the process's own.

    Returns:
        The exit code.
    """
    given = _parser().parse_args(arguments)
    try:
        found = _collected(given) if given.command == "collect" else _verified(given)
    except CloudHsmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for check in found:
        print(f"{check.result:<11}  {check.what}: {check.detail}")
    return 0 if checks.passed(found) else 1


def _collected(given: argparse.Namespace) -> list[Check]:
    text = read_bytes(given.state).decode(errors="replace") if given.state else export(given.stack)
    held = ceremony(text, given.cluster_id)
    files = collect(held, ask_aws=not given.offline, kms_key=given.kms_key, now=datetime.now(UTC))
    bundle.write(given.output, files)
    print(f"{given.output}: {len(files)} files about {held.identity.cluster_id}")
    # What the stack trusted is what it pinned; an auditor gives roots of their own to `verify`.
    return checks.run(
        files,
        Anchors(
            [_root(pem) for pem in held.identity.aws_roots],
            [_root(pem) for pem in held.identity.manufacturer_roots],
        ),
    )


def _verified(given: argparse.Namespace) -> list[Check]:
    pinned = TrustedRoot.pinned(aws_root_g1_pem(), AWS_ROOT_G1_SHA256, "AWS root G1")
    anchors = Anchors(
        [pinned, *_roots(given.aws_root)],
        list(_roots(given.manufacturer_root)),
        read_bytes(given.signing_key) if given.signing_key else None,
    )
    return checks.run(bundle.read(given.bundle), anchors)


def _roots(paths: Sequence[Path]) -> Iterator[TrustedRoot]:
    for path in paths:
        yield _root(read_bytes(path).decode("ascii", "replace"), str(path))


def _root(pem: str, what: str = "root") -> TrustedRoot:
    return TrustedRoot(held := load_certificate(pem, what), fingerprint(held))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudhsm.evidence",
        description="Proof of how a cluster's trust anchor came about.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect", help="writes a bundle from the stack's state")
    collecting.add_argument("--output", type=Path, default=Path("evidence.zip"))
    collecting.add_argument("--stack", help="instead of the selected one")
    collecting.add_argument(
        "--state", type=Path, help="a file of `pulumi stack export --show-secrets`, or /dev/stdin"
    )
    collecting.add_argument("--cluster-id", help="where the stack has several")
    collecting.add_argument("--kms-key", help="a key RSA for SIGN_VERIFY that signs the bundle")
    collecting.add_argument(
        "--offline", action="store_true", help="asks neither CloudTrail nor STS"
    )
    verifying = commands.add_parser("verify", help="checks a bundle; needs no network")
    verifying.add_argument("bundle", type=Path)
    for option, meaning in (
        ("--aws-root", "another root of AWS that you trust, PEM; may be repeated"),
        ("--manufacturer-root", "the root of the HSM's manufacturer, PEM; may be repeated"),
    ):
        verifying.add_argument(option, type=Path, action="append", default=[], help=meaning)
    verifying.add_argument(
        "--signing-key", type=Path, help="the public key that has to have signed it, PEM"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
