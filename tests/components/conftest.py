"""Tests of the package see no AWS credentials, and share one finished run of the program."""

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.fake_aws import FakeAws
from tests.support.fake_clock import FakeTime
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

# How long an example takes says nothing on a machine that has other things to do.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True, scope="session")
def _no_aws_in_the_shell() -> Iterator[None]:
    """Whoever runs these tests: no region, profile or key of theirs decides what is tested."""
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
            shell.delenv(name)
        shell.setenv("AWS_EC2_METADATA_DISABLED", "true")
        shell.setenv("AWS_CONFIG_FILE", os.devnull)
        shell.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield


@pytest.fixture(autouse=True, scope="session")
def _what_is_imported_stays(_no_aws_in_the_shell: None) -> None:
    """Runs leave circles of objects behind; collecting them need not look at every module again."""
    run(config()).succeeded()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def world() -> World:
    """The development stack as `deployed` left it; take `as_left()` of it for another run."""
    return World()


@pytest.fixture(scope="session")
def deployed(world: World, _no_aws_in_the_shell: None) -> Run:
    """The development stack's first `up`; read only."""
    return run(config(), world=world).succeeded()


@pytest.fixture(scope="session")
def previewed(_no_aws_in_the_shell: None) -> Run:
    """The development stack's first preview, with everything unknown; read only."""
    return run(config(), preview=True).succeeded()


@pytest.fixture(autouse=True)
def _whole_tracebacks_afterwards() -> Iterator[None]:
    """An expected error sets the process's limit to 0; the next test's failure needs its trace."""
    yield
    if hasattr(sys, "tracebacklimit"):
        del sys.tracebacklimit


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def aws(time: FakeTime) -> FakeAws:
    """A cluster whose first HSM is ACTIVE and shows a genuine identity."""
    return FakeAws(time)
