"""Writes a stack's certificate files on a machine where `pulumi up` has not written them.

    pulumi stack export --show-secrets | python -m pulumi_cloudhsm.write_files [FOLDER]

The state knows what the files hold. A run writes them only when that changes, on the machine on
which it runs. The files go where the state says, relative to FOLDER or the current folder. The CA
key file is among them where the stack has one, encrypted with its passphrase.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from .errors import CloudHsmError
from .initialization.ca_key_file_provider import CaKeyFileInputs, write_key
from .initialization.certificate_files_provider import CertificateFilesInputs
from .initialization.local_files import write
from .records import in_clear
from .state_names import DYNAMIC, dynamic_type


def write_files(state: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes the files of a stack.

    Args:
        state: what `pulumi stack export --show-secrets` prints.
        folder: what the paths in it are relative to.

    Returns:
        The paths of the files, in the order of the state.

    Raises:
        CloudHsmError: its secrets are encrypted, or a file cannot be written.
    """
    resources = state["deployment"].get("resources") or ()
    return [path for one in resources for path in _written(one, folder)]


def _state(text: str) -> Mapping[str, Any]:
    try:
        state = json.loads(text)
    except ValueError:
        state = None
    found = cast("dict[str, Any]", state) if isinstance(state, dict) else {}
    if not isinstance(found.get("deployment"), dict):
        raise CloudHsmError(
            "the input is no state: pipe the output of `pulumi stack export --show-secrets`"
        )
    return found


def _written(resource: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    kind = dynamic_type(str(resource.get("type")))
    if kind == f"{DYNAMIC}CertificateFiles":
        files = CertificateFilesInputs.read(in_clear(resource["inputs"]))
        for name, content in files.files.items():
            path = folder / files.directory / name
            write(path, content.encode(), mode=0o644)
            yield path
    elif kind == f"{DYNAMIC}CaKeyFile":
        inputs = CaKeyFileInputs.read(in_clear(resource["inputs"]))
        path = folder / inputs.path
        write_key(CaKeyFileInputs(**{**inputs.props(), "path": str(path)}))
        yield path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: prints the path of each file, or one line of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m pulumi_cloudhsm.write_files")
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="the program's folder")
    folder = parser.parse_args(arguments).folder
    try:
        paths = write_files(_state(sys.stdin.read()), folder)
    except CloudHsmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("\n".join(map(str, paths)) or "the stack has written no files yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
