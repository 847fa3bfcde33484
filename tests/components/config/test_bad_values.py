"""A bad value: one line with the key, the value and the fix, before anything of AWS is touched."""

from typing import Any

import pulumi
import pytest

from tests.components.config.bad_chain import BAD_CHAIN
from tests.support.fake_authorities import PRIVATE_CA
from tests.support.fake_cloud import World, self_signed
from tests.support.recording import config, run

SUBNET = "subnet-0123456789abcdef"
OTHER_FINGERPRINT = ":".join(["AB"] * 32)
ROOT = {"pem": self_signed(), "sha256": OTHER_FINGERPRINT}

# Configuration, and what the line has to say: the key, the value, the fix.
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown HSM type": (
        {"cluster": {"hsmType": "hsm9.huge"}},
        ["cloudhsm:cluster.hsmType", "'hsm9.huge'", "use hsm2m.medium"],
    ),
    "HSM type that AWS gave up": (
        {"cluster": {"hsmType": "hsm1.medium"}},
        [
            "cloudhsm:cluster.hsmType",
            "'hsm1.medium'",
            "no hsm1.medium any more",
            "use hsm2m.medium",
        ],
    ),
    "a KMS key with another trust": (
        {"trust": {"kmsKey": "11112222-3333-4444-5555-666677778888"}},
        ["cloudhsm:trust.kmsKey", "'11112222-", "leave it out, or set cloudhsm:trust.mode to kms"],
    ),
    "a private CA with another trust": (
        {"trust": {"mode": "kms", "privateCaArn": PRIVATE_CA}},
        [
            "cloudhsm:trust.privateCaArn",
            PRIVATE_CA,
            "set cloudhsm:trust.mode to acm-pca",
            "it is kms",
        ],
    ),
    "what is no private CA": (
        {
            "trust": {
                "mode": "acm-pca",
                "privateCaArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
            }
        },
        ["cloudhsm:trust.privateCaArn", "arn:aws:acm:", "certificate-authority/ID"],
    ),
    "no subject with a private CA that is made": (
        {"trust": {"mode": "acm-pca", "subject": {"organization": ""}}},
        ["cloudhsm:trust.subject.organization", "''", "give it"],
    ),
    "a private CA's key size that CloudHSM does not take": (
        {"trust": {"mode": "acm-pca", "keyBits": 3072}},
        ["cloudhsm:trust.keyBits", "3072", "use 4096"],
    ),
    "a negative validity under a private CA": (
        {
            "trust": {
                "mode": "acm-pca",
                "privateCaArn": PRIVATE_CA,
                "clusterCertificateValidityHours": -1,
            }
        },
        ["cloudhsm:trust.clusterCertificateValidityHours", "-1", "leave it out"],
    ),
    "a private CA's key to export": (
        {"trust": {"mode": "acm-pca"}, "caKeyPassphrase": "correct horse battery"},
        ["cloudhsm:caKeyPassphrase", "'[secret]'", "leave it out"],
    ),
    "an alias for a KMS key": (
        {"trust": {"mode": "kms", "kmsKey": "alias/ca"}},
        ["cloudhsm:trust.kmsKey", "'alias/ca'", "give the ARN or the id", "alias may move"],
    ),
    "a KMS key size that AWS does not take": (
        {"trust": {"mode": "kms", "keyBits": 3072}},
        ["cloudhsm:trust.keyBits", "3072", "use 4096"],
    ),
    "no subject with KMS": (
        {"trust": {"mode": "kms", "subject": {"commonName": ""}}},
        ["cloudhsm:trust.subject.commonName", "''", "give it"],
    ),
    "a signature that never is late": (
        {"trust": {"mode": "kms"}, "waits": {"signing": {"deadlineSeconds": 1}}},
        ["cloudhsm:waits.signing", "'deadlineSeconds': 1", "usual duration 5 s"],
    ),
    "a KMS key to export": (
        {"trust": {"mode": "kms"}, "caKeyPassphrase": "correct horse battery"},
        ["cloudhsm:caKeyPassphrase", "'[secret]'", "leave it out"],
    ),
    "a copy of backups in the cluster's own Region": (
        {"backupCopies": {"regions": ["eu-west-1", "eu-central-1"]}},
        ["cloudhsm:backupCopies.regions[1]", "'eu-central-1'", "give another Region"],
    ),
    "a copy of backups in another partition": (
        {"backupCopies": {"regions": ["us-gov-west-1"]}},
        ["cloudhsm:backupCopies.regions[0]", "'us-gov-west-1'", "partition"],
    ),
    "no Region for copies": (
        {"backupCopies": {"regions": []}},
        ["cloudhsm:backupCopies.regions", "[]", "give one Region at least"],
    ),
    "nothing but brackets": (
        {"hsms": "[" * 3_000},
        ["cloudhsm:hsms is '[[[", "(3002 characters)", "it is an object"],
    ),
    "a policy without end": (
        {"trust": {"mode": "kms", "keyPolicy": '{"a":' * 3_000}},
        ["cloudhsm:trust.keyPolicy", "'[policy]'", "give a policy as JSON"],
    ),
    "a value of many screens": (
        {"trust": {"mode": "x" * 5_000}},
        ["cloudhsm:trust.mode", "x… (5002 characters)", "use generated"],
    ),
    "a zone for a Region": (
        {"backupCopies": {"regions": ["eu-west-1a"]}},
        ["cloudhsm:backupCopies.regions[0]", "'eu-west-1a'", "give a Region like"],
    ),
    "copies that are never young enough": (
        {"backupCopies": {"regions": ["eu-west-1"], "maxAgeDays": 0}},
        ["cloudhsm:backupCopies.maxAgeDays", "0", "give 1 to 365"],
    ),
    "no copy to keep": (
        {"backupCopies": {"regions": ["eu-west-1"], "keep": 0}},
        ["cloudhsm:backupCopies.keep", "0", "give 1 to 1000"],
    ),
    "copies without end": (
        {"backupCopies": {"regions": ["eu-west-1"], "keep": 10**30}},
        ["cloudhsm:backupCopies.keep", str(10**30), "give 1 to 1000"],
    ),
    "an account by its name": (
        {"backupCopies": {"regions": ["eu-west-1"], "shareWith": ["audit"]}},
        ["cloudhsm:backupCopies.shareWith[0]", "'audit'", "12 digits"],
    ),
    "an account twice": (
        {"backupCopies": {"regions": ["eu-west-1"], "shareWith": ["210987654321"] * 2}},
        ["cloudhsm:backupCopies.shareWith", "give 210987654321 once"],
    ),
    "wrong mode": (
        {"cluster": {"mode": "fips"}},
        ["cloudhsm:cluster.mode", "'fips'", "FIPS", "NON_FIPS"],
    ),
    "what is no subnet id": (
        {"network": {"subnetIds": ["vpc-0123"], "availabilityZones": None}},
        ["cloudhsm:network.subnetIds", "'vpc-0123'", "subnet-0123456789abcdef0"],
    ),
    "subnet id cut short": (
        {"network": {"subnetIds": ["subnet-0123456789"], "availabilityZones": None}},
        ["cloudhsm:network.subnetIds", "'subnet-0123456789'"],
    ),
    "subnet id in capitals": (
        {"network": {"subnetIds": ["subnet-0123456789ABCDEF0"], "availabilityZones": None}},
        ["cloudhsm:network.subnetIds", "'subnet-0123456789ABCDEF0'"],
    ),
    "the same subnet twice": (
        {"network": {"subnetIds": [f"{SUBNET}0", f"{SUBNET}0"], "availabilityZones": None}},
        ["cloudhsm:network.subnetIds", f"'{SUBNET}0'", "once"],
    ),
    "eleven subnets": (
        {
            "network": {
                "subnetIds": [f"subnet-0123456789abcde{number:02}" for number in range(11)],
                "availabilityZones": None,
            }
        },
        ["cloudhsm:network.subnetIds", "subnet-0123456789abcde10", "1 to 10"],
    ),
    "neither zones nor subnets": (
        {"network": {"availabilityZones": []}},
        ["cloudhsm:network.availabilityZones", "[]", "1 to 10 zones", "subnet"],
    ),
    "eleven zones": (
        {"network": {"availabilityZones": [f"eu-central-1{letter}" for letter in "abcdefghijk"]}},
        ["cloudhsm:network.availabilityZones", "eu-central-1k", "1 to 10"],
    ),
    "zone of another region": (
        {"network": {"availabilityZones": ["eu-central-1a", "us-east-1a"]}},
        ["cloudhsm:network.availabilityZones", "'us-east-1a'", "eu-central-1"],
    ),
    "region instead of zone": (
        {"network": {"availabilityZones": ["eu-central-1"]}},
        ["cloudhsm:network.availabilityZones", "'eu-central-1'", "eu-central-1a"],
    ),
    "the same zone twice": (
        {"network": {"availabilityZones": ["eu-central-1a", "eu-central-1a"]}},
        ["cloudhsm:network.availabilityZones", "'eu-central-1a'", "once"],
    ),
    "range that is none": (
        {"network": {"vpcCidr": "10.42"}},
        ["cloudhsm:network.vpcCidr", "'10.42'", "10.42.0.0/16"],
    ),
    "range with host bits": (
        {"network": {"vpcCidr": "10.42.1.0/16"}},
        ["cloudhsm:network.vpcCidr", "'10.42.1.0/16'", "10.42.0.0/16"],
    ),
    "range of IPv6": (
        {"network": {"vpcCidr": "fd00::/56"}},
        ["cloudhsm:network.vpcCidr", "'fd00::/56'"],
    ),
    "range that is too small": (
        {"network": {"vpcCidr": "10.42.0.0/28"}},
        ["cloudhsm:network.vpcCidr", "'10.42.0.0/28'", "/16 to /24"],
    ),
    "range that is too large": (
        {"network": {"vpcCidr": "10.0.0.0/8"}},
        ["cloudhsm:network.vpcCidr", "'10.0.0.0/8'", "/16 to /24"],
    ),
    "certificate that outlives its CA": (
        {"trust": {"validityHours": 1000, "clusterCertificateValidityHours": 2000}},
        [
            "cloudhsm:trust.clusterCertificateValidityHours",
            "2000",
            "would end after its CA",
            "at most 976",
        ],
    ),
    "certificate with its CA's own validity": (
        {"trust": {"validityHours": 1000, "clusterCertificateValidityHours": 1000}},
        [
            "cloudhsm:trust.clusterCertificateValidityHours",
            "1000",
            "would end after its CA",
            "at most 976",
        ],
    ),
    "certificate of negative validity": (
        {"trust": {"clusterCertificateValidityHours": -5}},
        ["cloudhsm:trust.clusterCertificateValidityHours", "-5", "give 1 to 876600"],
    ),
    "CA of negative validity": (
        {"trust": {"validityHours": -87660}},
        ["cloudhsm:trust.validityHours", "-87660", "give 48 to 876600"],
    ),
    "CA without validity": (
        {"trust": {"validityHours": 0}},
        ["cloudhsm:trust.validityHours", "0", "48"],
    ),
    "RSA of 1024 bits": (
        {"trust": {"keyBits": 1024}},
        ["cloudhsm:trust.keyBits", "1024", "4096", "2048"],
    ),
    "RSA of 3072 bits": (
        {"trust": {"keyBits": 3072}},
        ["cloudhsm:trust.keyBits", "3072", "4096", "2048"],
    ),
    "missing common name": (
        {"trust": {"subject": {"commonName": None}}},
        ["cloudhsm:trust.subject.commonName", "None", "give it"],
    ),
    "empty common name": (
        {"trust": {"subject": {"commonName": "  "}}},
        ["cloudhsm:trust.subject.commonName", "'  '", "give it"],
    ),
    "missing organization": (
        {"trust": {"subject": {"organization": None}}},
        ["cloudhsm:trust.subject.organization", "give it"],
    ),
    "subject that is too long": (
        {"trust": {"subject": {"commonName": "n" * 65}}},
        ["cloudhsm:trust.subject.commonName", "n" * 65, "64 characters"],
    ),
    "optional part that is too long": (
        {"trust": {"subject": {"locality": "n" * 65}}},
        ["cloudhsm:trust.subject.locality", "n" * 65, "64 characters"],
    ),
    "country in words": (
        {"trust": {"subject": {"country": "Germany"}}},
        ["cloudhsm:trust.subject.country", "'Germany'", "DE"],
    ),
    "country in small letters": (
        {"trust": {"subject": {"country": "de"}}},
        ["cloudhsm:trust.subject.country", "'de'", "DE"],
    ),
    "unknown verification": (
        {"identity": {"verification": "maybe"}},
        ["cloudhsm:identity.verification", "'maybe'", "standard, full or off"],
    ),
    "verification off without a reason": (
        {"identity": {"verification": "off"}},
        ["cloudhsm:identity.offReason", "''", "say why"],
    ),
    "verification off for a blank reason": (
        {"identity": {"verification": "off", "offReason": "  "}},
        ["cloudhsm:identity.offReason", "say why"],
    ),
    "full verification without a root": (
        {"identity": {"verification": "full"}},
        ["cloudhsm:identity.manufacturerRoots", "[]", "manufacturer's root"],
    ),
    "malformed fingerprint": (
        {"identity": {"awsRoots": [{**ROOT, "sha256": "AB:CD"}]}},
        ["cloudhsm:identity.awsRoots", "'AB:CD'", "64 hexadecimal digits"],
    ),
    "fingerprint of another root": (
        {"identity": {"manufacturerRoots": [ROOT]}},
        ["cloudhsm:identity.manufacturerRoots", OTHER_FINGERPRINT, "right certificate"],
    ),
    "root that is no certificate": (
        {"identity": {"awsRoots": [{**ROOT, "pem": "nonsense"}]}},
        ["cloudhsm:identity.awsRoots", "PEM"],
    ),
    "root without fingerprint": (
        {"identity": {"awsRoots": [{"pem": self_signed()}]}},
        ["cloudhsm:identity.awsRoots[0]", "give it"],
    ),
    "root as bare text": (
        {"identity": {"manufacturerRoots": [self_signed()]}},
        ["cloudhsm:identity.manufacturerRoots[0]", "an object with pem, sha256"],
    ),
    "root whose certificate is missing": (
        {"identity": {"awsRoots": [{**ROOT, "pem": None}]}},
        ["cloudhsm:identity.awsRoots[0]", "give it"],
    ),
    "deadline before the usual end": (
        {"waits": {"hsm": {"expectedSeconds": 600, "deadlineSeconds": 60}}},
        ["cloudhsm:waits.hsm", "60", "usual duration 600 s"],
    ),
    "initialization's deadline before its usual end": (
        {"waits": {"initialization": {"deadlineSeconds": 60}}},
        ["cloudhsm:waits.initialization", "60", "usual duration 210 s"],
    ),
    "no time at all": (
        {"waits": {"hsm": {"expectedSeconds": 0}}},
        ["cloudhsm:waits.hsm", "0", "above 0"],
    ),
    "negative time": (
        {"waits": {"initialization": {"expectedSeconds": -1}}},
        ["cloudhsm:waits.initialization", "-1", "above 0"],
    ),
    "more tags than AWS takes": (
        {"tags": {f"tag{number}": "x" for number in range(47)}},
        ["cloudhsm:tags", "48 tags", "at most 47"],
    ),
    "tag of AWS": ({"tags": {"aws:mine": "x"}}, ["cloudhsm:tags", "'aws:mine'", "aws:"]),
    "tag of AWS in capitals": ({"tags": {"AWS:mine": "x"}}, ["cloudhsm:tags", "'AWS:mine'"]),
    "tag without a key": ({"tags": {"": "x"}}, ["cloudhsm:tags", "''", "1 to 128"]),
    "tag with a long key": ({"tags": {"k" * 129: "x"}}, ["cloudhsm:tags", "1 to 128"]),
    "tag with a long value": (
        {"tags": {"owner": "v" * 257}},
        ["cloudhsm:tags", "owner", "256 characters"],
    ),
    "tag that IAM takes nowhere": (
        {"tags": {"owner": "a#b"}},
        ["cloudhsm:tags", "'a#b'", "IAM takes no others"],
    ),
    "tag key that IAM takes nowhere": (
        {"tags": {"a;b": "x"}},
        ["cloudhsm:tags", "'a;b'", "IAM takes no others"],
    ),
    "range where AWS takes no VPC": (
        {"network": {"vpcCidr": "169.254.0.0/16"}},
        ["cloudhsm:network.vpcCidr", "'169.254.0.0/16'", "AWS takes no VPC there"],
    ),
    "validity that no date can hold": (
        {"trust": {"validityHours": 99_999_999}},
        ["cloudhsm:trust.validityHours", "99999999", "100 years"],
    ),
    "deadline of months": (
        {"waits": {"hsm": {"deadlineSeconds": 9_999_999}}},
        ["cloudhsm:waits.hsm", "9999999", "a week"],
    ),
    "folder whose name no file system takes": (
        {"files": {"directory": "n" * 300}},
        ["cloudhsm:files.directory", "at most 255 bytes", "choose another folder"],
    ),
    "folder with a NUL": (
        {"files": {"directory": "a\0b"}},
        ["cloudhsm:files.directory", "no folder has such a name"],
    ),
    "folder with a line break": (
        {"files": {"directory": "a\nb"}},
        ["cloudhsm:files.directory", "leave out control characters"],
    ),
    "folder that no encoding can name": (
        {"files": {"directory": "a\udcff"}},
        ["cloudhsm:files.directory", "no folder has such a name"],
    ),
    "subject with a line break": (
        {"trust": {"subject": {"commonName": "Example\nCA"}}},
        ["cloudhsm:trust.subject.commonName", "Example", "leave out control characters"],
    ),
    "subject with a NUL": (
        {"trust": {"subject": {"locality": "Bonn\0"}}},
        ["cloudhsm:trust.subject.locality", "leave out control characters"],
    ),
    "subject that no encoding can write": (
        {"trust": {"subject": {"organization": "\udcff"}}},
        ["cloudhsm:trust.subject.organization", "leave out control characters"],
    ),
    "key policy that is no JSON": (
        {"trust": {"mode": "kms", "keyPolicy": "{"}},
        ["cloudhsm:trust.keyPolicy", "'[policy]'", "give a policy as JSON"],
    ),
    **BAD_CHAIN,
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


@pytest.mark.parametrize("boundary", [{"tags": {f"tag{number}": "x" for number in range(46)}}])
def test_what_is_just_allowed_is_taken(boundary: dict[str, Any]) -> None:
    done = run(config(**boundary), preview=True).succeeded()
    assert len(done["cloudhsm-cluster"]["tags"]) == 50


@pytest.mark.parametrize(
    "changes",
    [
        {"trust": {"subject": {"commonName": "n" * 64}}},
        {"trust": {"validityHours": 48}},
        {"trust": {"validityHours": 1000, "clusterCertificateValidityHours": 976}},
        {"network": {"vpcCidr": "10.42.0.0/24"}},
        {"trust": {"keyBits": 2048}},
        {"waits": {"hsm": {"expectedSeconds": 60, "deadlineSeconds": 60}}},
        {"tags": {"k" * 128: "v" * 256}},
    ],
)
def test_every_limit_is_itself_allowed(changes: dict[str, Any]) -> None:
    run(config(**changes), preview=True).succeeded()
