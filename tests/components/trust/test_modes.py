"""The whole program in every mode of trust: same outputs, same chain, and what a change keeps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fake_authorities import PRIVATE_CA, kms_key_arn
from tests.support.fake_cloud import World, cluster_seen
from tests.support.recording import OWNER, Run, bare, config, is_secret, run

AT_AWS: dict[str, dict[str, Any]] = {
    "kms": {"mode": "kms"},
    "kms, existing key": {"mode": "kms", "kmsKey": kms_key_arn(2048)},
    "acm-pca": {"mode": "acm-pca"},
    "acm-pca, existing CA": {"mode": "acm-pca", "privateCaArn": PRIVATE_CA, "subject": None},
}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("kind", list(AT_AWS))
def test_the_outputs_are_those_of_a_generated_ca(
    kind: str, preview: bool, deployed: Run, previewed: Run
) -> None:
    done = run(config(trust=AT_AWS[kind]), preview=preview).succeeded()
    other = previewed if preview else deployed
    assert set(done.exports) == set(other.exports)
    for name in done.exports:
        assert is_secret(done.exports[name]) == is_secret(other.exports[name]), name
    if not preview:
        arn = bare(done.exports)["issuerArn"]
        assert arn == (PRIVATE_CA if "pca" in kind else AT_AWS[kind].get("kmsKey", kms_key_arn()))


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("mode", ["generated", "kms", "acm-pca"])
def test_the_ca_waits_for_nothing_that_costs_by_the_hour(mode: str, preview: bool) -> None:
    done = run(config(trust={"mode": mode}), preview=preview).succeeded()
    key = "cloudhsm-ca-authority" if mode == "acm-pca" else "cloudhsm-ca-key"
    of_the_key = set() if mode == "generated" else {"cloudhsm-id"}
    assert done.ancestors("cloudhsm-ca-certificate") == {key, *of_the_key}
    before_the_leaf = done.ancestors("cloudhsm-certificate")
    assert {"cloudhsm-identity", "cloudhsm-ca-certificate"} <= before_the_leaf
    assert "cloudhsm-certificate" in done.ancestors("cloudhsm-initialization")


@pytest.mark.parametrize("mode", ["generated", "kms", "acm-pca"])
def test_the_cluster_is_initialized_under_the_ca(mode: str) -> None:
    done = run(config(trust={"mode": mode})).succeeded()
    initialization = done["cloudhsm-initialization"]
    assert initialization.has_secret("ca_certificate")
    exports = bare(done.exports)
    assert initialization["ca_certificate"] == exports["caCertificate"]
    assert initialization["cluster_certificate"] == exports["clusterCertificate"]


@pytest.mark.parametrize("preview", [False, True])
def test_args_that_differ_from_the_certificate_change_neither_outputs_nor_files(
    preview: bool, world: World, deployed: Run
) -> None:
    other = config(trust={"subject": {"commonName": "Other"}})
    changed = run(other, world=world.as_left(), preview=preview).succeeded()
    (warning,) = changed.said("warning")
    assert "(trust.subject.common_name is 'Other'" in warning
    for export in ("caCertificate", "caCertificateSha256", "caExpires", "clusterCertificate"):
        assert changed.exports[export] == deployed.exports[export], export
    assert bare(changed["cloudhsm-files"].inputs) == bare(deployed["cloudhsm-files"].inputs)


@pytest.mark.parametrize(
    ("mode", "resource"), [("kms", "cloudhsm-ca-key"), ("acm-pca", "cloudhsm-ca-authority")]
)
def test_without_a_ca_no_cluster_is_initialized(mode: str, resource: str) -> None:
    world = World(refusals={resource: "operation error: LimitExceededException: too many"})
    done = run(config(trust={"mode": mode}), world=world)
    assert done.error is not None
    assert "cloudhsm-initialization" not in world.state


def test_after_the_initialization_the_captured_csr_is_known_whatever_the_verification() -> None:
    """Else a preview of another verification would show a certificate that is replaced."""
    world = World()
    first = run(config(), world=world).succeeded()
    later = world.as_left()
    later.sights = [[cluster_seen("ACTIVE", owner=OWNER)]]
    off = {"verification": "off", "offReason": "a test"}
    done = run(config(identity=off), world=later, preview=True).succeeded()
    assert "cloudhsm-identity" in first.ancestors("cloudhsm-certificate")
    assert "cloudhsm-identity" not in done.ancestors("cloudhsm-certificate")
    for name in ("cloudhsm-certificate", "cloudhsm-files"):
        assert bare(done[name].inputs) == bare(first[name].inputs)
    assert done["cloudhsm-certificate"].has_secret("certRequestPem")
