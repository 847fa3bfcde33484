"""Each rule lets a stack pass that keeps it, and stops one that does not. The stacks are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi_aws as aws
import pytest

from policy.rules import RULES, tokens
from policy.rules.hsms import BACKUP_RETENTION, FIPS_MODE, IN_TWO_ZONES
from policy.rules.model import Level, Resource
from policy.rules.network import HSM_PORTS
from policy.rules.operation import ALARMS, NO_CLIENT_HOST, TAGGED
from policy.rules.protection import PROTECTED
from policy.rules.storage import FILE_SYSTEM_BACKUPS, HSM_BACKED_KEY, KEY_DELETION
from policy.rules.trust import CA_KEY, IDENTITY_VERIFICATION, TRUST_FILES
from pulumi_cloudhsm import CloudHsmDeployment
from pulumi_cloudhsm.initialization.certificate_files_provider import CertificateFilesProvider
from tests.policy.stacks import WHOLE, changed, made, planned, told, without

STORE, SYSTEM, CLUSTER = "cloudhsm-keys-store", "cloudhsm-storage-system", "cloudhsm-cluster"
OTHER_KEY = "arn:aws:kms:eu-central-1:123456789012:key/aaaabbbb-cccc-dddd-eeee-ffff00001111"


@pytest.fixture(scope="module")
def kept() -> list[Resource]:
    """A first preview of everything, in a stack that is kept, under a CA in KMS."""
    return planned(**WHOLE, trust={"mode": "kms"}, monitoring={})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Resource]]:
    """The same after its update, with a CA of its own, and files in the current folder."""
    folder = tmp_path_factory.mktemp("stack")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield made(**WHOLE, trust={"keyBits": 2048}, files={"directory": "certificates"})


def test_a_stack_that_keeps_every_rule_passes_all_of_them(kept: list[Resource]) -> None:
    assert {rule.name: told(rule, kept) for rule in RULES if told(rule, kept)} == {}


def test_what_holds_data_or_keys_is_protected() -> None:
    violations = told(PROTECTED, planned(disposable=True))
    assert set(violations) == {CLUSTER, "cloudhsm-initialization"}
    assert "cloudhsm:disposable to false" in violations[CLUSTER]


def test_all_that_holds_data_or_keys_is_looked_at() -> None:
    assert set(told(PROTECTED, planned(**WHOLE | {"disposable": True}))) == {
        CLUSTER,
        "cloudhsm-initialization",
        "cloudhsm-client-password-admin",
        "cloudhsm-client-password-kmsuser",
        STORE,
        "cloudhsm-keys-key",
        SYSTEM,
        "cloudhsm-storage-svm",
        "cloudhsm-storage-volume-data",
    }


def test_a_stack_that_may_be_deleted_needs_no_protection() -> None:
    disposable = planned("dev", disposable=True)
    assert told(PROTECTED, disposable) == {}
    assert told(PROTECTED, disposable, disposableStacks=["trial"])
    assert not told(PROTECTED, planned("trial-7", disposable=True), disposableStacks=["trial-*"])


def test_the_key_of_the_ca_is_not_in_the_state() -> None:
    violations = told(CA_KEY, planned())
    assert set(violations) == {"cloudhsm-ca-key"}
    assert "cloudhsm:trust.mode to kms, acm-pca or external" in violations["cloudhsm-ca-key"]
    assert told(CA_KEY, planned("dev")) == {}
    assert told(CA_KEY, planned(trust={"mode": "external", "subject": None})) == {}
    assert told(CA_KEY, planned(trust={"mode": "acm-pca"})) == {}


def test_the_identity_of_the_first_hsm_is_verified(kept: list[Resource]) -> None:
    off = planned(identity={"verification": "off", "offReason": "a trial"})
    violations = told(IDENTITY_VERIFICATION, off)
    assert set(violations) == {"cloudhsm-identity"}
    assert "cloudhsm:identity.verification to 'standard'" in violations["cloudhsm-identity"]
    assert told(IDENTITY_VERIFICATION, kept, verification="full")


def test_certificate_files_are_those_that_the_stack_wrote(done: list[Resource]) -> None:
    files = next(one for one in done if one.type == tokens.CERTIFICATE_FILES)
    written = CertificateFilesProvider().create(dict(files.props))
    done = changed(done, tokens.CERTIFICATE_FILES, **written.outs)
    file = Path("certificates", "customerCA.crt")
    assert told(TRUST_FILES, done) == {}

    file.write_text(file.read_text().replace("A", "B"))
    violations = told(TRUST_FILES, done)
    assert set(violations) == {"cloudhsm-files"}
    assert "certificates/customerCA.crt is not what the stack wrote" in violations["cloudhsm-files"]
    assert "pulumi_cloudhsm.write_files" in violations["cloudhsm-files"]

    file.unlink()
    assert told(TRUST_FILES, done) == {}, "a machine without the files has nothing to compare"


def test_the_ca_in_the_state_is_the_one_that_the_cluster_was_initialized_with(
    done: list[Resource],
) -> None:
    edited = changed(done, tokens.INITIALIZATION, ca_certificate_sha256="AB:CD")
    (message,) = told(TRUST_FILES, edited).values()
    assert "initialized with AB:CD: the state was edited" in message
    assert told(TRUST_FILES, changed(done, tokens.INITIALIZATION, ca_certificate="no PEM"))


def test_the_cluster_is_in_fips_mode() -> None:
    other = planned(cluster={"mode": "NON_FIPS"})
    violations = told(FIPS_MODE, other)
    assert set(violations) == {CLUSTER}
    assert "cloudhsm:cluster.mode to FIPS" in violations[CLUSTER]
    assert told(FIPS_MODE, other, modes=["NON_FIPS"]) == {}


def test_the_hsms_of_a_key_store_are_in_two_zones(kept: list[Resource]) -> None:
    one_zone = changed(kept, tokens.HSM, availabilityZone="eu-central-1a")
    violations = told(IN_TWO_ZONES, one_zone)
    assert set(violations) == {STORE}
    assert "the 2 HSMs" in violations[STORE]
    assert "in 1 zones" in violations[STORE]
    assert "cloudhsm:hsms.count" in violations[STORE]
    assert told(IN_TWO_ZONES, without(kept, tokens.HSM)), "no HSM is in no zone"
    assert "to 3 or more" in told(IN_TWO_ZONES, kept, zones=3.0)[STORE], "numbers come as floats"
    assert told(IN_TWO_ZONES, without(one_zone, tokens.KEY_STORE)) == {}
    assert told(IN_TWO_ZONES, without(without(kept, tokens.HSM), tokens.CLUSTER)) == {}
    unknown = changed(kept, tokens.HSM, availabilityZone=None)
    assert told(IN_TWO_ZONES, unknown) == {}, "an adopted HSM does not tell its zone"


def test_backups_of_the_hsms_are_kept() -> None:
    week = planned(cluster={"backupRetentionDays": 7})
    (message,) = told(BACKUP_RETENTION, week).values()
    assert "kept for 7 days: set cloudhsm:cluster.backupRetentionDays to 90 or more" in message
    assert told(BACKUP_RETENTION, week, minimumDays=7.0) == {}
    assert told(BACKUP_RETENTION, planned("dev", cluster={"backupRetentionDays": 7})) == {}


def test_a_key_in_the_hsms_is_deleted_after_a_long_wait(kept: list[Resource]) -> None:
    week = planned(**WHOLE | {"keyStore": {"keyDeletionDays": 7}})
    (message,) = told(KEY_DELETION, week).values()
    assert (
        "7 days after its deletion is scheduled: set cloudhsm:keyStore.keyDeletionDays" in message
    )
    assert told(KEY_DELETION, week, minimumDays=7.0) == {}
    other = changed(week, tokens.KMS_KEY, customKeyStoreId=None)
    assert told(KEY_DELETION, other) == {}, "a key that is not in the HSMs"


def test_a_file_system_is_under_a_key_in_the_hsms(done: list[Resource]) -> None:
    assert told(HSM_BACKED_KEY, done) == {}
    other = planned(**WHOLE | {"fileSystem": {"keyArn": OTHER_KEY}})
    violations = told(HSM_BACKED_KEY, other)
    assert set(violations) == {SYSTEM}
    assert f"under {OTHER_KEY}" in violations[SYSTEM]
    assert told(HSM_BACKED_KEY, other, hsmBackedKeys=[OTHER_KEY]) == {}
    kms = changed(done, tokens.KMS_KEY, customKeyStoreId=None)
    assert set(told(HSM_BACKED_KEY, kms)) == {SYSTEM}


def test_file_systems_are_backed_up() -> None:
    few = planned(**WHOLE | {"fileSystem": {"backupDays": 1, "finalBackups": False}})
    violations = told(FILE_SYSTEM_BACKUPS, few)
    assert "kept for 1 days: set cloudhsm:fileSystem.backupDays to 7" in violations[SYSTEM]
    final = violations["cloudhsm-storage-volume-data"]
    assert "cloudhsm:fileSystem.finalBackups to true" in final


def test_a_client_host_is_deleted_when_its_work_is_done(
    kept: list[Resource], done: list[Resource]
) -> None:
    assert told(NO_CLIENT_HOST, kept) == {}, "it has work to do"
    violations = told(NO_CLIENT_HOST, done)
    assert set(violations) == {"cloudhsm-client-host-instance"}
    assert "cloudhsm:client.host to false" in violations["cloudhsm-client-host-instance"]
    assert told(NO_CLIENT_HOST, changed(done, tokens.ACTIVATION, state="INITIALIZED")) == {}
    assert told(NO_CLIENT_HOST, without(done, tokens.INSTANCE)) == {}


def test_alarms_watch_the_cluster(kept: list[Resource]) -> None:
    violations = told(ALARMS, planned())
    assert set(violations) == {CLUSTER}
    assert "set cloudhsm:monitoring" in violations[CLUSTER]
    assert told(ALARMS, planned("dev")) == {}
    assert "AWS/Other" in told(ALARMS, kept, namespaces=["AWS/CloudHSM", "AWS/Other"])[CLUSTER]
    query = {"metricQueries": [{"metric": {"namespace": "AWS/CloudHSM"}}], "namespace": None}
    assert told(ALARMS, changed(kept, tokens.METRIC_ALARM, **query)) == {}


def test_what_costs_money_or_holds_data_or_keys_has_tags(kept: list[Resource]) -> None:
    violations = told(TAGGED, planned(tags=None))
    assert set(violations) == {CLUSTER}
    assert "lacks environment: set it in cloudhsm:tags" in violations[CLUSTER]
    assert len(told(TAGGED, kept, keys=["environment", "owner"])) >= 6
    by_provider = changed(planned(tags=None), tokens.CLUSTER, tagsAll={"environment": "prod"})
    assert told(TAGGED, by_provider) == {}


def test_a_parameter_tells_pulumi_its_type_its_default_and_its_choices() -> None:
    schema = IDENTITY_VERIFICATION.parameters["verification"].schema
    assert schema["enum"] == ["standard", "full"]
    assert (schema["type"], schema["default"]) == ("string", "standard")
    assert BACKUP_RETENTION.parameters["minimumDays"].schema["type"] == "integer"
    assert TAGGED.parameters["keys"].schema["items"] == {"type": "string"}


def test_rules_have_names_and_mandatory_ones_are_the_most() -> None:
    assert len({one.name for one in RULES}) == len(RULES)
    advisory = {one.name for one in RULES if one.level is Level.ADVISORY}
    assert advisory == {"no-client-host-left", "alarms-present", "tagged"}


def opening(**rule: object):
    """Declares an ingress rule of the cluster's security group."""

    def beside(deployment: CloudHsmDeployment) -> None:
        group = deployment.outputs["securityGroupId"]
        given = {"security_group_id": group, "ip_protocol": "tcp", "from_port": 0, "to_port": 65535}
        aws.vpc.SecurityGroupIngressRule("extra", **{**given, **rule})

    return beside


def test_only_the_clusters_group_reaches_the_hsms() -> None:
    anywhere = opening(cidr_ipv4="0.0.0.0/0", from_port=2000, to_port=2223)
    for stack in (planned(beside=anywhere), made(beside=anywhere, trust={"keyBits": 2048})):
        violations = told(HSM_PORTS, stack)
        assert set(violations) == {"extra"}
        assert "extra lets 0.0.0.0/0 reach the HSMs: delete it" in violations["extra"]
        assert told(HSM_PORTS, stack, allowedSources=["0.0.0.0/0"]) == {}


def test_other_ports_other_protocols_and_the_group_itself_are_free_to_come() -> None:
    for rule in (
        {"cidr_ipv4": "10.0.0.0/8", "from_port": 443, "to_port": 443},
        {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "icmp", "from_port": -1, "to_port": -1},
    ):
        assert told(HSM_PORTS, planned(beside=opening(**rule))) == {}

    def itself(deployment: CloudHsmDeployment) -> None:
        group = deployment.outputs["securityGroupId"]
        opening(referenced_security_group_id=group)(deployment)

    assert told(HSM_PORTS, planned(beside=itself)) == {}


def test_another_group_does_not_reach_the_hsms_even_if_its_id_is_not_known_yet() -> None:
    def another(deployment: CloudHsmDeployment) -> None:
        vpc = deployment.outputs["securityGroupId"]
        group = aws.ec2.SecurityGroup("office", vpc_id=vpc)
        opening(referenced_security_group_id=group.id, ip_protocol="-1")(deployment)

    assert "extra lets office reach" in told(HSM_PORTS, planned(beside=another))["extra"]


def test_a_rule_for_hsm_ports_alone_is_looked_at_wherever_its_group_is() -> None:
    here = opening(security_group_id="sg-1", cidr_ipv4="10.0.0.0/8", from_port=2223, to_port=2225)
    assert set(told(HSM_PORTS, planned(beside=here))) == {"extra"}
    wider = opening(security_group_id="sg-1", cidr_ipv4="10.0.0.0/8")
    assert told(HSM_PORTS, planned(beside=wider)) == {}, "the group of something else"


def test_rules_in_other_forms_are_looked_at_as_well() -> None:
    def classic(deployment: CloudHsmDeployment) -> None:
        group = deployment.outputs["securityGroupId"]
        ports = {"protocol": "tcp", "from_port": 2223, "to_port": 2223}
        for name, kind in (("in", "ingress"), ("out", "egress")):
            aws.ec2.SecurityGroupRule(
                name, type=kind, security_group_id=group, cidr_blocks=["10.0.0.0/8"], **ports
            )
        aws.ec2.SecurityGroup("inline", ingress=[{**ports, "cidr_blocks": ["10.0.0.0/8"]}])

    assert set(told(HSM_PORTS, planned(beside=classic))) == {"in", "inline"}
