"""Runs an example unchanged, with the rehearsal's roots and pace, and without protection."""

from __future__ import annotations

import json
import os
import runpy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pulumi_cloudhsm
from pulumi_cloudhsm import CommonArgs, IdentityArgs, PinnedRoot, Timing, WaitsArgs

ROOTS = {name: PinnedRoot(**root) for name, root in json.loads(os.environ["ROOTS"]).items()}
SPEED = float(os.environ["SPEED"])
USUAL = WaitsArgs()
WAITS = WaitsArgs(
    **{
        one.name: Timing(max(1, getattr(USUAL, one.name).expected_seconds / SPEED / 2), 120)
        for one in fields(USUAL)
    }
)


class Deployment(pulumi_cloudhsm.CloudHsmDeployment):
    """The deployment with the rehearsal's values where the example leaves AWS's."""

    def __init__(self, name: str, args: Any, opts: Any = None) -> None:
        identity = IdentityArgs(
            aws_roots=[ROOTS["aws"]], manufacturer_roots=[ROOTS["manufacturer"]]
        )
        # A destroy need not wait until the keys in the store are deleted.
        store = replace(args.key_store, abandon_pending_keys=True) if args.key_store else None
        rehearsed = replace(args, identity=identity, waits=WAITS, protect=False, key_store=store)
        super().__init__(name, rehearsed, opts=opts)


class FileSystem(pulumi_cloudhsm.FileSystem):
    """A file system that can be destroyed."""

    def __init__(self, name: str, args: Any) -> None:
        common = CommonArgs(waits=WAITS, protect=False)
        super().__init__(name, args, common=common)


vars(pulumi_cloudhsm).update(CloudHsmDeployment=Deployment, FileSystem=FileSystem)
runpy.run_path(str(Path(__file__).with_name("example.py")), run_name="__main__")
