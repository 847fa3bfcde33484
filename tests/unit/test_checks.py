"""Bad input: one line with the key, the value and the fix, before anything of AWS is touched."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_cloudhsm import (
    CloudHsmCluster,
    CloudHsmClusterArgs,
    IssuingCaArgs,
    NetworkArgs,
    Subject,
)
from pulumi_cloudhsm.providers.ca_key_file import CaKeyFileProvider

from tests.unit.recording import config, run
from tests.unit.trust_world import PRIVATE_CA
from tests.unit.world import World, self_signed

SUBNET = "subnet-0123456789abcdef"
OTHER_FINGERPRINT = ":".join(["AB"] * 32)
ROOT = {"pem": self_signed(), "sha256": OTHER_FINGERPRINT}

# Configuration, and what the line has to say: the key, the value, the fix.
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown HSM type": (
        {"hsmType": "hsm9.huge"},
        ["cloudhsm:hsmType", "'hsm9.huge'", "use hsm2m.medium"],
    ),
    "HSM type that AWS gave up": (
        {"hsmType": "hsm1.medium"},
        ["cloudhsm:hsmType", "'hsm1.medium'", "no hsm1.medium any more", "use hsm2m.medium"],
    ),
    "a KMS key with another trust": (
        {"caKmsKey": "11112222-3333-4444-5555-666677778888"},
        ["cloudhsm:caKmsKey", "'11112222-", "leave it out, or set cloudhsm:trust to kms"],
    ),
    "a private CA with another trust": (
        {"trust": "kms", "privateCaArn": PRIVATE_CA},
        ["cloudhsm:privateCaArn", PRIVATE_CA, "set cloudhsm:trust to acm-pca", "it is kms"],
    ),
    "what is no private CA": (
        {"trust": "acm-pca", "privateCaArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1"},
        ["cloudhsm:privateCaArn", "arn:aws:acm:", "certificate-authority/ID"],
    ),
    "no subject with a private CA that is made": (
        {"trust": "acm-pca", "caOrganization": ""},
        ["cloudhsm:caOrganization", "''", "give it"],
    ),
    "a private CA's key size that CloudHSM does not take": (
        {"trust": "acm-pca", "caKeyBits": 3072},
        ["cloudhsm:caKeyBits", "3072", "use 4096"],
    ),
    "a negative validity under a private CA": (
        {
            "trust": "acm-pca",
            "privateCaArn": PRIVATE_CA,
            "clusterCertificateValidityHours": -1,
        },
        ["cloudhsm:clusterCertificateValidityHours", "-1", "leave it out"],
    ),
    "a private CA's key to export": (
        {"trust": "acm-pca", "exportCaKey": True, "caKeyPassphrase": "correct horse battery"},
        ["cloudhsm:exportCaKey", "True", "leave it out"],
    ),
    "an alias for a KMS key": (
        {"trust": "kms", "caKmsKey": "alias/ca"},
        ["cloudhsm:caKmsKey", "'alias/ca'", "give the ARN or the id", "alias may move"],
    ),
    "a KMS key size that AWS does not take": (
        {"trust": "kms", "caKeyBits": 3072},
        ["cloudhsm:caKeyBits", "3072", "use 4096"],
    ),
    "no subject with KMS": (
        {"trust": "kms", "caCommonName": ""},
        ["cloudhsm:caCommonName", "''", "give it"],
    ),
    "a signature that never is late": (
        {"trust": "kms", "signingDeadlineSeconds": 1},
        ["cloudhsm:signingDeadlineSeconds", "1", "at least the usual 5"],
    ),
    "a KMS key to export": (
        {"trust": "kms", "exportCaKey": True, "caKeyPassphrase": "correct horse battery"},
        ["cloudhsm:exportCaKey", "True", "leave it out"],
    ),
    "wrong mode": ({"mode": "fips"}, ["cloudhsm:mode", "'fips'", "FIPS", "NON_FIPS"]),
    "what is no subnet id": (
        {"subnetIds": ["vpc-0123"]},
        ["cloudhsm:subnetIds", "'vpc-0123'", "subnet-0123456789abcdef0"],
    ),
    "subnet id cut short": (
        {"subnetIds": ["subnet-0123456789"]},
        ["cloudhsm:subnetIds", "'subnet-0123456789'"],
    ),
    "subnet id in capitals": (
        {"subnetIds": ["subnet-0123456789ABCDEF0"]},
        ["cloudhsm:subnetIds", "'subnet-0123456789ABCDEF0'"],
    ),
    "the same subnet twice": (
        {"subnetIds": [f"{SUBNET}0", f"{SUBNET}0"]},
        ["cloudhsm:subnetIds", f"'{SUBNET}0'", "once"],
    ),
    "eleven subnets": (
        {"subnetIds": [f"subnet-0123456789abcde{number:02}" for number in range(11)]},
        ["cloudhsm:subnetIds", "subnet-0123456789abcde10", "1 to 10"],
    ),
    "neither zones nor subnets": (
        {"availabilityZones": []},
        ["cloudhsm:availabilityZones", "[]", "1 to 10 zones", "subnet"],
    ),
    "eleven zones": (
        {"availabilityZones": [f"eu-central-1{letter}" for letter in "abcdefghijk"]},
        ["cloudhsm:availabilityZones", "eu-central-1k", "1 to 10"],
    ),
    "zone of another region": (
        {"availabilityZones": ["eu-central-1a", "us-east-1a"]},
        ["cloudhsm:availabilityZones", "'us-east-1a'", "eu-central-1"],
    ),
    "region instead of zone": (
        {"availabilityZones": ["eu-central-1"]},
        ["cloudhsm:availabilityZones", "'eu-central-1'", "eu-central-1a"],
    ),
    "the same zone twice": (
        {"availabilityZones": ["eu-central-1a", "eu-central-1a"]},
        ["cloudhsm:availabilityZones", "'eu-central-1a'", "once"],
    ),
    "range that is none": (
        {"vpcCidr": "10.42"},
        ["cloudhsm:vpcCidr", "'10.42'", "10.42.0.0/16"],
    ),
    "range with host bits": (
        {"vpcCidr": "10.42.1.0/16"},
        ["cloudhsm:vpcCidr", "'10.42.1.0/16'", "10.42.0.0/16"],
    ),
    "range of IPv6": ({"vpcCidr": "fd00::/56"}, ["cloudhsm:vpcCidr", "'fd00::/56'"]),
    "range that is too small": (
        {"vpcCidr": "10.42.0.0/28"},
        ["cloudhsm:vpcCidr", "'10.42.0.0/28'", "/16 to /24"],
    ),
    "range that is too large": (
        {"vpcCidr": "10.0.0.0/8"},
        ["cloudhsm:vpcCidr", "'10.0.0.0/8'", "/16 to /24"],
    ),
    "certificate that outlives its CA": (
        {"caValidityHours": 1000, "clusterCertificateValidityHours": 2000},
        ["cloudhsm:clusterCertificateValidityHours", "2000", "outlive", "at most 976"],
    ),
    "certificate with its CA's own validity": (
        {"caValidityHours": 1000, "clusterCertificateValidityHours": 1000},
        ["cloudhsm:clusterCertificateValidityHours", "1000", "outlive", "at most 976"],
    ),
    "certificate of negative validity": (
        {"clusterCertificateValidityHours": -5},
        ["cloudhsm:clusterCertificateValidityHours", "-5", "at least 1"],
    ),
    "CA of negative validity": (
        {"caValidityHours": -87660},
        ["cloudhsm:caValidityHours", "-87660", "at least 48"],
    ),
    "CA without validity": ({"caValidityHours": 0}, ["cloudhsm:caValidityHours", "0", "48"]),
    "RSA of 1024 bits": ({"caKeyBits": 1024}, ["cloudhsm:caKeyBits", "1024", "4096", "2048"]),
    "RSA of 3072 bits": ({"caKeyBits": 3072}, ["cloudhsm:caKeyBits", "3072", "4096", "2048"]),
    "missing common name": (
        {"caCommonName": None},
        ["cloudhsm:caCommonName", "''", "give it"],
    ),
    "empty common name": ({"caCommonName": "  "}, ["cloudhsm:caCommonName", "'  '", "give it"]),
    "missing organization": ({"caOrganization": None}, ["cloudhsm:caOrganization", "give it"]),
    "subject that is too long": (
        {"caCommonName": "n" * 65},
        ["cloudhsm:caCommonName", "n" * 65, "64 characters"],
    ),
    "optional part that is too long": (
        {"caLocality": "n" * 65},
        ["cloudhsm:caLocality", "n" * 65, "64 characters"],
    ),
    "country in words": ({"caCountry": "Germany"}, ["cloudhsm:caCountry", "'Germany'", "DE"]),
    "country in small letters": ({"caCountry": "de"}, ["cloudhsm:caCountry", "'de'", "DE"]),
    "unknown verification": (
        {"identityVerification": "maybe"},
        ["cloudhsm:identityVerification", "'maybe'", "standard, full or off"],
    ),
    "verification off without a reason": (
        {"identityVerification": "off"},
        ["cloudhsm:identityVerificationOffReason", "''", "say why"],
    ),
    "verification off for a blank reason": (
        {"identityVerification": "off", "identityVerificationOffReason": "  "},
        ["cloudhsm:identityVerificationOffReason", "say why"],
    ),
    "full verification without a root": (
        {"identityVerification": "full"},
        ["cloudhsm:manufacturerRoots", "[]", "manufacturer's root"],
    ),
    "malformed fingerprint": (
        {"awsRoots": [{**ROOT, "sha256": "AB:CD"}]},
        ["cloudhsm:awsRoots", "'AB:CD'", "64 hexadecimal digits"],
    ),
    "fingerprint of another root": (
        {"manufacturerRoots": [ROOT]},
        ["cloudhsm:manufacturerRoots", OTHER_FINGERPRINT, "right certificate"],
    ),
    "root that is no certificate": (
        {"awsRoots": [{**ROOT, "pem": "nonsense"}]},
        ["cloudhsm:awsRoots", "PEM"],
    ),
    "root without fingerprint": (
        {"awsRoots": [{"pem": self_signed()}]},
        ["cloudhsm:awsRoots", "pem and sha256"],
    ),
    "root as bare text": (
        {"manufacturerRoots": [self_signed()]},
        ["cloudhsm:manufacturerRoots", "pem and sha256"],
    ),
    "root whose certificate is missing": (
        {"awsRoots": [{**ROOT, "pem": None}]},
        ["cloudhsm:awsRoots", "pem and sha256"],
    ),
    "exported key without a passphrase": (
        {"exportCaKey": True},
        ["cloudhsm:caKeyPassphrase", "None", "pulumi config set --secret"],
    ),
    "deadline before the usual end": (
        {"hsmUsualSeconds": 600, "hsmDeadlineSeconds": 60},
        ["cloudhsm:hsmDeadlineSeconds", "60", "at least the usual 600"],
    ),
    "initialization's deadline before its usual end": (
        {"initializationDeadlineSeconds": 60},
        ["cloudhsm:initializationDeadlineSeconds", "60", "at least the usual 210"],
    ),
    "no time at all": ({"hsmUsualSeconds": 0}, ["cloudhsm:hsmUsualSeconds", "0", "above 0"]),
    "negative time": (
        {"initializationUsualSeconds": -1},
        ["cloudhsm:initializationUsualSeconds", "-1", "above 0"],
    ),
    "more tags than AWS takes": (
        {"tags": {f"tag{number}": "x" for number in range(49)}},
        ["cloudhsm:tags", "49 tags", "at most 48"],
    ),
    "tag of AWS": ({"tags": {"aws:mine": "x"}}, ["cloudhsm:tags", "'aws:mine'", "aws:"]),
    "tag of AWS in capitals": ({"tags": {"AWS:mine": "x"}}, ["cloudhsm:tags", "'AWS:mine'"]),
    "tag without a key": ({"tags": {"": "x"}}, ["cloudhsm:tags", "''", "1 to 128"]),
    "tag with a long key": ({"tags": {"k" * 129: "x"}}, ["cloudhsm:tags", "1 to 128"]),
    "tag with a long value": (
        {"tags": {"owner": "v" * 257}},
        ["cloudhsm:tags", "owner", "256 characters"],
    ),
    "tag whose value is no text": (
        {"tags": {"critical": True}},
        ["cloudhsm:tags", "'critical': True", "quote"],
    ),
}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_with_key_value_and_fix_before_aws_is_touched(
    case: str, preview: bool
) -> None:
    changes, expected = BAD[case]
    world = World()
    done = run(config(**changes), preview=preview, world=world)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError), "anything else would show a traceback"
    assert "\n" not in line
    for words in expected:
        assert words in line
    assert done.of("aws") == []
    assert world.calls == []


def test_a_missing_region_says_how_to_set_it() -> None:
    without = {key: value for key, value in config().items() if key != "aws:region"}
    done = run(without)
    assert isinstance(done.error, pulumi.RunError)
    assert str(done.error) == "aws:region is not set: run `pulumi config set aws:region REGION`"
    assert done.resources == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_folder_below_a_file_is_refused_before_anything_is_made(
    tmp_path: Path, preview: bool
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = str(tmp_path / "file" / "certificates")
    done = run(config(certificateDirectory=folder), preview=preview)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "cloudhsm:certificateDirectory" in line
    assert folder in line
    assert "is a file, not a folder" in line
    assert "choose another folder" in line
    assert done.of("aws") == []


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ({"0": ("vpc-1", "eu-central-1a"), "1": ("vpc-2", "eu-central-1b")}, "one VPC"),
        (
            {"0": ("vpc-1", "eu-central-1a"), "1": ("vpc-1", "eu-central-1a")},
            "one subnet per Availability Zone",
        ),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_subnets_that_cannot_carry_a_cluster_are_refused_with_where_they_are(
    placed: dict[str, tuple[str, str]], words: str, preview: bool
) -> None:
    subnets = {f"{SUBNET}{end}": place for end, place in placed.items()}
    done = run(config(subnetIds=list(subnets)), world=World(subnets=subnets), preview=preview)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "\n" not in line
    assert "cloudhsm:subnetIds" in line
    assert words in line
    for subnet_id, (vpc, zone) in subnets.items():
        assert subnet_id in line
        assert f"{vpc}/{zone}" in line
    assert done.of("aws") == [], "a lookup is allowed, a resource is not"


@pytest.mark.parametrize("preview", [True, False])
def test_a_subnet_that_is_not_there_is_named_before_anything_is_made(preview: bool) -> None:
    there = {f"{SUBNET}0": ("vpc-1", "eu-central-1a")}
    done = run(
        config(subnetIds=[*there, f"{SUBNET}1"]), world=World(subnets=there), preview=preview
    )
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "\n" not in line
    assert "cloudhsm:subnetIds" in line
    assert f"'{SUBNET}1'" in line
    assert "this account and region" in line
    assert done.of("aws") == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_first_zone_without_a_subnet_is_refused_before_the_cluster_is_made(
    preview: bool,
) -> None:
    """AWS refuses such an HSM, but only when the cluster is there with subnets for good."""
    subnets = {f"{SUBNET}0": ("vpc-1", "eu-central-1b")}
    done = run(
        config(),
        program=lambda: _component(first_hsm_zone="eu-central-1a"),
        world=World(subnets=subnets),
        preview=preview,
    )
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError), line
    assert "\n" not in line
    for words in ("first_hsm_zone", "eu-central-1a", "eu-central-1b"):
        assert words in line
    assert done.of("aws") == []


def test_a_first_zone_that_has_a_subnet_is_taken() -> None:
    subnets = {f"{SUBNET}0": ("vpc-1", "eu-central-1b"), f"{SUBNET}1": ("vpc-1", "eu-central-1a")}
    done = run(
        config(),
        program=lambda: _component(first_hsm_zone="eu-central-1a", subnet_ids=list(subnets)),
        world=World(subnets=subnets),
    ).succeeded()
    assert done["keys-hsm-1"]["availabilityZone"] == "eu-central-1a"


@pytest.mark.parametrize("boundary", [{"tags": {f"tag{number}": "x" for number in range(48)}}])
def test_what_is_just_allowed_is_taken(boundary: dict[str, Any]) -> None:
    done = run(config(**boundary), preview=True).succeeded()
    assert len(done["cloudhsm-cluster"]["tags"]) == 50


@pytest.mark.parametrize(
    "changes",
    [
        {"caCommonName": "n" * 64},
        {"caValidityHours": 48},
        {"caValidityHours": 1000, "clusterCertificateValidityHours": 976},
        {"vpcCidr": "10.42.0.0/24"},
        {"caKeyBits": 2048},
        {"hsmUsualSeconds": 60, "hsmDeadlineSeconds": 60},
        {"tags": {"k" * 128: "v" * 256}},
    ],
)
def test_every_limit_is_itself_allowed(changes: dict[str, Any]) -> None:
    run(config(**changes), preview=True).succeeded()


def _args(**changes: Any) -> CloudHsmClusterArgs:
    given: dict[str, Any] = {
        "region": "eu-central-1",
        "subnet_ids": [f"{SUBNET}0"],
        "ca": IssuingCaArgs(Subject("Example CA", "Example Corp")),
        **changes,
    }
    return CloudHsmClusterArgs(**given)


def _component(**changes: Any) -> None:
    CloudHsmCluster("keys", _args(**changes))


def test_a_short_passphrase_is_refused_and_never_shown() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        _args(ca_key_passphrase="hunter2", certificate_directory="certificates").check()
    assert "cloudhsm:caKeyPassphrase" in str(refused.value)
    assert "at least 12 characters" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_short_passphrase_from_a_secret_config_is_refused_in_check_and_never_shown() -> None:
    result = CaKeyFileProvider().check({}, {"passphrase": "hunter2", "path": "customerCA.key"})
    (failure,) = result.failures
    assert failure.property == "passphrase"
    assert "at least 12 characters" in failure.reason
    assert "hunter2" not in failure.reason


def test_no_subnets_at_all_are_refused_for_another_stack_that_imports_the_component() -> None:
    with pytest.raises(pulumi.RunError, match="1 to 10 subnets"):
        _args(subnet_ids=[], certificate_directory="certificates").check()


@pytest.mark.parametrize(
    "place",
    [
        {"subnet_ids": None},
        {"subnet_ids": [f"{SUBNET}0"], "network": NetworkArgs(["eu-central-1a"])},
    ],
)
def test_either_subnets_or_a_network_have_to_be_given(place: dict[str, Any]) -> None:
    with pytest.raises(pulumi.RunError, match="subnet_ids"):
        _args(**place, certificate_directory="certificates").check()


def test_good_args_pass() -> None:
    _args(certificate_directory="certificates").check()
