"""`configure-cli -a ADDRESS…`: which HSMs the CLI connects to. There is no `update` (SDK 5.18)."""

import argparse
import json
import os
from pathlib import Path

parser = argparse.ArgumentParser(prog="configure-cli")
parser.add_argument("-a", nargs="+", required=True, metavar="ADDRESS")
given = parser.parse_args()
file = Path(os.environ["CLOUDHSM_HOME"], "etc", "cloudhsm-cli.cfg")
file.write_text(json.dumps({"clusters": [{"cluster": {"servers": given.a}}]}))
