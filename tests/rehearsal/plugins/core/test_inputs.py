import pytest

from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN, Secret
from tests.rehearsal.plugins.driver import Plugin, RefusedError

CERT = "tls:index/selfSignedCert:SelfSignedCert"
CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
HSM = "aws:cloudhsmv2/hsm:Hsm"
GOOD_CERT = {
    "privateKeyPem": "pem",
    "allowedUses": ["cert_signing"],
    "validityPeriodHours": 1,
    "subject": {"commonName": "x"},
}
GOOD_CLUSTER = {"hsmType": "hsm2m.medium", "mode": "FIPS", "subnetIds": ["subnet-1"]}


def test_good_inputs_pass_the_check(tls: Plugin, aws: Plugin):
    assert tls.check(CERT, GOOD_CERT) == []
    assert aws.check(CLUSTER, GOOD_CLUSTER) == []


def test_an_input_the_package_does_not_have_is_refused_with_the_nearest_name(aws: Plugin):
    [reason] = aws.check(CLUSTER, GOOD_CLUSTER | {"hsmTypes": "x"}, name="main")
    assert "pulumi_aws.cloudhsmv2.Cluster" in reason
    assert "no input 'hsmTypes' (did you mean 'hsmType'?)" in reason
    assert reason.endswith("Examine values at 'main.hsmTypes'.")


def test_an_hsm_has_no_tags(aws: Plugin):
    inputs = {"clusterId": "c", "availabilityZone": "us-east-1a", "tags": {"a": "b"}}
    [reason] = aws.check(HSM, inputs)
    assert "no input 'tags'" in reason


def test_nested_names_are_checked_too(tls: Plugin):
    [reason] = tls.check(CERT, GOOD_CERT | {"subject": {"commonNam": "x"}}, name="ca")
    assert "no input 'subject.commonNam' (did you mean 'commonName'?)" in reason
    assert reason.endswith("Examine values at 'ca.subject.commonNam'.")


def test_a_missing_input_is_named_as_the_provider_names_it(aws: Plugin):
    reasons = aws.check(CLUSTER, {"mode": "FIPS"})
    assert reasons == [
        'Missing required argument. The argument "hsm_type" is required, but no definition was '
        "found. Examine values at 'it.hsmType'.",
        'Missing required argument. The argument "subnet_ids" is required, but no definition was '
        "found. Examine values at 'it.subnetIds'.",
    ]


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("validityPeriodHours", "ten", "a whole number"),
        ("validityPeriodHours", 1.5, "a whole number"),
        ("validityPeriodHours", True, "a whole number"),
        ("allowedUses", "cert_signing", "a list"),
        ("allowedUses", [1], "a string"),
        ("isCaCertificate", "yes", "true or false"),
        ("subject", "CN=x", "an object"),
    ],
)
def test_a_wrong_type_is_told_without_the_value(tls: Plugin, name: str, value, wanted: str):
    [reason] = tls.check(CERT, GOOD_CERT | {name: value})
    assert reason.startswith(f"Invalid type. Expected {wanted}, got a ")
    assert f"'it.{name}" in reason


def test_a_secret_in_the_wrong_place_is_not_printed(tls: Plugin):
    inputs = GOOD_CERT | {"validityPeriodHours": Secret("hunter2")}
    assert "hunter2" not in "".join(tls.check(CERT, inputs))


def test_an_enum_takes_its_values_only(command: Plugin):
    assert command.check("command:local:Command", {"logging": "stdout"}) == []
    [reason] = command.check("command:local:Command", {"logging": "loud"})
    assert "one of 'stdout', 'stderr', 'stdoutAndStderr', 'none'" in reason


def test_unknown_values_pass_every_check(tls: Plugin, aws: Plugin):
    assert tls.check(CERT, dict.fromkeys(GOOD_CERT, UNKNOWN)) == []
    assert aws.check(CLUSTER, dict.fromkeys(GOOD_CLUSTER, UNKNOWN)) == []
    assert aws.check(HSM, {"clusterId": UNKNOWN, "subnetId": UNKNOWN}) == []


def test_a_secret_input_stays_secret_through_the_check_even_when_unknown(tls: Plugin):
    checked = tls.checked(CERT, GOOD_CERT | {"privateKeyPem": Secret(UNKNOWN)})
    assert isinstance(checked["privateKeyPem"], Secret)
    assert checked["privateKeyPem"].value is UNKNOWN


def test_a_type_that_is_not_supported_is_named_with_the_way_out(aws: Plugin):
    with pytest.raises(RefusedError) as refused:
        aws.check("aws:s3/bucket:Bucket", {})
    assert "aws:s3/bucket:Bucket" in str(refused.value)
    assert "published plugins" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_function_takes_the_arguments_of_the_package_only(aws: Plugin):
    with pytest.raises(RefusedError, match=r"no argument 'idd' \(did you mean 'id'\?\)"):
        aws.invoke("aws:ec2/getSubnet:getSubnet", idd="subnet-1")


def test_the_tables_come_from_the_installed_package():
    cluster = InstalledPackage("aws").resource(CLUSTER)
    assert cluster.inputs.required == {"hsmType", "subnetIds"}
    assert cluster.outputs["clusterCertificates"] is True
    assert cluster.outputs["sourceBackupIdentifier"] is False
