"""Which certificate goes into which file: AWS's own names (user guide, verify the identity)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from ..dynamic_provider import resolved
from ..identity.capture import Captured
from .args import FilesArgs
from .ca_key_file_provider import CaKeyFile, CaKeyFileInputs
from .certificate_files_provider import CertificateFiles, CertificateFilesInputs


def identity_files(
    cluster_id: pulumi.Output[str], identity: Captured
) -> pulumi.Output[dict[str, str]]:
    """The first HSM's CSR, and the certificates that vouch for it."""
    return pulumi.Output.all(
        cluster_id,
        identity.csr,
        identity.hsm_certificate,
        identity.aws_hardware_certificate,
        identity.manufacturer_hardware_certificate,
    ).apply(
        lambda known: {
            f"{known[0]}_ClusterCsr.csr": known[1],
            f"{known[0]}_HsmCertificate.crt": known[2],
            f"{known[0]}_AwsHardwareCertificate.crt": known[3],
            f"{known[0]}_ManufacturerHardwareCertificate.crt": known[4],
        }
    )


def trust_files(
    cluster_id: pulumi.Output[str],
    cluster_certificate: pulumi.Output[str],
    ca_certificate: pulumi.Output[str],
) -> pulumi.Output[dict[str, str]]:
    """What the cluster is initialized with; clients look for exactly `customerCA.crt`."""
    return pulumi.Output.all(cluster_id, cluster_certificate, ca_certificate).apply(
        lambda known: {
            f"{known[0]}_CustomerHsmCertificate.crt": known[1],
            "customerCA.crt": known[2],
        }
    )


def both(*maps: pulumi.Output[dict[str, str]]) -> pulumi.Output[dict[str, str]]:
    """Maps of file names as one; in a unit test, Pulumi's mocks may leave any out."""
    return pulumi.Output.all(*maps).apply(
        lambda known: {name: text for one in known if one for name, text in one.items()}
    )


def write_files(
    name: str,
    folder: str,
    files: pulumi.Output[dict[str, str]],
    opts: pulumi.ResourceOptions,
) -> CertificateFiles:
    """Declares the files.

    Args:
        name: logical name.
        folder: relative to the program's folder.
        files: name to PEM content.
        opts: Pulumi's options.
    """
    contents: Mapping[str, str] = resolved(files)
    return CertificateFiles(name, CertificateFilesInputs(directory=folder, files=contents), opts)


def write_ca_key(
    name: str, args: FilesArgs, private_key_pem: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> None:
    """Writes the key of a CA that the stack made, encrypted, where a passphrase is given.

    Args:
        name: logical name.
        args: where to, and the passphrase.
        private_key_pem: the key, PEM.
        opts: Pulumi's options.
    """
    if args.ca_key_passphrase is None:
        return
    CaKeyFile(
        name,
        CaKeyFileInputs(
            path=f"{args.folder}/customerCA.key",
            private_key_pem=resolved(private_key_pem),
            passphrase=resolved(pulumi.Output.secret(args.ca_key_passphrase)),
        ),
        opts,
    )
