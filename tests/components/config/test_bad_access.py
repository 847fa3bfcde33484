"""Config by which AWS, a host or a folder is reached: what cannot work is told beforehand."""

from pathlib import Path

import pulumi
import pytest

from tests.support.recording import config, run
from tests.support.ssh import HOST_KEY, private_key


@pytest.mark.parametrize("region", ["eu-central-1a", "EU-CENTRAL-1", "Frankfurt", " ", "eu\n"])
def test_what_is_no_region_is_told_before_the_zones_in_it(region: str) -> None:
    done = run({**config(), "aws:region": region}, preview=True)
    assert str(done.error).startswith(f"aws:region is {region!r}: give a Region like eu-central-1")
    assert isinstance(done.error, pulumi.RunError)


@pytest.mark.parametrize("key", ["assumeRoles", "endpoints"])
def test_brackets_without_end_in_the_providers_config_are_refused(key: str) -> None:
    done = run({**config(), f"aws:{key}": "[" * 3_000}, preview=True)
    assert str(done.error).startswith(f"aws:{key} is ")
    assert isinstance(done.error, pulumi.RunError)


@pytest.mark.parametrize(
    ("private_key", "fix"),
    [
        ("", "as ssh-keygen writes it"),
        ("ssh-ed25519 AAAA", "as ssh-keygen writes it"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "as ssh-keygen writes it"),
        (private_key(b"secret"), "without a passphrase"),
    ],
)
def test_a_private_key_that_no_ssh_takes_is_refused_unshown(private_key: str, fix: str) -> None:
    given = {
        "activation": {"mode": "ssh"},
        "client": {"ssh": {"address": "h", "hostKey": HOST_KEY}},
    }
    done = run(config(**given, sshPrivateKey=private_key), preview=True)
    assert str(done.error).startswith("cloudhsm:sshPrivateKey is '[secret]': ")
    assert fix in str(done.error)


@pytest.mark.parametrize("preview", [True, False])
def test_a_folder_below_a_file_is_refused_before_anything_is_made(
    tmp_path: Path, preview: bool
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = str(tmp_path / "file" / "certificates")
    done = run(config(files={"directory": folder}), preview=preview)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "cloudhsm:files.directory" in line
    assert folder in line
    assert "is a file, not a folder" in line
    assert "choose another folder" in line
    assert done.of("aws") == []
