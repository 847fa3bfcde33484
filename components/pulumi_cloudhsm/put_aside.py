"""Prints the config of a stack that restores a cluster in another Region, to be put aside.

    pulumi stack output --json --show-secrets |
        python -m pulumi_cloudhsm.put_aside REGION ZONE ZONE > Pulumi.elsewhere.yaml

Nothing in it is confidential: the id of the backup's copy, `customerCA.crt` and the ARN of the
administrator's secret. The secret itself has to be in that Region, too; the command says how.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .config.keys import key_of
from .errors import CloudHsmError
from .given_files import read_text

HSMS = 2
"""KMS connects to no fewer, each in another zone."""


def config_elsewhere(
    outputs: Mapping[str, Any], region: str, zones: Sequence[str]
) -> dict[str, Any]:
    """The config of the stack elsewhere, by full key; `Pulumi.STACK.yaml` holds it as `config`.

    Args:
        outputs: of the stack whose cluster is copied, by name; secrets shown.
        region: where the copy is.
        zones: Availability Zones there, which have CloudHSM.

    Raises:
        CloudHsmError: it cannot be restored there; says what to do first.
    """
    copies, anchor = outputs.get("backupCopiesByRegion"), outputs.get("caCertificate")
    if not isinstance(copies, dict) or not isinstance(anchor, str):
        raise CloudHsmError(
            "these are no outputs of a cluster: pipe `pulumi stack output --json --show-secrets`"
        )
    if "BEGIN CERTIFICATE" not in anchor:
        raise CloudHsmError("customerCA.crt is not shown: add --show-secrets to the command")
    copy = cast("dict[str, dict[str, str]]", copies).get(region)
    if copy is None:
        raise CloudHsmError(
            f"the stack keeps no copy of a backup in {region}: add it to "
            f"{key_of('backup_copies.regions')}, then run `pulumi up`"
        )
    config: dict[str, Any] = {
        key_of("region"): region,
        key_of("network"): {"availabilityZones": list(zones)},
        key_of("hsms"): {"count": HSMS},
        key_of("restore"): {"backupId": copy["id"], "caCertificate": anchor},
    }
    if secret := outputs.get("adminSecret"):
        elsewhere = replica(str(secret), region)
        config[key_of("activation")] = {"mode": "ssm", "adminSecret": elsewhere}
    return config


def replica(arn: str, region: str) -> str:
    """ARN of a secret's replica: the same but for the Region.

    Source: Secrets Manager user guide, multi-Region secrets.
    """
    *before, _, account, kind, name = arn.split(":", 6)
    return ":".join((*before, region, account, kind, name))


def hints(outputs: Mapping[str, Any], region: str) -> list[str]:
    """What else has to be put aside, and what is not in the copy."""
    made = outputs["backupCopiesByRegion"][region]["backed_up_at"]
    lines = [f"AWS made this backup at {made}: what is newer is not in it"]
    if secret := outputs.get("adminSecret"):
        lines.append(
            "the administrator's secret has to be there, too: aws secretsmanager "
            f"replicate-secret-to-regions --secret-id {secret} --add-replica-regions "
            f"Region={region}"
        )
    else:
        lines.append(
            "the administrator's password is with you: keep it apart from this file, and name a "
            f"secret with it in {key_of('activation.admin_secret')} on the day"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: prints the config, or one line of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m pulumi_cloudhsm.put_aside")
    parser.add_argument("region", help="where the copy is, and the stack will be")
    parser.add_argument("zone", nargs="+", help="two Availability Zones there with CloudHSM")
    options = parser.parse_args(arguments)
    try:
        outputs = _outputs(read_text("-"))
        config = config_elsewhere(outputs, options.region, options.zone)
    except CloudHsmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # JSON is YAML, too.
    print(json.dumps({"config": config}, indent=2))
    for line in hints(outputs, options.region):
        print(line, file=sys.stderr)
    return 0


def _outputs(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
