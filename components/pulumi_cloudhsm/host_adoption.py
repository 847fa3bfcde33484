"""Finding what an interrupted run left of a client host: what takes AWS a while, and is billed."""

from __future__ import annotations

import pulumi

from .aws.ec2 import instances_tagged, nat_gateways_tagged
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .errors import CloudHsmError
from .stack_state import left_behind, owner_of
from .waiter import Goal, Observation, Pace, Waiter

INSTANCE = "aws:ec2/instance:Instance"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
SHOWN_OTHERWISE = [
    "associate_public_ip_address",
    "iam_instance_profile",
    "metadata_options",
    "root_block_device",
    "vpc_security_group_ids",
]
"""What EC2 shows in more words, or in another order, than it was given: no difference for an import
of an instance that we have made."""
_PACE = Pace(usual=120, deadline=900)
"""Of a NAT gateway. Assumed; the VPC console speaks of minutes."""


def instance_left_behind(
    component: pulumi.ComponentResource, name: str, access: AwsAccess
) -> str | None:
    """The id of the client host, where an earlier run made it and the state misses it.

    Raises:
        RunError: several could be meant.
    """
    return left_behind(
        component,
        INSTANCE,
        name,
        "client hosts",
        lambda owner: instances_tagged(access, TAG, owner),
    )


def nat_gateway_left_behind(
    component: pulumi.ComponentResource, name: str, access: AwsAccess
) -> str | None:
    """As `instance_left_behind`, of the NAT gateway; an update waits until it can be used.

    A second one would be refused, since the first has the address.
    """
    found = left_behind(
        component,
        NAT_GATEWAY,
        name,
        "NAT gateways",
        lambda owner: list(nat_gateways_tagged(access, TAG, owner)),
    )
    if found is not None and not pulumi.runtime.is_dry_run():
        owner = owner_of(component.pulumi_resource_name)

        def look() -> Observation[None]:
            state = nat_gateways_tagged(access, TAG, owner).get(found, "gone")
            return Observation(state, None)

        goal = Goal(
            f"NAT gateway {found}, left by an interrupted run,",
            "available",
            ("available",),
            ("gone",),
            setting="",
        )
        waiter = Waiter(report=lambda line: pulumi.log.info(line, component))
        try:
            waiter.wait(goal, _PACE, look)
        except CloudHsmError as error:
            raise pulumi.RunError(str(error)) from None
    return found
