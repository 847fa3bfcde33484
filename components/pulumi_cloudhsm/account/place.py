"""The account and Region that a deployment is in: found once, and compared with our own calls'.

A cluster is made by the aws provider, and initialized and watched by our own calls. Both have to
act in one account and Region: elsewhere everything looks deleted. That a later run stays there is
checked by `guard`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws

from ..aws.access import AwsAccess, AwsAccessArgs
from ..aws.regions import why_without_cloudhsm
from ..aws.session import account_of, load_sdk
from ..errors import CloudHsmError
from ..recovery.part import Part
from ..recovery.stack_state import looks_allowed
from ..validation import InputError
from .provider_config import access_of_config, check_access


@dataclass(frozen=True)
class Place:
    """Where a deployment is.

    Attributes:
        region: for example `eu-central-1`.
        account_id: the account; None where it may not be asked for.
        by: how our own calls reach AWS.
    """

    region: str
    account_id: str | None
    by: AwsAccessArgs


_PLACES: WeakKeyDictionary[Part, Place | None] = WeakKeyDictionary()


def place_of(
    component: Part, region: pulumi.Input[str] | None, access: AwsAccessArgs | None
) -> Place | None:
    """Where the deployment of a component is.

    Args:
        component: its aws provider decides.
        region: the Region that was given.
        access: how our own calls reach AWS; None: as `aws:` says.

    Returns:
        None in a unit test with Pulumi's mocks that is given no plain Region, and in a preview
        whose provider is not known yet.

    Raises:
        InputError: provider, given values and our own credentials do not agree.
        RunError: AWS does not tell which account this is.
    """
    outermost = next(one for one in component.lineage if isinstance(one, Part))
    if outermost not in _PLACES:
        _PLACES[outermost] = _found(component, region, access)
    place = _PLACES[outermost]
    if place is not None:
        if isinstance(region, pulumi.Output):
            region.apply(lambda known: _refuse_another(cast("object", known), place.region))
        else:
            _refuse_another(region, place.region)
    return place


def _found(
    component: Part,
    region: pulumi.Input[str] | None,
    access: AwsAccessArgs | None,
) -> Place | None:
    by = access_of_config() if access is None else access
    check_access(by)
    if not looks_allowed():
        return Place(region, None, by) if isinstance(region, str) else None
    opts = pulumi.InvokeOptions(parent=component)
    # What waits for the engine leaves time for our own: it starts the provider's plugin first.
    with ThreadPoolExecutor(1) as meanwhile:
        meanwhile.submit(load_sdk)
        of_provider: str | None = aws.get_region(opts=opts).region
        if not of_provider:
            return None
        if isinstance(region, str):
            _refuse_another(region, of_provider)  # before the account, which may differ as well
        without = why_without_cloudhsm(of_provider, by)
        if without:
            raise InputError("region", of_provider, without)
        return Place(of_provider, _account(of_provider, by, opts, meanwhile), by)


def _account(
    region: str, by: AwsAccessArgs, opts: pulumi.InvokeOptions, meanwhile: ThreadPoolExecutor
) -> str | None:
    if by.skip_requesting_account_id:
        return None
    asked = meanwhile.submit(account_of, AwsAccess(region, None, by))
    of_provider: str | None = aws.get_caller_identity(opts=opts).account_id
    try:
        ours, caller = asked.result()
    except CloudHsmError as error:
        raise pulumi.RunError(
            f"{error}; nothing was made: this package's own calls need the credentials that the "
            "aws provider has"
        ) from None
    if of_provider and of_provider != ours:
        raise InputError(
            "aws_access",
            f"account {ours} ({caller})",
            f"the component's aws provider acts in account {of_provider}: give aws_access the same "
            "profile or roles as that provider, or another provider in `opts`",
        )
    refused = {
        "allowed_account_ids": by.allowed_account_ids and ours not in by.allowed_account_ids,
        "forbidden_account_ids": ours in by.forbidden_account_ids,
    }
    for field in (name for name, is_refused in refused.items() if is_refused):
        fix = f"the credentials are those of account {ours}: take other credentials"
        raise InputError(f"aws_access.{field}", list(getattr(by, field)), fix)
    return ours


def _refuse_another(given: object, region: str) -> None:
    if given is not None and given != region:
        raise InputError(
            "region",
            given,
            f"the component's aws provider is in {region}: give one of that Region in `opts`",
        )
