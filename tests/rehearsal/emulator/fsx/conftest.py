"""The emulated FSx of one account."""

import pytest

from tests.rehearsal.emulator.conftest import Account
from tests.rehearsal.emulator.fsx.files import Files


@pytest.fixture
def files(account: Account) -> Files:
    return Files(account)
