"""The consumer's program, with a rehearsal's roots and pace."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace

import pulumi
from vault import ARGS, Vault

import pulumi_cloudhsm
from pulumi_cloudhsm import IdentityArgs, PinnedRoot, Timing, WaitsArgs

roots = {name: PinnedRoot(**root) for name, root in json.loads(os.environ["ROOTS"]).items()}
identity = IdentityArgs(aws_roots=[roots["aws"]], manufacturer_roots=[roots["manufacturer"]])
waits = WaitsArgs(**{one.name: Timing(2, 120) for one in fields(WaitsArgs)})
vault = Vault("vault", replace(ARGS, identity=identity, waits=waits, protect=False))
pulumi.export("keyArn", vault.key_arn)
pulumi.export("package", pulumi_cloudhsm.__file__)
