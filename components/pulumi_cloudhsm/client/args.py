"""What a client is made of: where the HSMs' own commands run."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from ..validation import InputError, check_id, check_key_arn, check_plain, section

PACKAGE = (
    "https://s3.amazonaws.com/cloudhsmv2-software/CloudHsmClient/Amzn2023/"
    "cloudhsm-cli-5.18.0-1.amzn2023.x86_64.rpm"
)
"""Client SDK 5's CLI for Amazon Linux 2023, and its checksum. Source: user guide, downloads for AWS
CloudHSM Client SDK, version 5.18.0."""
PACKAGE_SHA256 = "0c77a4014d77df64ea3faaf1cc8d8f67dacd8a5ca53baa0026ab0b65d4fe6b69"


_ADDRESS = r"[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,252}"


@dataclass(frozen=True, kw_only=True)
class SshArgs:
    """A host of yours that is reached by SSH; `sudo` has to work there without a password.

    All fields can be changed at any time; a step that is done is not run again for that.
    """

    address: pulumi.Input[str]
    """Name or IP address, reachable from where `pulumi up` runs. Can be changed."""
    host_key: pulumi.Input[str]
    """Its public key, as `ssh-keyscan` shows it without the name: `ssh-ed25519 AAAA…`. Can be
    changed."""
    private_key: pulumi.Input[str]
    """The user's private key in PEM or OpenSSH format; always kept secret. Can be changed."""
    user: str = "ec2-user"
    """The user to log in as; the default is Amazon Linux's. Can be changed."""
    port: int = 22
    """TCP port, 1 to 65535. Can be changed."""

    def check(self) -> None:
        """Refuses a host that could be any host.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if isinstance(self.address, str) and not re.fullmatch(_ADDRESS, self.address):
            raise InputError(
                "address", self.address, "give the host's name or IP address, without user or port"
            )
        if isinstance(self.host_key, str) and not _is_public_key(self.host_key):
            raise InputError(
                "host_key",
                self.host_key,
                "give the host's public key, as its /etc/ssh/ssh_host_ed25519_key.pub has it: "
                "without it another host could answer in its place",
            )
        if not 1 <= self.port <= 65535:
            raise InputError("port", self.port, "give a TCP port, 1 to 65535")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", self.user):
            raise InputError("user", self.user, "give the name of a Linux user")


def check_private_key(text: str) -> None:
    """Refuses what no SSH client takes for a private key, before a host is needed.

    Raises:
        InputError: names the field and the fix; never shows the text.
    """
    for load in (load_ssh_private_key, load_pem_private_key):
        try:
            load(text.strip().encode(), None)
        except TypeError:
            fix = "give a key without a passphrase: nothing can ask for one during `pulumi up`"
            raise InputError("private_key", "[secret]", fix) from None
        except (ValueError, UnsupportedAlgorithm):
            continue
        else:
            return
    fix = "give the private key in PEM or OpenSSH format, as ssh-keygen writes it"
    raise InputError("private_key", "[secret]", fix)


def _is_public_key(text: str) -> bool:
    try:
        load_ssh_public_key(" ".join(text.split()[:2]).encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class ClientArgs:
    """Where the HSMs' own commands run: a host that is made, an instance, or a host behind SSH.

    All fields can be changed at any time.
    """

    host: bool = True
    """Make a small host, where neither `instance_id` nor `ssh` is given. It is needed only while
    there is something to run: False deletes it. Plain: it decides which resources exist. Can be
    changed."""
    instance_id: pulumi.Input[str] | None = None
    """An instance of yours: Amazon Linux 2023, in the cluster's security group, managed by SSM, its
    role allowed to read the secrets. Can be changed."""
    subnet_id: pulumi.Input[str] | None = None
    """A subnet for the host that is made, with a way to Systems Manager, Secrets Manager and S3.
    Left out, the host gets subnets and a NAT gateway in a VPC that this package made. Can be
    changed."""
    instance_type: str = "t3.micro"
    """Type of the host that is made; x86-64. Source: user guide, install the CloudHSM CLI. Can be
    changed: it makes another host."""
    secrets_kms_key: pulumi.Input[str] | None = None
    """ARN of the KMS key of the secrets with the passwords; `aws/secretsmanager` when left out. A
    secret that is made is encrypted under it, and the host that is made may decrypt with it. Can be
    changed. Source: CreateSecret in the Secrets Manager API reference."""
    cli_package: str = PACKAGE
    """URL of the package with cloudhsm-cli, version 5. A host that has the CLI keeps it. Can be
    changed."""
    cli_package_sha256: str | None = None
    """SHA-256 of that package, 64 hexadecimal digits; known for the default one, needed with any
    other. The host installs nothing else. Can be changed."""
    ssh: SshArgs | None = None
    """A host of yours that is reached by SSH. The same is asked of it as of `instance_id`, but for
    SSM. Plain: whether it is given decides which resources exist."""

    @property
    def package_sha256(self) -> str:
        """The checksum that the package has to have."""
        return self.cli_package_sha256 or PACKAGE_SHA256

    @property
    def makes_host(self) -> bool:
        """Whether a host is made."""
        return self.host and self.instance_id is None and self.ssh is None

    def check(self) -> None:
        """Refuses what cannot work.

        Raises:
            InputError: names the input, the value and the fix.
        """
        check_plain(self)
        check_id("instance_id", self.instance_id, "i")
        check_id("subnet_id", self.subnet_id, "subnet")
        check_key_arn("secrets_kms_key", self.secrets_kms_key)
        if not re.fullmatch(r"https://[^\s/]+/\S+", self.cli_package):
            raise InputError("cli_package", self.cli_package, "give an https:// URL")
        if self.cli_package != PACKAGE and self.cli_package_sha256 is None:
            fix = "give the checksum of the package in cli_package (sha256sum FILE)"
            raise InputError("cli_package_sha256", None, fix)
        if not re.fullmatch(r"[0-9a-f]{64}", self.package_sha256):
            fix = "give 64 hexadecimal digits in lower case"
            raise InputError("cli_package_sha256", self.cli_package_sha256, fix)
        family, _, size = self.instance_type.partition(".")
        # Of Graviton: a family whose attributes begin with g, such as t4g or c6gn.
        arm = re.fullmatch(r"[a-z]+\d+g[a-z-]*", family) or family == "a1"
        if arm or not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", f"{family}.{size}"):
            raise InputError(
                "instance_type", self.instance_type, "give an x86-64 type such as t3.micro"
            )
        if self.ssh is not None:
            if self.instance_id is not None:
                raise InputError(
                    "instance_id", "given", "leave it out: the host is reached by SSH (ssh)"
                )
            with section("ssh"):
                self.ssh.check()

    def check_host(self, *, own_vpc: bool) -> None:
        """Refuses a host that would have no way to AWS.

        Args:
            own_vpc: whether this package made the cluster's VPC.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if self.makes_host and self.subnet_id is None and not own_vpc:
            raise InputError(
                "subnet_id",
                None,
                "give a subnet with a way to Systems Manager, Secrets Manager and S3 (a NAT "
                "gateway): the cluster's own network was given",
            )
