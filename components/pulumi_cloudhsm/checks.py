"""Checks of what a user gives, before anything is created: one line with input, value and fix."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence

import pulumi

from .local_files import folder_problem
from .ontap import LARGEST_VOLUME


class InputError(pulumi.RunError):
    """A wrong input. Pulumi shows a RunError as its own line, without a traceback."""

    def __init__(self, field: str, value: object, fix: str) -> None:
        """Builds the line.

        Args:
            field: the Args field, in snake_case; the config key is the same in camelCase.
            value: what was given; never a secret.
            fix: what to give instead.
        """
        super().__init__(f"{field} (config cloudhsm:{config_key(field)}) is {value!r}: {fix}")


def config_key(field: str) -> str:
    """The config key of an Args field: `hsm_type` is `hsmType`."""
    head, *tail = field.split("_")
    return head + "".join(part.capitalize() for part in tail)


def hsm_type(value: str) -> None:
    """Only what AWS still creates. Source: CloudHSM's HSM types and deprecation notices."""
    if value == "hsm1.medium":
        raise InputError(
            "hsm_type", value, "AWS creates no hsm1.medium any more (since 2025); use hsm2m.medium"
        )
    if value != "hsm2m.medium":
        raise InputError("hsm_type", value, "use hsm2m.medium")


def mode(value: str) -> None:
    """FIPS or NON_FIPS; it can never be changed."""
    if value not in ("FIPS", "NON_FIPS"):
        raise InputError("mode", value, "use FIPS (the default) or NON_FIPS")


def subnet_ids(value: Sequence[object]) -> None:
    """Well-formed ids, 1 to 10, none twice; ids that come as outputs are checked by AWS."""
    if not 1 <= len(value) <= 10:
        raise InputError("subnet_ids", list(value), "give 1 to 10 subnets")
    known = [item for item in value if isinstance(item, str)]
    for item in known:
        if not re.fullmatch(r"subnet-[0-9a-f]{8}([0-9a-f]{9})?", item):
            raise InputError("subnet_ids", item, "a subnet id looks like subnet-0123456789abcdef0")
    if twice := _twice(known):
        raise InputError("subnet_ids", twice, "name each subnet once")


def availability_zones(value: Sequence[str], region: str) -> None:
    """Zones of the region, 1 to 10, none twice."""
    if not 1 <= len(value) <= 10:
        raise InputError(
            "availability_zones", list(value), "give 1 to 10 zones, or subnet_ids of your own"
        )
    for zone in value:
        if not re.fullmatch(re.escape(region) + "[a-z]", zone):
            raise InputError(
                "availability_zones",
                zone,
                f"it is no zone of region {region}; a zone there looks like {region}a",
            )
    if twice := _twice(value):
        raise InputError("availability_zones", twice, "name each zone once")


def first_hsm_zone(value: str, zones: Sequence[str]) -> None:
    """One of the cluster's zones: AWS refuses another, but only when the cluster is there."""
    if value not in zones:
        raise pulumi.RunError(
            f"first_hsm_zone is {value!r}: give one of the cluster's zones {', '.join(zones)}, or "
            "leave it out for the first"
        )


def hsm_count(value: int, most: int) -> None:
    """0 to 28. Source: user guide, quotas."""
    if not 0 <= value <= most:
        raise InputError("hsm_count", value, f"give 0 to {most}; KMS needs at least 2")


def backup_retention(value: int) -> None:
    """7 to 379 days. Source: ModifyCluster in the API reference."""
    if not 7 <= value <= 379:
        raise InputError("backup_retention_days", value, "give 7 to 379 days; AWS's own is 90")


def hsm_places(value: Sequence[tuple[str, str]], most: int) -> None:
    """Zones and IPv4 addresses, none twice."""
    if len(value) >= most:
        raise InputError("hsm_places", f"{len(value)} HSMs", f"give at most {most}")
    for _, ip in value:
        try:
            ipaddress.IPv4Address(ip)
        except ValueError:
            raise InputError(
                "hsm_places", ip, "give every HSM an IPv4 address of its zone's subnet"
            ) from None
    if twice := _twice([ip for _, ip in value]):
        raise InputError("hsm_places", twice, "give every HSM an address of its own")


def ipv4_range(field: str, value: str) -> None:
    """An IPv4 range in CIDR notation, or a security group's id where those are taken, too."""
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise InputError(
            field, value, f"{error}; give a range like 10.0.0.0/16 or a group like sg-0123456789ab"
        ) from None


def volumes(value: Sequence[tuple[str, str, int]]) -> None:
    """Name, junction path and GiB of each; names and paths once. Source: FSx API reference."""
    field = "file_system_volumes"
    if not value:
        raise InputError(field, [], "give at least one volume")
    for name, path, size in value:
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,202}", name):
            raise InputError(field, name, "a name has at most 203 letters, digits and _")
        if not re.fullmatch("/[^\\s]{1,254}", path):
            raise InputError(field, path, "a junction path looks like /data")
        if not 1 <= size <= LARGEST_VOLUME:
            raise InputError(field, f"{size} GiB", f"a volume has 1 to {LARGEST_VOLUME} GiB")
    for what in (0, 1):
        if twice := _twice([str(one[what]) for one in value]):
            raise InputError(field, twice, "names and junction paths are taken once each")


def ca_key_bits(value: int) -> None:
    """RSA sizes that AWS takes as trust anchor. Source: user guide, initialize the cluster."""
    if value not in (2048, 4096):
        raise InputError("ca_key_bits", value, "use 4096 (the default) or 2048")


def validity(ca_hours: int | None, certificate_hours: int) -> None:
    """The cluster certificate has to end before its CA, although it is signed later.

    Args:
        ca_hours: the CA's; None for one that is there already: its end is read when it signs.
        certificate_hours: the cluster certificate's; 0 under such a CA leaves it to that reading.
    """
    if ca_hours is not None and ca_hours < 48:
        raise InputError("ca_validity_hours", ca_hours, "give at least 48; 87660 is ten years")
    if certificate_hours < (0 if ca_hours is None else 1):
        raise InputError(
            "cluster_certificate_validity_hours",
            certificate_hours,
            "give at least 1, or leave it out for 30 days less than the CA",
        )
    if ca_hours is not None and certificate_hours > ca_hours - 24:
        raise InputError(
            "cluster_certificate_validity_hours",
            certificate_hours,
            f"it would outlive its CA of {ca_hours} hours, as it is signed later; give at most "
            f"{ca_hours - 24}",
        )


def subject_part(field: str, value: str) -> None:
    """A part of the CA's subject that has to be there."""
    if not value.strip():
        raise InputError(field, value, "give it; it stands in the CA's subject for good")
    if len(value) > 64:
        raise InputError(field, value, "X.509 takes at most 64 characters (RFC 5280)")


def country(value: str | None) -> None:
    """Two letters, as X.509 wants them."""
    if value is not None and not re.fullmatch("[A-Z]{2}", value):
        raise InputError("ca_country", value, "give two capital letters, for example DE")


def folder(field: str, value: str) -> None:
    """A folder in which files can be written."""
    if problem := folder_problem(value):
        raise InputError(field, value, f"{problem}; choose another folder")


def wait(step: str, usual: float, deadline: float) -> None:
    """Durations in seconds that make sense together."""
    if usual <= 0:
        raise InputError(f"{step}_usual_seconds", usual, "give a number above 0")
    if deadline < usual:
        raise InputError(
            f"{step}_deadline_seconds", deadline, f"give at least the usual {usual:g} seconds"
        )


def tags(value: Mapping[str, str], own: int) -> None:
    """AWS takes 50 tags on a cluster, some of which are ours."""
    if len(value) + own > 50:
        raise InputError("tags", f"{len(value)} tags", f"give at most {50 - own}")
    for key, text in value.items():
        if key.lower().startswith("aws:") or not 1 <= len(key) <= 128:
            raise InputError("tags", key, "a key has 1 to 128 characters and never starts aws:")
        # YAML makes numbers and truth values of what is not quoted, whatever the type says.
        if not isinstance(text, str) or len(text) > 256:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(
                "tags", {key: text}, "a value is text of at most 256 characters; quote a number"
            )


def _twice(values: Sequence[str]) -> str | None:
    return next((value for value in values if values.count(value) > 1), None)


def passphrase(field: str, value: str, shortest: int) -> None:
    """Long enough; the value itself is never shown."""
    if len(value) < shortest:
        raise InputError(field, "[secret]", f"give at least {shortest} characters")
