"""Copies of a cluster's newest backup in other Regions."""

from __future__ import annotations

import pulumi

from ..common import recovery_of, typed_outputs, visible_inputs
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..recovery.part import Part
from ..validation import section
from .args import BackupCopiesArgs
from .copied_backup_provider import CopiedBackup, CopiedBackupInputs
from .schedule_component import CopySchedule


class BackupCopies(Part):
    """The newest backup of a cluster in other Regions: what a lost Region is replaced from."""

    copies: pulumi.Output[dict[str, dict[str, str]]]
    """By Region: `id` and `arn` of the copy, and `backed_up_at`, when AWS made its backup."""
    schedule: CopySchedule | None
    """What copies without an `up`; None without a schedule."""

    def __init__(
        self,
        name: str,
        args: BackupCopiesArgs,
        *,
        cluster: HasClusterFacts,
        after: pulumi.Resource | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares one copy for each Region.

        Args:
            name: logical name.
            args: where the copies are, and how old they may be.
            cluster: an ACTIVE cluster, or its facts.
            after: what changes the HSMs or makes keys in them, so that a backup is newer.
            opts: Pulumi's options.

        Raises:
            InputError: names the field, the value and the fix.
        """
        super().__init__("cloudhsm:index:BackupCopies", name, visible_inputs(args), opts)
        facts = cluster.facts.within(self)
        home = facts.common.region
        with section("backup_copies"):
            args.check(home if isinstance(home, str) else None)
        recovery = recovery_of(self, facts.common)
        tags = {
            region: recovery.tags(f"{name}-{region}", {"Name": facts.name, **facts.common.tags})
            for region in args.regions
        }
        made = {
            region: CopiedBackup(
                f"{name}-{region}",
                CopiedBackupInputs(
                    access=facts.common.access,
                    timing=facts.common.waits.backup_copy,
                    cluster_id=resolved(facts.cluster_id),
                    region=region,
                    max_age_days=args.max_age_days,
                    keep=args.keep,
                    share_with=sorted(args.share_with),
                    scheduled=args.schedule is not None,
                    delete_on_destroy=args.delete_on_destroy,
                    tags={key: resolved(value) for key, value in tags[region].items()},
                ),
                pulumi.ResourceOptions(parent=self, depends_on=[after] if after else []),
            )
            for region in args.regions
        }
        self.schedule = None
        if args.schedule is not None:
            # The first copies are there and marked before the first run begins.
            own = pulumi.ResourceOptions(parent=self, depends_on=[*made.values()])
            self.schedule = CopySchedule(name, args, tags, facts, own)
        self.copies = pulumi.Output.all(
            **{
                region: pulumi.Output.all(
                    id=one.copy_id, arn=one.copy_arn, backed_up_at=one.backed_up_at
                )
                for region, one in made.items()
            }
        )
        self.register_outputs(typed_outputs(self))
