"""Rules about the cluster and its HSMs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import tokens
from .model import (
    DISPOSABLE_STACKS,
    UNKNOWN,
    Level,
    Parameter,
    Parameters,
    Resource,
    Rule,
    Violation,
    is_disposable,
    of_type,
)


def _too_few_zones(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    """An HSM whose zone is not known counts as one in a further zone."""
    for store in of_type(resources, tokens.KEY_STORE):
        clusters = of_type(resources, *tokens.CLUSTERS)
        clusters = [one for one in clusters if store.comes_from("cluster_id", [one])]
        if not clusters:
            continue  # it is in another stack, and so are its HSMs
        hsms = of_type(resources, tokens.HSM)
        hsms = [one for one in hsms if one.comes_from("clusterId", clusters)]
        zones = [one.props.get("availabilityZone", UNKNOWN) for one in hsms]
        known = {zone for zone in zones if zone is not UNKNOWN}
        if len(known) + zones.count(UNKNOWN) < values["zones"]:
            told = (
                f"the {len(hsms)} HSMs of {store.name} are in {len(known)} zones, and without one "
                "of them KMS loses the key store: set cloudhsm:hsms.count, and "
                f"cloudhsm:network.availabilityZones, to {values['zones']} or more"
            )
            yield store, told


IN_TWO_ZONES = Rule(
    name="hsms-in-two-zones",
    description="The HSMs behind a key store are in two Availability Zones or more.",
    level=Level.MANDATORY,
    check=_too_few_zones,
    of_stack=True,
    parameters={"zones": Parameter(2, "The least number of zones.")},
)


def _other_mode(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        mode = one.props.get("mode")
        if isinstance(mode, str) and mode not in values["modes"]:
            wanted = " or ".join(values["modes"])
            told = f"the mode is {mode}, which can never be changed: set cloudhsm:cluster.mode to"
            yield one, f"{told} {wanted} before the cluster is made"


FIPS_MODE = Rule(
    name="fips-mode",
    description="The cluster is in FIPS mode.",
    level=Level.MANDATORY,
    check=_other_mode,
    types=frozenset(tokens.CLUSTERS),
    parameters={"modes": Parameter(["FIPS"], "The allowed modes.")},
)


def _short_retention(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        days, wanted = one.props.get("retention_days"), values["minimumDays"]
        if isinstance(days, int | float) and days < wanted and not is_disposable(one, values):
            told = (
                f"backups of the HSMs are kept for {days:g} days: set "
                f"cloudhsm:cluster.backupRetentionDays to {wanted:g} or more, since keys of a lost "
                "cluster come back from a backup only"
            )
            yield one, told


BACKUP_RETENTION = Rule(
    name="backup-retention",
    description="Backups of the HSMs are kept long enough.",
    level=Level.MANDATORY,
    check=_short_retention,
    types=frozenset({tokens.BACKUP_RETENTION}),
    parameters={
        "minimumDays": Parameter(90, "The least number of days."),
        **DISPOSABLE_STACKS,
    },
)
