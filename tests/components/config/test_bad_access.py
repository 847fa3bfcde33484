"""Config by which AWS or a host is reached: what cannot work is told before anything is made."""

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
