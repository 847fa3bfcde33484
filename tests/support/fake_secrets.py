"""Secrets Manager within a program: secrets of the user's, by name or ARN."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

_MODULE = "pulumi_cloudhsm.passwords.preflight.secretsmanager"


@dataclass
class FakeSecrets:
    """What secrets hold.

    Attributes:
        held: text by name or ARN; an exception is raised by the look at the text. What is not named
            holds a fitting password.
        described: exceptions that DescribeSecret raises, by name or ARN.
        calls: each call and its secret.
    """

    held: dict[str, str | Exception] = field(default_factory=dict)
    described: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    @contextmanager
    def patched(self) -> Iterator[None]:
        """The program's looks are answered from here."""
        with ExitStack() as stack:
            for name, answer in (
                ("secret_value_and_version", self._value),
                ("secret_arn", self._arn),
            ):
                stack.enter_context(patch(f"{_MODULE}.{name}", answer))
            yield

    def _value(self, _access: object, secret_id: str) -> tuple[str, str]:
        self.calls.append(f"GetSecretValue {secret_id}")
        held = self.held.get(secret_id, "Fitting1")
        if isinstance(held, Exception):
            raise held
        return held, "v1"

    def _arn(self, _access: object, secret_id: str) -> str:
        self.calls.append(f"DescribeSecret {secret_id}")
        if secret_id in self.described:
            raise self.described[secret_id]
        return f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{secret_id}-AbCdEf"
