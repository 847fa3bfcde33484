"""The emulated FSx with a clock that only tests turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.core import validation
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.request import AwsRequest
from rehearsal.emulator.fsx.service import FileSystems
from tests.rehearsal.emulator.conftest import PLACE, REGION, Account

KEY = f"arn:aws:kms:{REGION}:123456789012:key/8a1f6d2e-0000-4000-8000-000000000000"
CONFIGURATION = {"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128}
TIMES = Durations()


@dataclass
class Files:
    """The emulated FSx with a clock that only tests turn."""

    account: Account
    trouble: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = FileSystems(
            self.account.service,
            self.account.log,
            TIMES,
            lambda _place, key: self.trouble.get(key),
        )

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Every answer is checked against botocore's model."""
        answer = self.service.answer(AwsRequest("fsx", PLACE, operation, parameters, "json"))
        shape = validation.service_model("fsx").operation_model(operation).output_shape
        assert list(validation.violations(shape, answer)) == []
        return answer

    def create(self, **changes: Any) -> str:
        subnet = self.account.subnets["us-east-1a"]
        given = {
            "FileSystemType": "ONTAP",
            "StorageCapacity": 1024,
            "SubnetIds": [subnet],
            "KmsKeyId": KEY,
            "OntapConfiguration": {**CONFIGURATION, "PreferredSubnetId": subnet},
        }
        return self.call("CreateFileSystem", **{**given, **changes})["FileSystem"]["FileSystemId"]

    def made(self, **changes: Any) -> str:
        system = self.create(**changes)
        self.account.pass_time(TIMES.create_file_system)
        return system

    def svm(self, system: str, name: str = "files") -> str:
        answer = self.call("CreateStorageVirtualMachine", FileSystemId=system, Name=name)
        self.account.pass_time(TIMES.create_svm)
        return answer["StorageVirtualMachine"]["StorageVirtualMachineId"]

    def volume(self, svm: str, name: str = "data", **more: Any) -> str:
        ontap = {"StorageVirtualMachineId": svm, "SizeInMegabytes": 1024, **more}
        answer = self.call("CreateVolume", VolumeType="ONTAP", Name=name, OntapConfiguration=ontap)
        self.account.pass_time(TIMES.create_volume)
        return answer["Volume"]["VolumeId"]

    def shown(self, system: str) -> dict[str, Any]:
        return self.call("DescribeFileSystems", FileSystemIds=[system])["FileSystems"][0]

    def moves(self) -> list[tuple[str, str]]:
        return [(old or "", new) for old, new, _ in self.account.transitions()]
