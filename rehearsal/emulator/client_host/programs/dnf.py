"""`dnf install -y FILE`: puts the emulated CloudHSM CLI where the package would."""

import os
import shlex
import stat
import sys
from pathlib import Path

if sys.argv[1:2] != ["install"]:
    sys.exit(f"dnf: {shlex.join(sys.argv[1:])} is not emulated")
if not Path(sys.argv[-1]).is_file():
    sys.exit(f"Error: Could not open: {sys.argv[-1]}")
folder = Path(os.environ["CLOUDHSM_HOME"], "bin")
folder.mkdir(parents=True, exist_ok=True)
(folder.parent / "etc").mkdir(exist_ok=True)
for name, program in (("cloudhsm-cli", "cloudhsm_cli.py"), ("configure-cli", "configure_cli.py")):
    file = folder / name
    source = Path(__file__).with_name(program)
    file.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(source))} "$@"\n'
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
print("Complete!")
