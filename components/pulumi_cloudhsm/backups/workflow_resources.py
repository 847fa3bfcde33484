"""A state machine of Step Functions with a role of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs
from ..recovery.kinds import ROLE, STATE_MACHINE
from ..recovery.orphans import Recovery
from ..recovery.part import Part
from ..scheduling.arns import ACCOUNT, PARTITION, REGION, part_of
from ..scheduling.trust_policy import trust_of

_LIST = "cloudhsm:DescribeBackups"


def create_workflow(
    component: Part,
    name: str,
    definition: pulumi.Output[str],
    rights: Sequence[str],
    *,
    beside: pulumi.Output[str],
    recovery: Recovery,
    common: CommonArgs,
    away: Recovery | None = None,
) -> pulumi.Output[str]:
    """Declares a state machine that lists backups, and does what else it may.

    Args:
        component: its parent.
        name: logical name, and with the deployment's id the name at AWS.
        definition: in Amazon States Language.
        rights: what it may do with backups of the account, besides listing them.
        beside: ARN of something else in its Region and account.
        recovery: the component's tags and names.
        common: its other tags.
        away: the same for another Region, where the state machine is to be there.

    Returns:
        Its ARN.
    """
    child, here = pulumi.ResourceOptions(parent=component), away or recovery
    unique, key = recovery.unique(name), recovery.deployment.known_unique(name)
    role = aws.iam.Role(
        f"{name}-role",
        name=unique,
        description="Standing workflow for backups of CloudHSM",
        assume_role_policy=pulumi.Output.all(beside, unique).apply(lambda one: _trust(*one)),
        tags=recovery.tags(f"{name}-role", common.tags),
        opts=recovery.adopt(ROLE, f"{name}-role", child, key=key),
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-rights",
        name="backups",
        role=role.name,
        policy=beside.apply(lambda arn: _policy(arn, rights)),
        opts=child,
    )
    own = pulumi.ResourceOptions(parent=component, depends_on=[allowed])
    machine = aws.sfn.StateMachine(
        f"{name}-machine",
        name=unique,
        definition=definition,
        role_arn=role.arn,
        region=here.region,
        tags=recovery.tags(f"{name}-machine", common.tags),
        opts=here.adopt(STATE_MACHINE, f"{name}-machine", own, key=key),
    )
    return machine.arn


def _trust(beside: str, name: str) -> str:
    place = f"{part_of(beside, REGION)}:{part_of(beside, ACCOUNT)}"
    arn = f"arn:{part_of(beside, PARTITION)}:states:{place}:stateMachine:{name}"
    return trust_of("states.amazonaws.com", arn)


def _policy(beside: str, rights: Sequence[str]) -> str:
    """A copy is tagged where it is made, so no Region is named.

    Source of the ARN: Service Authorization Reference, AWS CloudHSM, resource types.
    """
    account = part_of(beside, ACCOUNT)
    backups = f"arn:{part_of(beside, PARTITION)}:cloudhsm:*:{account}:backup/*"
    statements = [
        {"Effect": "Allow", "Action": _LIST, "Resource": "*"},
        {"Effect": "Allow", "Action": list(rights), "Resource": backups},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
