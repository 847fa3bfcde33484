"""The consumer's own unit test, as Pulumi's documentation shows one."""

from __future__ import annotations

import unittest

import pulumi

from pulumi_cloudhsm.testing import DeploymentMocks

pulumi.runtime.set_mocks(DeploymentMocks())

from vault import Vault  # noqa: E402


class VaultTest(unittest.TestCase):
    """What the rest of the consumer relies on."""

    @pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType] - the SDK types no function
    def test_the_vault_has_a_key(self) -> pulumi.Output[None]:
        """The key's ARN is one of KMS."""

        def check(arn: str) -> None:
            assert arn.startswith("arn:aws:kms:"), arn

        return Vault("vault").key_arn.apply(check)
