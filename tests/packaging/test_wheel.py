"""The wheel: it installs into a bare virtualenv with all that it needs, and every name loads."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

PROBE = """
import pulumi_cloudhsm as package, sys
missing = []
for name in package.__all__:
    try:
        getattr(package, name)
    except Exception as error:
        missing.append(f"{name}: {error}")
from pulumi_cloudhsm.config import load
from pulumi_cloudhsm.testing import DeploymentMocks
from pulumi_cloudhsm.identity.roots import aws_root_g1_pem
from pulumi_cloudhsm.client.program import shell_script
assert aws_root_g1_pem().startswith("-----BEGIN CERTIFICATE")
assert "cloudhsm-cli" in shell_script({})
assert "site-packages" in package.__file__, package.__file__
print(missing)
"""


def test_the_wheel_holds_types_roots_and_the_host_program_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "pulumi_cloudhsm/py.typed" in names
    assert "pulumi_cloudhsm/identity/roots/aws-cloudhsm-root-g1.pem" in names
    assert "pulumi_cloudhsm/initialization/initialization_provider.py" in names
    assert not [name for name in names if "test_" in name or "rehearsal" in name]


def test_every_public_name_loads_in_a_bare_virtualenv(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-c", PROBE], capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_help_and_completion_show_the_public_names(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-c", "import pulumi_cloudhsm as p; print(sorted(dir(p)) == sorted(p.__all__))"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.stdout.strip() == "True"
