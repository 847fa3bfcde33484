"""`aws.kms.Key` and `aws.kms.Alias`, as Terraform's aws_kms_key and aws_kms_alias do them."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.policies import normalized
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import (
    NOT_FOUND_CHECKS,
    POLL_SECONDS,
    wait_until_shown,
)
from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.refusals import not_allowed
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

DEFAULT_WINDOW = 30
# Of those that KMS has (API reference, CreateKey), what this program may ask for.
ALLOWED = {
    "customerMasterKeySpec": ("SYMMETRIC_DEFAULT", "RSA_2048", "RSA_3072", "RSA_4096"),
    "keyUsage": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
}


class _OfKms(AwsResource):
    """What KMS may not know for a moment after it was made."""

    service = "kms"
    not_found = "NotFoundException"

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Read it until KMS knows it everywhere."""
        wait_until_shown(
            lambda: self.if_found(inputs, lambda _: self.find(identifier, inputs)), call
        )


class Key(_OfKms):
    """A KMS key; destroying it schedules its deletion."""

    token = "aws:kms/key:Key"  # noqa: S105 - a type token
    noun = "KMS Key"
    updatable: ClassVar = frozenset(
        {"tags", "description", "policy", "deletionWindowInDays", "isEnabled"}
    )
    json_texts: ClassVar = frozenset({"policy"})
    defaults: ClassVar = {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse a kind of key or a use that there is not."""
        return not_allowed(inputs, ALLOWED, resource)

    def start_create(self, inputs: Properties) -> str:
        """CreateKey; in a custom key store with the origin that it demands."""
        request: dict[str, Any] = {}
        names = {"description": "Description", "policy": "Policy", "keyUsage": "KeyUsage"}
        names |= {"customerMasterKeySpec": "KeySpec", "customKeyStoreId": "CustomKeyStoreId"}
        for name, parameter in names.items():
            if inputs.get(name):
                request[parameter] = inputs[name]
        if inputs.get("customKeyStoreId"):
            request["Origin"] = "AWS_CLOUDHSM"
        if inputs.get("tagsAll"):
            request["Tags"] = [
                {"TagKey": tag["Key"], "TagValue": tag["Value"]}
                for tag in tag_list(inputs["tagsAll"])
            ]
        return self.client(inputs).create_key(**request)["KeyMetadata"]["KeyId"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeKey; a key that is pending deletion is gone."""
        client = self.client(old)
        key = self.if_found(old, lambda kms: kms.describe_key(KeyId=identifier)["KeyMetadata"])
        if key is None or key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        listed = client.list_resource_tags(KeyId=identifier).get("Tags") or []
        tags = [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in listed]
        if key.get("Origin") == "AWS_KMS":
            client.get_key_rotation_status(KeyId=identifier)
        policy = client.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"]
        outputs: Properties = {
            "arn": key["Arn"],
            "bypassPolicyLockoutSafetyCheck": False,
            "customKeyStoreId": key.get("CustomKeyStoreId", ""),
            "customerMasterKeySpec": key.get("KeySpec", "SYMMETRIC_DEFAULT"),
            "deletionWindowInDays": old.get("deletionWindowInDays"),
            "description": key.get("Description", ""),
            "enableKeyRotation": False,
            # A key whose store is disconnected is unavailable, not disabled.
            "isEnabled": key.get("KeyState") != "Disabled",
            "keyId": key["KeyId"],
            "keyUsage": key.get("KeyUsage") or self.defaults["keyUsage"],
            "multiRegion": bool(key.get("MultiRegion")),
            "policy": normalized(policy),
            "rotationPeriodInDays": 0,
            **self.shown_tags(tags),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateKeyDescription, PutKeyPolicy, EnableKey and DisableKey."""
        client = self.client(old)
        if inputs.get("isEnabled", True) != old.get("isEnabled", True):
            switch = client.enable_key if inputs.get("isEnabled", True) else client.disable_key
            switch(KeyId=identifier)
        if inputs.get("description", "") != old.get("description", ""):
            client.update_key_description(
                KeyId=identifier, Description=inputs.get("description", "")
            )
        if inputs.get("policy") and inputs["policy"] != old.get("policy"):
            client.put_key_policy(KeyId=identifier, PolicyName="default", Policy=inputs["policy"])

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        self.client(properties).tag_resource(KeyId=identifier, Tags=listed)

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        self.client(properties).untag_resource(KeyId=identifier, TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """ScheduleKeyDeletion; that is all there is to do."""
        del call
        days = int(old.get("deletionWindowInDays") or DEFAULT_WINDOW)
        self.if_found(
            old,
            lambda client: client.schedule_key_deletion(KeyId=identifier, PendingWindowInDays=days),
            "KMSInvalidStateException",
        )
        return False


class Alias(_OfKms):
    """Another name of a key."""

    token = "aws:kms/alias:Alias"  # noqa: S105 - a type token
    noun = "KMS Alias"
    updatable: ClassVar = frozenset({"targetKeyId"})

    def start_create(self, inputs: Properties) -> str:
        """CreateAlias, until KMS knows the key."""
        given = {"AliasName": inputs["name"], "TargetKeyId": inputs["targetKeyId"]}

        def named() -> object | None:
            return self.if_found(inputs, lambda kms: kms.create_alias(**given))

        for _ in range(NOT_FOUND_CHECKS):
            if named() is not None:
                return inputs["name"]
            time.sleep(POLL_SECONDS)
        raise ProviderError(f"{inputs['targetKeyId']} does not exist")

    def find(self, identifier: str, old: Properties) -> Made | None:
        """ListAliases: KMS has no call for one alias."""
        pages = self.client(old).get_paginator("list_aliases").paginate()
        listed = [alias for page in pages for alias in page["Aliases"]]
        alias = next((one for one in listed if one["AliasName"] == identifier), None)
        if alias is None:
            return None
        key_id = alias.get("TargetKeyId", "")
        arn = alias["AliasArn"]
        return Made(
            identifier,
            {
                "arn": arn,
                "name": identifier,
                "namePrefix": "",
                "targetKeyArn": f"{arn.rpartition(':')[0]}:key/{key_id}",
                "targetKeyId": key_id,
            },
        )

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateAlias."""
        if inputs["targetKeyId"] != old.get("targetKeyId"):
            self.client(old).update_alias(AliasName=identifier, TargetKeyId=inputs["targetKeyId"])

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteAlias, which is at once."""
        del call
        self.if_found(old, lambda client: client.delete_alias(AliasName=identifier))
        return False
