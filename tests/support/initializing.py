"""What the tests of the initialization share: provider, inputs, our certificates."""

from __future__ import annotations

import functools
from typing import Any

from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.initialization.initialization_provider import (
    ClusterInitializationInputs,
    ClusterInitializationProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support import pki
from tests.support.fake_aws import CLUSTER, HSM, REGION, FakeAws, on_fake_aws

Provider = functools.partial(on_fake_aws, ClusterInitializationProvider)


@functools.cache
def our_ca() -> pki.Authority:
    return pki.issue("Our CA", pki.rsa_key("our CA"))


@functools.cache
def our_certificate() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), our_ca(), extensions=())


@functools.cache
def another_ca() -> pki.Authority:
    return pki.issue("Another CA", pki.rsa_key("another CA"))


@functools.cache
def another_certificate() -> pki.Authority:
    """The same HSM's certificate by another CA."""
    return pki.issue("HSM:1", pki.rsa_key("HSM"), another_ca(), extensions=())


def inputs(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(240.0, 1200.0),
        "cluster_id": CLUSTER,
        "csr": pki.good_identity().csr,
        "captured_hsm_id": HSM,
        "cluster_certificate": our_certificate().pem,
        "ca_certificate": our_ca().pem,
        **changes,
    }
    return {"__provider": "pickle", **ClusterInitializationInputs(**given).props()}


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    """State after an `up`."""
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs
