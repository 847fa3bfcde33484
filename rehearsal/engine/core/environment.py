"""The environment of a rehearsal: the user's login, plugins and credentials stay out of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PASSPHRASE = "rehearsal"  # noqa: S105 - protects throw-away stacks only
FOREIGN_PREFIXES = ("PULUMI_", "AWS_", "BOTO_")


def without_the_users_own(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Copy an environment (default: ours) without any Pulumi or AWS setting of the user's."""
    source = os.environ if environment is None else environment
    # Without bytecode every process would compile the program and its package anew: 0.3 s of each
    # command.
    foreign = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
    return {
        key: value
        for key, value in source.items()
        if not key.startswith(FOREIGN_PREFIXES) and key not in foreign
    }


def engine_variables(binaries: Path, home: Path, state: Path) -> dict[str, str]:
    """Give what the CLI needs to use our hosts, our plugins and a file backend in `state`."""
    return {
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_CREDENTIAL_STORE": "plaintext",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }


def aws_variables(
    endpoint: str, region: str, empty_file: Path, access_key: str = "rehearsal"
) -> dict[str, str]:
    """Point every AWS SDK at the emulator, with credentials that no account knows.

    Args:
        endpoint: the emulator's URL on loopback.
        region: for instance eu-central-1.
        empty_file: an empty file that stands in for ~/.aws/config and ~/.aws/credentials.
        access_key: the one whose commands on instances the emulator runs, if any.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_CONFIG_FILE": str(empty_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(empty_file),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
