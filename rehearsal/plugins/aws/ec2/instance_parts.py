"""What the aws provider sends and reads of an instance besides the instance itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.plugins.core.values import Properties

METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpProtocolIpv6": "HttpProtocolIpv6",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "httpTokens": "HttpTokens",
    "instanceMetadataTags": "InstanceMetadataTags",
}
"""Members of `metadataOptions`, and EC2's names of them."""

DISK = {
    "deleteOnTermination": "DeleteOnTermination",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "kmsKeyId": "KmsKeyId",
    "throughput": "Throughput",
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
}
"""Members of `rootBlockDevice`, and EC2's names of them."""

_ATTRIBUTES = (
    "instanceInitiatedShutdownBehavior",
    "disableApiStop",
    "disableApiTermination",
    "userData",
)


def given_parts(given: Properties | None, names: Mapping[str, str]) -> dict[str, Any]:
    """What a program gives of a part, in EC2's names; nothing else is sent."""
    return {key: given[name] for name, key in names.items() if given and name in given}


def shown_parts(found: Mapping[str, Any] | None, names: Mapping[str, str]) -> Properties:
    """What EC2 shows of a part, in the provider's names."""
    return {name: (found or {})[key] for name, key in names.items() if key in (found or {})}


def read_beside(client: Any, found: Mapping[str, Any]) -> Properties:  # noqa: ANN401 - boto3
    """What the provider asks in further calls: type, launch template, attributes, credits."""
    identifier = found["InstanceId"]
    types = client.describe_instance_types(InstanceTypes=[found["InstanceType"]])
    client.describe_tags(
        Filters=[
            {"Name": "resource-id", "Values": [identifier]},
            {"Name": "key", "Values": ["aws:ec2launchtemplate:id"]},
        ]
    )
    for attribute in _ATTRIBUTES:
        client.describe_instance_attribute(InstanceId=identifier, Attribute=attribute)
    burstable = any(one.get("BurstablePerformanceSupported") for one in types["InstanceTypes"])
    if not burstable:
        return {}
    answer = client.describe_instance_credit_specifications(InstanceIds=[identifier])
    credits = [one["CpuCredits"] for one in answer["InstanceCreditSpecifications"]]
    return {"creditSpecification": {"cpuCredits": credits[0]}} if credits else {}


def root_disk(
    client: Any,  # noqa: ANN401 - boto3
    found: Mapping[str, Any],
    visible: Callable[[Sequence[Mapping[str, str]]], Properties],
) -> Properties:
    """`rootBlockDevice` as it is, whatever the program gave of it."""
    for mapping in found.get("BlockDeviceMappings") or []:
        if mapping["DeviceName"] == found.get("RootDeviceName"):
            ebs = mapping["Ebs"]
            (volume,) = client.describe_volumes(VolumeIds=[ebs["VolumeId"]])["Volumes"]
            tags = visible(volume.get("Tags") or [])
            return {
                "iops": 0,
                "kmsKeyId": "",
                "throughput": 0,
                **shown_parts({**volume, "VolumeSize": volume["Size"]}, DISK),
                "deleteOnTermination": ebs["DeleteOnTermination"],
                "deviceName": mapping["DeviceName"],
                "tags": tags,
                "tagsAll": tags,
                "volumeId": ebs["VolumeId"],
            }
    return {}
