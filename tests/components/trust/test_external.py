"""External trust: the CSR goes out first; what comes back is checked before anything is done."""

from __future__ import annotations

import functools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography import x509

from pulumi_cloudhsm.trust.external import signing_instructions
from tests.support import pki
from tests.support.fake_cloud import World, cluster_seen
from tests.support.recording import OWNER, Run, bare, config, run

AFTER_THE_CSR = {"cloudhsm-initialization", "cloudhsm-trust-files", "cloudhsm-activation-wait"}


@functools.cache
def ca() -> pki.Authority:
    return pki.issue("Offline CA", pki.rsa_key("offline CA"))


@functools.cache
def leaf() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), ca(), extensions=())


def settings(*, trust: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    external = {"mode": "external", "subject": None, **(trust or {})}
    return config(**{"trust": external, **changes})


def signed(*, trust: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    pair = {"clusterCertificate": leaf().pem, "caCertificate": ca().pem}
    return settings(trust={**pair, **(trust or {})}, **changes)


def names(done: Run) -> set[str]:
    return {one.name for one in done.resources}


@pytest.mark.parametrize("preview", [True, False])
def test_the_first_up_ends_with_the_csr_and_makes_no_ca(preview: bool) -> None:
    given = settings(activation={"mode": "manual"}, hsms={"count": 3})
    done = run(given, preview=preview).succeeded()
    assert not AFTER_THE_CSR & names(done)
    assert not [one for one in done.resources if one.type.startswith("tls:")]
    assert {one.name for one in done.resources if one.type == "aws:cloudhsmv2/hsm:Hsm"} == {
        "cloudhsm-hsm-1"
    }
    assert done.exports["clusterState"] == "awaiting certificate"
    assert done.exports["caCertificateSha256"] == ""
    assert "1 HSM" in done.exports["hourlyCost"]


def test_the_instructions_name_the_file_and_the_args_to_give() -> None:
    line = signing_instructions("certificates/dev/cluster_ClusterCsr.csr")
    for part in (
        "certificates/dev/cluster_ClusterCsr.csr",
        "trust.cluster_certificate",
        "trust.ca_certificate",
        "pulumi up",
    ):
        assert part in line
    assert "cloudhsm:" not in line
    assert "\n" not in line


def test_the_next_step_names_the_csr_among_the_files() -> None:
    done = run(settings()).succeeded()
    files = bare(done.exports)["certificateFiles"]
    (csr,) = [path for path in files.values() if path.endswith(".csr")]
    assert bare(done.exports)["nextStep"].startswith(f"have {csr} signed")
    assert len(files) == 4


@pytest.mark.parametrize("as_file", [True, False], ids=["files", "text"])
@pytest.mark.parametrize("preview", [True, False])
def test_the_second_up_goes_on_with_what_was_signed(
    preview: bool, as_file: bool, tmp_path: Path
) -> None:
    given: dict[str, str] = {}
    if as_file:
        for key, pem in (("clusterCertificate", leaf().pem), ("caCertificate", ca().pem)):
            file = tmp_path / f"{key}.pem"
            file.write_text(pem)
            given[key] = str(file)
    done = run(signed(trust=given), preview=preview).succeeded()
    initialization = bare(done["cloudhsm-initialization"].inputs)
    assert initialization["cluster_certificate"].strip() == leaf().pem.strip()
    assert initialization["ca_certificate"].strip() == ca().pem.strip()
    assert {"cloudhsm-files", "cloudhsm-identity"} <= done.ancestors("cloudhsm-initialization")


def test_the_outputs_are_the_same_as_with_a_generated_ca() -> None:
    done = run(signed()).succeeded()
    exports = bare(done.exports)
    assert set(done.exports) == set(run(config()).succeeded().exports)
    assert exports["clusterState"] == "INITIALIZED"
    assert exports["caCertificateSha256"] == ca().sha256
    assert exports["clusterCertificateSha256"] == leaf().sha256
    assert len(exports["certificateFiles"]) == 6
    assert done["cloudhsm-initialization"].has_secret("ca_certificate")


def test_both_steps_keep_a_protected_stack_from_a_destroy() -> None:
    for given in (settings(disposable=False), signed(disposable=False)):
        done = run(given).succeeded()
        kept = {one.name for one in done.resources if one.request.protect and one.request.custom}
        reached = kept.union(*(done.ancestors(name) for name in kept))
        assert reached == {one.name for one in done.resources if one.request.custom}


@pytest.mark.parametrize(
    ("trust", "told"),
    [
        ({"caCertificate": None}, ("cloudhsm:trust.caCertificate", "together")),
        ({"clusterCertificate": None}, ("cloudhsm:trust.clusterCertificate", "together")),
        ({"caCertificate": "no/such.pem"}, ("cloudhsm:trust.caCertificate", "no/such.pem")),
        (
            {"caCertificate": "-----BEGIN nothing"},
            ("cloudhsm:trust.caCertificate", "the CA certificate has to be exactly one PEM"),
        ),
        ({"mode": "magic"}, ("cloudhsm:trust.mode", "magic", "generated, external")),
        ({"mode": "generated"}, ("cloudhsm:trust.clusterCertificate", "trust.mode to external")),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_declared(
    trust: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(signed(trust=trust), preview=True)
    assert done.error is not None
    for part in told:
        assert part in str(done.error)
    assert "\n" not in str(done.error)
    assert "BEGIN CERT" not in str(done.error)
    assert not [one for one in done.resources if one.request.custom]


def test_the_key_of_an_external_ca_cannot_be_written() -> None:
    done = run(signed(caKeyPassphrase="long enough, surely"), preview=True)
    assert "cloudhsm:caKeyPassphrase" in str(done.error)
    assert "\n" not in str(done.error)


def test_an_initialized_cluster_does_not_go_back_to_waiting() -> None:
    world = World()
    run(signed(), world=world).succeeded()
    later = world.as_left()
    later.sights = [[cluster_seen("INITIALIZED", owner=OWNER)]]
    done = run(settings(), world=later, preview=True)
    assert "set both back" in str(done.error)


@pytest.mark.parametrize("preview", [True, False])
def test_a_pair_as_aws_documents_it_is_taken_with_a_warning_that_tells_both_dates(
    preview: bool,
) -> None:
    """Both for 3,652 days, the cluster's minutes later: so it ends minutes after its CA."""
    later = pki.issue(
        "HSM:1", pki.rsa_key("HSM"), ca(), extensions=(), ends=pki.ENDS + timedelta(minutes=5)
    )
    given = settings(trust={"clusterCertificate": later.pem, "caCertificate": ca().pem})
    done = run(given, preview=preview).succeeded()
    (line,) = [one for one in done.said("warning") if "after its CA certificate" in one]
    for end in ("2045-01-01T00:05:00Z", "2045-01-01T00:00:00Z"):
        assert end in line
    assert done["cloudhsm-initialization"]["signed_elsewhere"] is True


@functools.cache
def odd_pair() -> dict[str, str]:
    """A pair that AWS takes, although the CA's key usage has no Certificate Sign."""
    extensions = (x509.BasicConstraints(True, None), pki.key_usage(signs=False))
    odd = pki.issue("Odd CA", pki.rsa_key("odd CA"), extensions=extensions)
    signed_by_it = pki.issue("HSM:1", pki.rsa_key("HSM"), odd, extensions=())
    return {"clusterCertificate": signed_by_it.pem, "caCertificate": odd.pem}


@pytest.mark.parametrize("preview", [True, False])
def test_a_ca_that_may_not_sign_is_refused_before_the_initialization(preview: bool) -> None:
    done = run(settings(trust=odd_pair()), preview=preview)
    assert str(done.error).startswith("cloudhsm:trust.clusterCertificate is '[PEM]': ")
    assert "keyCertSign" in str(done.error)
    assert isinstance(done.error, pulumi.RunError)


def test_a_cluster_that_was_initialized_under_such_a_ca_goes_on_as_it_is() -> None:
    world = World()
    run(signed(), world=world).succeeded()
    later = world.as_left()
    later.sights = [[cluster_seen("INITIALIZED", owner=OWNER)]]
    run(settings(trust=odd_pair()), world=later, preview=True).succeeded()
