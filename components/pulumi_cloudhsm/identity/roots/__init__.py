"""Roots shipped with the package, pinned by their SHA-256."""

from __future__ import annotations

from importlib.resources import files

AWS_ROOT_G1_SHA256 = (
    "9C:69:58:FC:AC:BB:6F:0E:36:54:6B:E1:F2:CE:59:AD:"
    "84:EE:20:68:35:E6:97:7F:69:7D:30:DC:E9:A7:B5:70"
)
"""AWS CloudHSM Root G1, valid until 2027-04-26.

Source: AWS_CloudHSM_Root-G1.zip, linked in the user guide under "Verify the HSM identity".
"""


def aws_root_g1_pem() -> str:
    """The AWS CloudHSM Root G1 certificate."""
    return (files(__name__) / "aws-cloudhsm-root-g1.pem").read_text(encoding="ascii")
