"""`dnf install -y URL`: puts the emulated CloudHSM CLI where the package would."""

import os
import shlex
import stat
import sys
from pathlib import Path

from asking import ask

if sys.argv[1:2] != ["install"] or "cloudhsm-cli" not in sys.argv[-1]:
    sys.exit(f"dnf: {shlex.join(sys.argv[1:])} is not emulated")
ask("/host/package", url=sys.argv[-1])
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
