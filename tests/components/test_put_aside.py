"""The command that prints what another Region needs on the day when this one is lost."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from pulumi_cloudhsm import put_aside

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cloudhsm/cluster-a/admin-AbCdEf"
COPY = {
    "id": "backup-abcdefghij2",
    "arn": "arn:aws:cloudhsm:eu-west-1:123456789012:backup/backup-abcdefghij2",
    "backed_up_at": "2026-11-25T04:00:00+00:00",
}
OUTPUTS: dict[str, Any] = {
    "backupCopiesByRegion": {"eu-west-1": COPY},
    "caCertificate": PEM,
    "adminSecret": SECRET,
    "kmsUserSecret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kmsuser",
}


def command(text: str, monkeypatch: pytest.MonkeyPatch, region: str = "eu-west-1") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return put_aside.main([region, "eu-west-1a", "eu-west-1b"])


def test_the_config_restores_from_the_copy_with_the_secrets_replica(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(json.dumps(OUTPUTS), monkeypatch) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "config": {
            "aws:region": "eu-west-1",
            "cloudhsm:network": {"availabilityZones": ["eu-west-1a", "eu-west-1b"]},
            "cloudhsm:hsms": {"count": 2},
            "cloudhsm:restore": {"backupId": "backup-abcdefghij2", "caCertificate": PEM},
            "cloudhsm:activation": {
                "mode": "ssm",
                "adminSecret": SECRET.replace("eu-central-1", "eu-west-1"),
            },
        }
    }
    assert "2026-11-25T04:00:00+00:00: what is newer is not in it" in printed.err
    assert f"--secret-id {SECRET} --add-replica-regions Region=eu-west-1" in printed.err


def test_a_password_that_a_person_keeps_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(json.dumps({**OUTPUTS, "adminSecret": ""}), monkeypatch) == 0
    printed = capsys.readouterr()
    assert "cloudhsm:activation" not in json.loads(printed.out)["config"]
    assert "the administrator's password is with you" in printed.err


@pytest.mark.parametrize(
    ("text", "region", "line"),
    [
        ("", "eu-west-1", "these are no outputs of a cluster"),
        ("[]", "eu-west-1", "these are no outputs of a cluster"),
        (json.dumps({**OUTPUTS, "caCertificate": "[secret]"}), "eu-west-1", "add --show-secrets"),
        (
            json.dumps(OUTPUTS),
            "eu-west-2",
            "no copy of a backup in eu-west-2: add it to cloudhsm:backup",
        ),
    ],
)
def test_what_cannot_be_restored_there_is_one_line(
    text: str,
    region: str,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(text, monkeypatch, region) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert line in printed.err
    assert len(printed.err.splitlines()) == 1
