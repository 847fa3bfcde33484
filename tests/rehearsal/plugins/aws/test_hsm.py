import re
import time

import pytest

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.plugins.aws.clusters import CLUSTER, HSM, ZONE, outputs_fit_the_package
from tests.rehearsal.plugins.driver import Plugin, RefusedError


def test_an_hsm_of_an_active_cluster_that_aws_replaced_is_found_under_its_new_id(
    aws: Plugin, emulator: RunningEmulator, cluster, backup: str
):
    inputs = {"clusterId": cluster[0], "availabilityZone": "us-east-1b"}
    identifier, outputs = aws.create(HSM, inputs)
    emulator.set_fault("hsm_replaced", ip=outputs["ipAddress"])
    found, state, kept = aws.read(HSM, identifier, outputs, inputs)
    assert found == state["hsmId"] != identifier
    assert state["ipAddress"] == outputs["ipAddress"]
    assert kept == inputs


def test_an_hsm_is_there_when_it_is_active(aws: Plugin, cluster):
    identifier, outputs = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    assert outputs["hsmId"] == identifier
    assert outputs["hsmState"] == "ACTIVE"
    assert outputs["hsmEniId"].startswith("eni-")
    assert outputs_fit_the_package(HSM, outputs)


def test_an_hsm_may_be_placed_by_its_subnet(aws: Plugin, cluster, subnets: list[str]):
    inputs = {"clusterId": cluster[0], "subnetId": subnets[1]}
    identifier, outputs = aws.create(HSM, inputs)
    assert outputs["availabilityZone"] == "us-east-1b"
    assert not aws.diff(HSM, outputs, inputs).diffs
    aws.delete(HSM, identifier, outputs)


def test_a_subnet_the_cluster_does_not_have_fails_late_and_in_one_line(aws: Plugin, cluster):
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, {"clusterId": cluster[0], "subnetId": "subnet-other"})
    assert "AvailabilityZone" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_hsm_takes_a_zone_or_a_subnet_and_not_both(aws: Plugin):
    [neither] = aws.check(HSM, {"clusterId": "c"}, name="first")
    assert "one of `availability_zone,subnet_id` must be specified" in neither
    [both] = aws.check(HSM, {"clusterId": "c", "availabilityZone": ZONE, "subnetId": "s"})
    assert "only one of" in both


def test_an_hsm_that_aws_replaced_is_found_by_its_interface_under_its_new_id(
    aws: Plugin, emulator: RunningEmulator, cluster
):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    identifier, outputs = aws.create(HSM, inputs)
    emulator.set_fault("first_hsm_replaced", trigger="now")
    deadline = time.monotonic() + 20
    while identifier in emulator.resources()["hsms"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [replacement] = emulator.resources()["hsms"]
    found, state, kept = aws.read(HSM, identifier, outputs, inputs)
    assert found == state["hsmId"] == replacement
    assert state["hsmEniId"] == outputs["hsmEniId"]
    assert kept == inputs
    assert aws.read(HSM, identifier)[0] == ""  # by its old id alone it is not found


def test_a_second_hsm_before_activation_is_refused_in_one_published_line(aws: Plugin, cluster):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    aws.create(HSM, inputs)
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs | {"availabilityZone": "us-east-1b"})
    assert re.fullmatch(
        r"creating CloudHSMv2 HSM: operation error CloudHSM V2: CreateHsm, https response error "
        r"StatusCode: 400, RequestID: [-0-9a-f]+, CloudHsmInvalidRequestException: "
        rf"Cluster '{cluster[0]}' already contains an HSM but has not yet been fully activated",
        str(refused.value),
    )
    assert refused.value.partial is None


def test_a_degraded_hsm_is_an_error_with_awss_words_and_stays_in_the_state(
    aws: Plugin, emulator: RunningEmulator, cluster
):
    message = "The HSM failed its self-test."
    emulator.set_fault("degraded", target="hsm", state="CREATE_IN_PROGRESS", message=message)
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs)
    partial = refused.value.partial
    assert partial is not None
    assert str(refused.value) == (
        f"waiting for CloudHSMv2 HSM ({partial.id}) create: unexpected state 'DEGRADED', wanted "
        "target 'ACTIVE'. last error: The HSM failed its self-test."
    )
    assert emulator.resources()["hsms"] == [partial.id]
    assert list(partial.reasons) == [refused.value.told]


def test_a_custom_timeout_is_kept_and_told(aws: Plugin, emulator: RunningEmulator, cluster):
    emulator.set_fault("never_ends", target="hsm", state="CREATE_IN_PROGRESS")
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    with pytest.raises(RefusedError) as refused:
        aws.create(HSM, inputs, timeout=1)
    assert str(refused.value).endswith(
        "timeout while waiting for state to become 'ACTIVE' "
        "(last state: 'CREATE_IN_PROGRESS', timeout: 1s)"
    )


def test_a_lost_answer_and_throttling_are_tried_again(
    aws: Plugin, emulator: RunningEmulator, cluster, cluster_inputs: dict
):
    emulator.set_fault("throttle", operation="DescribeClusters", count=2)
    emulator.set_fault("server_error", operation="DescribeClusters", count=1)
    identifier, *_ = aws.read(CLUSTER, cluster[0], cluster[1], cluster_inputs)
    assert identifier == cluster[0]


def test_a_delete_waits_until_aws_lists_the_hsm_no_more(aws: Plugin, emulator, cluster):
    made = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    aws.delete(HSM, *made)
    listed = emulator.client("cloudhsmv2").describe_clusters()["Clusters"]
    assert [hsm for each in listed for hsm in each.get("Hsms", [])] == []
    aws.delete(HSM, *made)
    aws.delete(CLUSTER, *cluster)  # which AWS refuses while an HSM is there


def test_a_delete_that_never_ends_runs_into_its_timeout(aws: Plugin, emulator, cluster):
    made = aws.create(HSM, {"clusterId": cluster[0], "availabilityZone": ZONE})
    emulator.set_fault("never_ends", target="hsm", state="DELETE_IN_PROGRESS")
    with pytest.raises(RefusedError, match="timeout while waiting for state to become ''"):
        aws.delete(HSM, *made, timeout=1)


def test_the_import_of_an_hsm_gives_its_cluster_and_no_zone(aws: Plugin, cluster):
    inputs = {"clusterId": cluster[0], "availabilityZone": ZONE}
    identifier, _ = aws.create(HSM, inputs)
    _, state, imported = aws.read(HSM, identifier)
    assert imported == {"clusterId": cluster[0]}
    assert not aws.diff(HSM, state, inputs).diffs
    # The address is AWS's choice, but a program may name it.
    assert not aws.diff(HSM, state, inputs | {"ipAddress": state["ipAddress"]}).diffs
    assert list(aws.diff(HSM, state, inputs | {"ipAddress": "10.0.0.99"}).replaces) == ["ipAddress"]
