"""External trust: the CSR goes out first; what comes back is checked before anything is done."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from tests.unit import pki
from tests.unit.recording import OWNER, Run, bare, config, run
from tests.unit.world import World, cluster_seen

AFTER_THE_CSR = {"cloudhsm-initialization", "cloudhsm-trust-files", "cloudhsm-activation-wait"}


@functools.cache
def ca() -> pki.Authority:
    return pki.issue("Offline CA", pki.rsa_key("offline CA"))


@functools.cache
def leaf() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), ca(), extensions=())


def settings(**changes: Any) -> dict[str, str]:
    given = {"trust": "external", "caCommonName": None, "caOrganization": None}
    return config(**{**given, **changes})


def signed(**changes: Any) -> dict[str, str]:
    given = {"externalClusterCertificate": leaf().pem, "externalCaCertificate": ca().pem}
    return settings(**{**given, **changes})


def names(done: Run) -> set[str]:
    return {one.name for one in done.resources}


@pytest.mark.parametrize("preview", [True, False])
def test_the_first_up_ends_with_the_csr_and_makes_no_ca(preview: bool) -> None:
    done = run(settings(activation="manual", hsmCount=3), preview=preview).succeeded()
    assert not AFTER_THE_CSR & names(done)
    assert not [one for one in done.resources if one.type.startswith("tls:")]
    assert {one.name for one in done.resources if one.type == "aws:cloudhsmv2/hsm:Hsm"} == {
        "cloudhsm-hsm-1"
    }
    assert done.exports["clusterState"] == "awaiting certificate"
    assert done.exports["caCertificateSha256"] == ""
    assert "1.50 USD" in done.exports["hourlyCost"]


def test_it_says_which_file_to_sign_and_what_to_do_then() -> None:
    done = run(settings()).succeeded()
    line = bare(done.exports)["nextStep"]
    (csr,) = [path for path in bare(done.exports)["files"].values() if path.endswith(".csr")]
    for part in (csr, "externalClusterCertificate", "externalCaCertificate", "pulumi up"):
        assert part in line
    assert len(bare(done.exports)["files"]) == 4


@pytest.mark.parametrize("as_file", [True, False], ids=["files", "text"])
@pytest.mark.parametrize("preview", [True, False])
def test_the_second_up_goes_on_with_what_was_signed(
    preview: bool, as_file: bool, tmp_path: Path
) -> None:
    given: dict[str, str] = {}
    if as_file:
        for key, pem in (("ClusterCertificate", leaf().pem), ("CaCertificate", ca().pem)):
            file = tmp_path / f"{key}.pem"
            file.write_text(pem)
            given[f"external{key}"] = str(file)
    done = run(signed(**given), preview=preview).succeeded()
    initialization = bare(done["cloudhsm-initialization"].inputs)
    assert initialization["cluster_certificate"].strip() == leaf().pem.strip()
    assert initialization["trust_anchor"].strip() == ca().pem.strip()
    assert {"cloudhsm-files", "cloudhsm-identity"} <= done.ancestors("cloudhsm-initialization")


def test_the_outputs_are_the_same_as_with_a_generated_ca() -> None:
    done = run(signed()).succeeded()
    exports = bare(done.exports)
    assert set(done.exports) == set(run(config()).succeeded().exports)
    assert exports["clusterState"] == "INITIALIZED"
    assert exports["caCertificateSha256"] == ca().sha256
    assert exports["clusterCertificateSha256"] == leaf().sha256
    assert len(exports["files"]) == 6
    assert "BEGIN" not in str(done["cloudhsm-initialization"].inputs["trust_anchor"].keys())


def test_both_steps_keep_a_protected_stack_from_a_destroy() -> None:
    for given in (settings(disposable=False), signed(disposable=False)):
        done = run(given).succeeded()
        kept = {one.name for one in done.resources if one.request.protect and one.request.custom}
        reached = kept.union(*(done.ancestors(name) for name in kept))
        assert reached == {one.name for one in done.resources if one.request.custom}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"externalCaCertificate": ""}, ("cloudhsm:externalCaCertificate", "together")),
        ({"externalClusterCertificate": ""}, ("cloudhsm:externalClusterCertificate", "together")),
        ({"externalCaCertificate": "no/such.pem"}, ("externalCaCertificate", "no/such.pem")),
        ({"externalCaCertificate": "-----BEGIN nothing"}, ("externalClusterCertificate", "PEM")),
        ({"trust": "magic"}, ("cloudhsm:trust", "magic", "generated, external")),
        ({"trust": "generated"}, ("cloudhsm:trust", "set external")),
        ({"exportCaKey": True, "caKeyPassphrase": "long enough, surely"}, ("exportCaKey",)),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_declared(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(signed(**changes), preview=True)
    assert done.error is not None
    for part in told:
        assert part in str(done.error)
    assert "\n" not in str(done.error)
    assert not [one for one in done.resources if one.request.custom]


def wrong_pairs() -> dict[str, tuple[str, str]]:
    intermediate = pki.issue("Intermediate", pki.rsa_key("intermediate"), ca())
    ec_ca = pki.issue("EC CA", pki.ec_key("EC CA"))
    small = pki.issue("Small CA", pki.rsa_key("small CA", 3072))
    key = pki.rsa_key("HSM")
    return {
        "another CA": (leaf().pem, pki.issue("Other", pki.rsa_key("other")).pem),
        "an intermediate": (pki.issue("HSM:1", key, intermediate).pem, intermediate.pem),
        "an elliptic curve": (pki.issue("HSM:1", key, ec_ca).pem, ec_ca.pem),
        "an RSA size that AWS does not name": (pki.issue("HSM:1", key, small).pem, small.pem),
        "a chain": (leaf().pem, ca().pem + intermediate.pem),
        "a leaf that outlives its CA": (
            leaf().pem,
            pki.issue("Offline CA", pki.rsa_key("offline CA"), ends=pki.NOW).pem,
        ),
    }


@pytest.mark.parametrize("kind", list(wrong_pairs()))
def test_certificates_that_aws_would_refuse_are_refused_in_the_preview(kind: str) -> None:
    certificate, anchor = wrong_pairs()[kind]
    given = {"externalClusterCertificate": certificate, "externalCaCertificate": anchor}
    done = run(signed(**given), preview=True)
    assert "cloudhsm:externalClusterCertificate" in str(done.error)
    assert "BEGIN" not in str(done.error)


def test_an_initialized_cluster_does_not_go_back_to_waiting() -> None:
    world = World()
    run(signed(), world=world).succeeded()
    later = world.as_left()
    later.sights = [[cluster_seen("INITIALIZED", owner=OWNER)]]
    done = run(settings(), world=later, preview=True)
    assert "set both back" in str(done.error)
