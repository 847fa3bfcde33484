"""Unit tests see no AWS credentials, and share one finished run of the program."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.unit.recording import Run, config, run
from tests.unit.world import World

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
