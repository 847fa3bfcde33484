"""What the tests of the initialization share: provider, inputs, our certificates."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any

from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.providers.base import Props, say
from pulumi_cloudhsm.providers.cluster_initialization import ClusterInitializationProvider
from pulumi_cloudhsm.waiter import Waiter

from tests.providers.fake_aws import CLUSTER, HSM, FakeAws
from tests.unit import pki


class Provider(ClusterInitializationProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def cloudhsm(self, props: Props) -> CloudHsm:
        return self._aws.api

    def waiter(self) -> Waiter:
        return self._aws.time.waiter(say)

    def now(self) -> datetime:
        return pki.NOW


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
    return {
        "__provider": "pickle",
        "cluster_id": CLUSTER,
        "region": "eu-central-1",
        "csr": pki.good_identity().csr,
        "captured_hsm_id": HSM,
        "cluster_certificate": our_certificate().pem,
        "trust_anchor": our_ca().pem,
        "usual_seconds": 240.0,
        "deadline_seconds": 1200.0,
        **changes,
    }


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    """State after an `up`."""
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs
