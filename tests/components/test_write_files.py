"""The command that writes a stack's files where `pulumi up` has not: from its state alone."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from pulumi_cloudhsm import write_files
from tests.support import pki

PASSPHRASE = "correct horse battery staple"
FILES = {"cluster-abc_ClusterCsr.csr": "csr\n", "customerCA.crt": "ca\n"}
SIGNATURE = "4dabf18193072939515e22adb298388d"


def secret(value: object) -> dict[str, str]:
    """As `pulumi stack export --show-secrets` prints one."""
    return {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(value)}


def state(*resources: dict[str, Any]) -> str:
    stack = {"type": "pulumi:pulumi:Stack", "inputs": {}}
    return json.dumps({"version": 3, "deployment": {"resources": [stack, *resources]}})


def certificate_files() -> dict[str, Any]:
    return {
        "type": "pulumi-python:dynamic/cloudhsm:CertificateFiles",
        "inputs": {"directory": "certificates/dev", "files": secret(FILES)},
    }


def ca_key_file() -> dict[str, Any]:
    key = pki.rsa_key("our CA").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return {
        "type": "pulumi-python:dynamic/cloudhsm:CaKeyFile",
        "inputs": {
            "path": "certificates/dev/customerCA.key",
            "private_key_pem": secret(key.decode()),
            "passphrase": secret(PASSPHRASE),
        },
    }


def command(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return write_files.main([str(folder)])


def test_all_files_are_written_where_the_state_says_and_their_paths_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(state(certificate_files(), ca_key_file()), tmp_path, monkeypatch) == 0
    folder = tmp_path / "certificates" / "dev"
    assert {name: (folder / name).read_text() for name in FILES} == FILES
    key_file = folder / "customerCA.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    found: Any = serialization.load_pem_private_key(key_file.read_bytes(), PASSPHRASE.encode())
    assert found.private_numbers() == pki.rsa_key("our CA").private_numbers()
    printed = capsys.readouterr().out
    assert printed.splitlines() == [str(folder / name) for name in (*FILES, "customerCA.key")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "the input is no state: pipe the output of `pulumi stack export --show-secrets`"),
        ('{"resources": []}', "the input is no state"),
        (
            state(certificate_files()).replace("plaintext", "ciphertext"),
            "the secrets are encrypted: add --show-secrets to the export",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line_and_writes_nothing(
    text: str,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(text, tmp_path, monkeypatch) == 2
    assert line in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_stack_without_files_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(state(), tmp_path, monkeypatch) == 0
    assert capsys.readouterr().out == "the stack has written no files yet\n"
