"""The control interface of the emulator: settings and quotas."""

import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.process import EmulatorError


def test_settings_and_unknown_control_requests_are_checked(emulator):
    emulator.configure(cluster_certificate_from="ACTIVE", speed=60)
    for wrong in (
        {"speed": 0},
        {"cluster_certificate_from": "NOW"},
        {"colour": "red"},
        {"hsms_per_region": 0},
    ):
        with pytest.raises(EmulatorError):
            emulator.configure(**wrong)
    with pytest.raises(EmulatorError, match="not found"):
        emulator.activate("cluster-aaaaaaaaaaa")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(emulator.control + "/nothing", timeout=5)
    with pytest.raises(EmulatorError, match="no fault"):
        emulator.clear_faults("fault-99999")


def test_a_raised_quota_allows_more_clusters(emulator):
    subnet = emulator.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    hsm = emulator.client("cloudhsmv2")
    wanted = {"HsmType": "hsm2m.medium", "Mode": "FIPS", "SubnetIds": [subnet]}
    for _ in range(4):
        hsm.create_cluster(**wanted)
    with pytest.raises(ClientError, match=r"clusters per region \(4\)"):
        hsm.create_cluster(**wanted)
    assert emulator.configure(clusters_per_region=5)["clusters_per_region"] == 5
    hsm.create_cluster(**wanted)
    emulator.reset()
    assert emulator.configure()["clusters_per_region"] == 4
