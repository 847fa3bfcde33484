"""Several deployments in one program."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_cloudhsm import (
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    FilesArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
)
from tests.support.recording import Run, config, run


def deployed(*directories: str | None) -> Run:
    def program() -> None:
        for number, directory in enumerate(directories):
            args = CloudHsmDeploymentArgs(
                region="eu-central-1",
                network=NetworkArgs(availability_zones=["eu-central-1a"]),
                trust=TrustArgs(subject=Subject("Example CA", "Example Corp"), key_bits=2048),
                files=FilesArgs(directory=directory),
            )
            CloudHsmDeployment(f"keys{number}", args)

    return run(config(), program=program)


def test_each_writes_its_certificates_into_a_folder_of_its_own() -> None:
    done = deployed(None, "certificates/other").succeeded()
    assert done["keys0-files"]["directory"] == "certificates/dev"
    assert done["keys1-files"]["directory"] == "certificates/other"


@pytest.mark.parametrize(
    "directories", [(None, None), (None, "certificates/dev/"), ("here", "./here")]
)
def test_one_folder_for_two_is_refused_before_anything_of_the_second_is_at_aws(
    directories: tuple[str | None, ...],
) -> None:
    done = deployed(*directories)
    assert isinstance(done.error, pulumi.RunError)
    assert "files.directory is" in str(done.error)
    assert "give each a folder of its own" in str(done.error)
    assert [one.name for one in done.of("aws") if one.name.startswith("keys1")] == []
