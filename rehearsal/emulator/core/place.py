"""Where something is: in one Region of one account."""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT = "123456789012"
"""The account of callers that have assumed no role; moto's own default."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso": "aws-iso"}


@dataclass(frozen=True, order=True)
class Place:
    """One Region of one account; what is in one is not seen from another.

    Attributes:
        region: for example `us-east-1`.
        account: its twelve digits.
    """

    region: str
    account: str = ACCOUNT

    @property
    def partition(self) -> str:
        """The part of AWS that the Region is in: for example `aws-cn`."""
        found = (name for start, name in _PARTITIONS.items() if self.region.startswith(start))
        return next(found, "aws")

    def arn(self, service: str, resource: str) -> str:
        """The ARN of what a service keeps here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
