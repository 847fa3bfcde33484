"""What runs on a client host: one script, sent there as text."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from importlib import resources
from typing import Any

END = "CLOUDHSM_CLIENT_PROGRAM"


def program() -> str:
    """The script's text; it needs Python 3.9 and nothing else."""
    return (resources.files(__name__) / "program.py").read_text(encoding="utf-8")


def arguments(given: Mapping[str, Any]) -> str:
    """The script's one argument, quoted for a shell; nothing secret goes into it.

    Args:
        given: `step` (activate or kmsuser), `region`, `hsm_ips`, `ca_certificate` (PEM),
            `package` (URL), `package_sha256` and `admin_secret` (ARN). For kmsuser also
            `kmsuser_secret` (ARN), `check_password` (False: KMS may have changed it) and
            `kms_is_connected` (it has). Where a failure's code is not read, `advice` by code.
    """
    return shlex.quote(json.dumps(dict(given), sort_keys=True))


def shell_script(given: Mapping[str, Any]) -> str:
    """A shell script that runs the program with these arguments."""
    return f"python3 - {arguments(given)} <<'{END}'\n{program()}\n{END}\n"
