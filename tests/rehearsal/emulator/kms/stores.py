"""Custom key stores as tests make, see and connect them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.core import validation
from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.conftest import until

PASSWORD = "kmsuserPassword1"
ANCHORS: dict[str, str] = {}


def create(emulator: RunningEmulator, cluster_id: str, **changes: Any) -> str:
    given = {
        "CustomKeyStoreName": "vault",
        "CloudHsmClusterId": cluster_id,
        "TrustAnchorCertificate": ANCHORS[cluster_id],
        "KeyStorePassword": PASSWORD,
        **changes,
    }
    return emulator.client("kms").create_custom_key_store(**given)["CustomKeyStoreId"]


def store(emulator: RunningEmulator) -> dict[str, Any]:
    answer = emulator.client("kms").describe_custom_key_stores()
    shape = validation.service_model("kms").operation_model("DescribeCustomKeyStores").output_shape
    del answer["ResponseMetadata"]
    assert list(validation.violations(shape, answer)) == []
    return answer["CustomKeyStores"][0]


def connect(emulator: RunningEmulator, store_id: str, wanted: str = "CONNECTED") -> dict[str, Any]:
    emulator.client("kms").connect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == wanted)
    return store(emulator)


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"]
