"""What runs on a client host: one shell script, sent there as text."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from importlib import resources
from typing import Any

from ...passwords.rules import PASSWORDS

END = "CLOUDHSM_CLIENT_PROGRAM"
FILES = ("hsm_cli.py", "users.py", "program.py")
"""The program; the last one is run."""


def arguments(given: Mapping[str, Any]) -> str:
    """The script's one argument, quoted for a shell; nothing secret goes into it.

    Args:
        given: `step` (activate or kmsuser), `region`, `hsm_ips`, `ca_certificate` (PEM),
            `package` (URL), `package_sha256` and `admin_secret` (ARN). Where a failure's code is
            not read, `advice` by code. For kmsuser also `kmsuser_secret` (ARN), `check_password`
            (False: KMS may have changed it) and `kms_is_connected` (it has). With `set_password`, a
            user of a backup is given the secret's, since KMS had changed it.
    """
    passwords = {name: rule.props() for name, rule in PASSWORDS.items()}
    return shlex.quote(json.dumps({**given, "passwords": passwords}, sort_keys=True))


def shell_script(given: Mapping[str, Any]) -> str:
    """A shell script that runs the program with these arguments, in a folder that goes with it.

    The program needs Python 3.9 and nothing else.
    """
    lines = ["folder=$(mktemp -d) || exit 1", "trap 'rm -rf \"$folder\"' EXIT"]
    for name in FILES:
        text = (resources.files(__name__) / name).read_text(encoding="utf-8")
        lines += [f"cat > \"$folder/{name}\" <<'{END}'", text.rstrip("\n"), END]
    return "\n".join([*lines, f'python3 "$folder/{FILES[-1]}" {arguments(given)}', ""])
