"""What a user sees of an error: an expected one is one line, an unexpected one keeps its trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_cloudhsm.dynamic_provider import CloudHsmProvider
from pulumi_cloudhsm.identity.identity_provider import ClusterIdentityProvider
from pulumi_cloudhsm.initialization.certificate_files_provider import CertificateFilesProvider
from pulumi_cloudhsm.initialization.initialization_provider import ClusterInitializationProvider
from pulumi_cloudhsm.trust.kms_ca_provider import KmsSignedCaProvider
from pulumi_cloudhsm.trust.private_ca_provider import PrivateRootCaProvider
from tests.components.identity import test_identity_provider
from tests.support import initializing
from tests.support.dynamic_host import dynamic_host
from tests.support.fake_clock import FakeTime
from tests.support.loopback_aws import loopback_aws, refusal
from tests.support.trust_twins import TWINS

FILES = serialize_provider(CertificateFilesProvider())
IDENTITY = serialize_provider(ClusterIdentityProvider())
INITIALIZATION = serialize_provider(ClusterInitializationProvider())


def unwritable(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "file").write_text("not a folder")
    folder = str(tmp_path / "file" / "certificates")
    return {"__provider": FILES, "directory": folder, "files": {"a.crt": "pem"}}


def one_line_of(answer: str) -> str:
    """The one line of an answer; Python writes its heading even above an empty trace."""
    lines = [line for line in answer.splitlines() if not line.startswith("Traceback")]
    assert len(lines) == 1, answer
    return lines[0]


def test_an_expected_error_is_one_line_and_an_unexpected_one_keeps_its_trace(tmp_path: Path):
    with dynamic_host() as host:
        expected = host.error_of("Create", unwritable(tmp_path))
        unexpected = host.error_of("Create", {"__provider": FILES})
        again = host.error_of("Create", unwritable(tmp_path))
    line = one_line_of(expected)
    assert line.startswith("pulumi_cloudhsm.errors.CloudHsmError: ")
    assert "cannot be written" in line
    assert again == expected

    assert "KeyError: 'directory'" in unexpected
    assert 'certificate_files_provider.py", line' in unexpected, "its trace says where"


def test_what_goes_well_says_nothing(tmp_path: Path):
    values = {"__provider": FILES, "directory": str(tmp_path), "files": {"a.crt": "pem"}}
    with dynamic_host() as host:
        assert host.error_of("Create", values) == ""
    assert (tmp_path / "a.crt").read_text() == "pem"


@pytest.mark.parametrize(
    ("which", "method"),
    [("identity", "Create"), ("initialization", "Create"), ("initialization", "Read")],
)
def test_a_refusal_of_aws_reaches_the_user_as_one_line(which: str, method: str):
    values = {
        "identity": {**test_identity_provider.inputs(), "__provider": IDENTITY},
        "initialization": {**initializing.inputs(), "__provider": INITIALIZATION},
    }[which]
    with loopback_aws() as aws:
        aws.script(
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
                "cloudhsm:DescribeClusters on resource: *",
            )
        )
        shell = {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "NO_PROXY": "127.0.0.1",
        }
        with dynamic_host(shell) as host:
            line = one_line_of(host.error_of(method, values))
    assert line.startswith(
        "pulumi_cloudhsm.errors.AwsError: describing CloudHSM clusters: AWS said"
    )
    assert "these credentials lack the action cloudhsm:DescribeClusters" in line


def test_the_profile_of_the_inputs_decides_whose_account_is_asked():
    given = test_identity_provider.inputs()
    values = {
        **given,
        "access": {**given["access"], "by": {"profile": "nobody"}},
        "__provider": IDENTITY,
    }
    shell = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with dynamic_host(shell) as host:
        line = one_line_of(host.error_of("Create", values))
    assert "The config profile (nobody) could not be found" in line
    assert "correct aws:profile or AWS_PROFILE" in line


def test_a_certificate_that_cannot_be_read_is_one_line_in_a_diff_as_well():
    values = {
        **initializing.inputs(ca_certificate="garbage"),
        "__provider": INITIALIZATION,
        "ca_certificate_sha256": "AB",
    }
    with dynamic_host() as host:
        line = one_line_of(host.error_of("Diff", values))
    assert "the CA certificate has to be exactly one PEM certificate" in line


@pytest.mark.parametrize(
    ("provider", "action", "begins"),
    [
        (KmsSignedCaProvider, "kms:DescribeKey", "describing the key arn:"),
        (PrivateRootCaProvider, "acm-pca:DescribeCertificateAuthority", "describing the private"),
    ],
)
def test_a_refusal_of_whoever_signs_reaches_the_user_as_one_line(
    provider: type[CloudHsmProvider], action: str, begins: str
):
    twin = TWINS["kms" if provider is KmsSignedCaProvider else "acm-pca"](FakeTime())
    values = {**twin.ca_inputs(), "__provider": serialize_provider(provider())}
    with loopback_aws() as aws:
        text = f"User: arn:aws:iam::123456789012:user/me is not authorized to perform: {action}"
        aws.script(refusal("AccessDeniedException", text))
        shell = {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "NO_PROXY": "127.0.0.1",
        }
        with dynamic_host(shell) as host:
            line = one_line_of(host.error_of("Create", values))
    assert line.startswith(f"pulumi_cloudhsm.errors.AwsError: {begins}")
    assert f"these credentials lack the action {action}" in line
