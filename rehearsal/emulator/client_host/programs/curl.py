"""`curl -fsSL -o FILE URL`: loads a stand-in for the package, if the host gets out to S3."""

import argparse
from pathlib import Path

from asking import ask

parser = argparse.ArgumentParser(prog="curl")
for flag in ("-f", "-s", "-S", "-L"):
    parser.add_argument(flag, action="store_true", required=True)
parser.add_argument("-o", dest="output", required=True)
parser.add_argument("url")
given = parser.parse_args()
ask("/host/package", url=given.url)
Path(given.output).write_text(given.url)
