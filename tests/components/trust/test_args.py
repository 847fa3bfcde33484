"""What is wrong in TrustArgs is one line with field, value and fix; every limit is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pulumi
import pytest

from pulumi_cloudhsm.trust.args import Subject, TrustArgs
from pulumi_cloudhsm.validation import InputError
from tests.support import pki
from tests.support.fake_authorities import PRIVATE_CA, kms_key_arn
from tests.support.issuing import SUBJECT, trust

KEY_ID = "11112222-3333-4444-5555-666677778888"


@pytest.fixture
def output() -> Iterator[pulumi.Output[str]]:
    """A value that is known only when the program runs."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield pulumi.Output.from_input("anything")
    loop.run_until_complete(asyncio.sleep(0))
    asyncio.set_event_loop(None)
    loop.close()


WRONG: dict[str, tuple[TrustArgs, list[str]]] = {
    "an unknown mode": (
        trust("magic"),
        ["mode", "'magic'", "use generated, external, kms or acm-pca"],
    ),
    "a KMS key in another mode": (
        trust("generated", kms_key=kms_key_arn()),
        ["kms_key", kms_key_arn(), "leave it out, or set trust.mode to kms", "it is generated"],
    ),
    "a key policy in another mode": (
        trust("acm-pca", key_policy="{}"),
        ["key_policy", "leave it out, or set trust.mode to kms", "it is acm-pca"],
    ),
    "a private CA in another mode": (
        trust("kms", private_ca_arn=PRIVATE_CA),
        ["private_ca_arn", PRIVATE_CA, "set trust.mode to acm-pca", "it is kms"],
    ),
    "external certificates in another mode": (
        trust("generated", cluster_certificate="PEM", ca_certificate="PEM"),
        ["cluster_certificate", "set trust.mode to external", "it is generated"],
    ),
    "a private CA that is none": (
        trust("acm-pca", private_ca_arn="arn:aws:acm:eu-central-1:123456789012:certificate/1"),
        ["private_ca_arn", "arn:aws:acm:", "certificate-authority/ID"],
    ),
    "an alias of a KMS key": (
        trust("kms", kms_key="alias/ca"),
        ["kms_key", "'alias/ca'", "give the ARN or the id", "alias may move"],
    ),
    "a policy for a KMS key that exists": (
        trust("kms", kms_key=KEY_ID, key_policy="{}"),
        ["key_policy", "leave it out", "trust.kms_key"],
    ),
    "RSA of 1024 bits": (trust("generated", key_bits=1024), ["key_bits", "1024", "4096", "2048"]),
    "RSA of 3072 bits": (trust("generated", key_bits=3072), ["key_bits", "3072", "4096", "2048"]),
    "RSA of 3072 bits in KMS": (trust("kms", key_bits=3072), ["key_bits", "3072", "use 4096"]),
    "RSA of 3072 bits at AWS": (trust("acm-pca", key_bits=3072), ["key_bits", "3072", "use 4096"]),
    "a CA without validity": (trust("generated", validity_hours=0), ["validity_hours", "0", "48"]),
    "a CA of negative validity": (
        trust("generated", validity_hours=-87_660),
        ["validity_hours", "-87660", "give 48 to 876600"],
    ),
    "a certificate that outlives its CA": (
        trust("generated", validity_hours=1000, cluster_certificate_validity_hours=2000),
        ["cluster_certificate_validity_hours", "2000", "CA of 1000 hours", "at most 976"],
    ),
    "a certificate with its CA's own validity": (
        trust("kms", validity_hours=1000, cluster_certificate_validity_hours=1000),
        ["cluster_certificate_validity_hours", "1000", "at most 976"],
    ),
    "a certificate of negative validity": (
        trust("generated", cluster_certificate_validity_hours=-1),
        ["cluster_certificate_validity_hours", "-1", "give 1 to 876600"],
    ),
    "a negative validity under a private CA": (
        trust("acm-pca", private_ca_arn=PRIVATE_CA, cluster_certificate_validity_hours=-1),
        ["cluster_certificate_validity_hours", "-1", "leave it out"],
    ),
    "no subject": (trust("generated", subject=None), ["subject.common_name", "''", "give it"]),
    "no subject with KMS": (trust("kms", subject=None), ["subject.common_name", "''", "give it"]),
    "no subject with a private CA that is made": (
        trust("acm-pca", subject=Subject("CA", "")),
        ["subject.organization", "''", "give it"],
    ),
    "an empty common name": (
        trust("generated", subject=Subject("  ", "Org")),
        ["subject.common_name", "'  '", "give it"],
    ),
    "a subject that is too long": (
        trust("generated", subject=Subject("n" * 65, "Org")),
        ["subject.common_name", "n" * 65, "64 characters"],
    ),
    "a locality that is too long": (
        trust("generated", subject=Subject("CA", "Org", locality="n" * 65)),
        ["subject.locality", "n" * 65, "64 characters"],
    ),
    "a country in words": (
        trust("generated", subject=Subject("CA", "Org", country="Germany")),
        ["subject.country", "'Germany'", "DE"],
    ),
    "a country in small letters": (
        trust("generated", subject=Subject("CA", "Org", country="de")),
        ["subject.country", "'de'", "DE"],
    ),
    "a cluster certificate without its CA": (
        trust("external", cluster_certificate="PEM"),
        ["ca_certificate", "together with the other"],
    ),
    "a CA certificate without the cluster's": (
        trust("external", ca_certificate="PEM"),
        ["cluster_certificate", "together with the other"],
    ),
}


@pytest.mark.parametrize("kind", list(WRONG))
def test_what_is_wrong_is_one_line(kind: str) -> None:
    args, words = WRONG[kind]
    with pytest.raises(InputError) as refused:
        args.check()
    line = str(refused.value)
    assert line.startswith(f"{words[0]} is ")
    for word in words:
        assert word in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "args",
    [
        trust("generated"),
        trust("generated", subject=Subject("n" * 64, "Org")),
        trust("generated", validity_hours=48),
        trust("generated", validity_hours=1000, cluster_certificate_validity_hours=976),
        trust("generated", key_bits=2048),
        trust("kms"),
        trust("kms", kms_key=KEY_ID),
        trust("kms", kms_key="mrk-" + "0" * 32),
        trust("kms", kms_key=kms_key_arn(), key_bits=2048),
        trust("kms", key_policy='{"Statement": []}'),
        trust("acm-pca"),
        trust("acm-pca", private_ca_arn=PRIVATE_CA, subject=None),
        trust("acm-pca", private_ca_arn=PRIVATE_CA, cluster_certificate_validity_hours=0),
        trust("external", subject=None),
    ],
)
def test_every_limit_is_itself_allowed(args: TrustArgs) -> None:
    args.check()


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("kms", ["kms_key"]),
        ("kms", ["key_policy"]),
        ("acm-pca", ["private_ca_arn"]),
        ("external", ["cluster_certificate", "ca_certificate"]),
    ],
)
def test_what_comes_as_an_output_is_taken_unchecked(
    mode: str, fields: list[str], output: pulumi.Output[str]
) -> None:
    trust(mode, **dict.fromkeys(fields, output)).check()


def test_an_output_of_another_mode_is_refused_without_its_text(
    output: pulumi.Output[str],
) -> None:
    with pytest.raises(InputError, match="kms_key is '\\[given\\]': leave it out"):
        trust("generated", kms_key=output).check()


def wrong_pairs() -> dict[str, tuple[str, str]]:
    ca = pki.issue("Offline CA", pki.rsa_key("offline CA"))
    key = pki.rsa_key("HSM")
    leaf = pki.issue("HSM:1", key, ca, extensions=())
    intermediate = pki.issue("Intermediate", pki.rsa_key("intermediate"), ca)
    ec_ca = pki.issue("EC CA", pki.ec_key("EC CA"))
    small = pki.issue("Small CA", pki.rsa_key("small CA", 3072))
    return {
        "no PEM": ("-----BEGIN nothing", ca.pem),
        "another CA": (leaf.pem, pki.issue("Other", pki.rsa_key("other")).pem),
        "an intermediate": (pki.issue("HSM:1", key, intermediate).pem, intermediate.pem),
        "an elliptic curve": (pki.issue("HSM:1", key, ec_ca).pem, ec_ca.pem),
        "an RSA size that AWS does not name": (pki.issue("HSM:1", key, small).pem, small.pem),
        "a chain": (leaf.pem, ca.pem + intermediate.pem),
    }


@pytest.mark.parametrize("kind", list(wrong_pairs()))
def test_external_certificates_that_aws_would_refuse_are_refused(kind: str) -> None:
    certificate, ca = wrong_pairs()[kind]
    of_leaf = kind in ("no PEM", "another CA")
    field = "cluster_certificate" if of_leaf else "ca_certificate"
    with pytest.raises(InputError, match=f"^{field} is") as refused:
        trust("external", cluster_certificate=certificate, ca_certificate=ca).check()
    assert "BEGIN" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("ca_hours", "leaf_hours"), [(87_660, 86_940), (1441, 721), (1440, 1416), (48, 24)]
)
def test_a_cluster_certificate_leaves_its_ca_30_days_or_a_day(
    ca_hours: int, leaf_hours: int
) -> None:
    assert trust("generated", validity_hours=ca_hours).certificate_hours == leaf_hours


def test_a_given_validity_of_the_cluster_certificate_is_taken() -> None:
    assert trust("kms", cluster_certificate_validity_hours=8766).certificate_hours == 8766


def test_under_a_ca_that_exists_the_validity_follows_from_the_cas_end() -> None:
    given = {"private_ca_arn": PRIVATE_CA, "subject": None}
    assert trust("acm-pca", **given).certificate_hours == 0
    given["cluster_certificate_validity_hours"] = 1000
    assert trust("acm-pca", **given).certificate_hours == 1000


def test_external_trust_waits_until_its_certificates_are_given(
    output: pulumi.Output[str],
) -> None:
    assert trust("external").awaits_certificate
    given = trust("external", cluster_certificate=output, ca_certificate=output)
    assert not given.awaits_certificate
    assert not trust("generated").awaits_certificate


def test_parts_of_a_subject_that_are_not_given_are_not_there() -> None:
    assert SUBJECT.parts == {
        "common_name": "Development CloudHSM CA",
        "organization": "Example Organization",
    }
