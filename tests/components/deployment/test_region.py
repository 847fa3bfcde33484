"""The Region as an Output: the aws provider tells it beforehand, and has to be of the same one."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

REGION = World().region


def deployed_in(region: str, *, preview: bool) -> Run:
    def program() -> None:
        args = CloudHsmDeploymentArgs(
            region=pulumi.Output.from_input(region),
            network=NetworkArgs(availability_zones=[f"{REGION}a"]),
            trust=TrustArgs(subject=Subject("Example CA", "Example Corp"), key_bits=2048),
        )
        CloudHsmDeployment("keys", args)

    return run(config(), program=program, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
def test_an_output_serves_every_call_and_look(preview: bool) -> None:
    done = deployed_in(REGION, preview=preview).succeeded()
    regions = {
        one["access"]["region"] for one in done.of("pulumi-python") if "access" in one.inputs
    }
    assert regions == {REGION}


def test_another_region_than_the_providers_is_refused_when_it_is_known() -> None:
    error = deployed_in("us-east-1", preview=True).error
    assert isinstance(error, pulumi.RunError)
    assert str(error) == (
        f"region is 'us-east-1': the component's aws provider is in {REGION}: give one of that "
        "Region in `opts`"
    )


def test_an_update_into_another_region_fails_too() -> None:
    # What follows from the fakes' certificates may fail in the same moment, and be told first.
    assert deployed_in("us-east-1", preview=False).error is not None
