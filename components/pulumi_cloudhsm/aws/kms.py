"""KMS custom key stores in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import AwsError
from .advice import is_denied, refusal
from .found import ID_TAG, Found, resource_name, tags_of
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import CustomKeyStoresListEntryTypeDef, KeyMetadataTypeDef


@dataclass(frozen=True)
class KeyStore:
    """One custom key store as DescribeCustomKeyStores shows it."""

    key_store_id: str
    name: str
    cluster_id: str
    state: str
    error_code: str
    trust_anchor: str


@dataclass(frozen=True)
class HeldKey:
    """A KMS key; `deleted_on` while its deletion is pending, `store_id` if a key store holds it."""

    key_id: str
    state: str
    deleted_on: datetime | None
    store_id: str = ""


HELD_BY_HSMS, ISSUING_CA = "Held by the HSMs behind the custom key store ", "Issuing CA "
DESCRIPTIONS = (HELD_BY_HSMS, ISSUING_CA)
"""What the descriptions of this package's keys begin with."""


class Kms:
    """The calls this project makes about custom key stores, with refusals turned into advice.

    Every method raises TransientError when another try is worth it, and AwsError when not.
    """

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def key_stores(self) -> list[KeyStore]:
        """All custom key stores of the region that are on CloudHSM clusters."""
        try:
            pages = self._client().get_paginator("describe_custom_key_stores").paginate()
            found = [raw for page in pages for raw in page["CustomKeyStores"]]
        except (ClientError, BotoCoreError) as error:
            raise refusal("describing custom key stores", error) from error
        return [_key_store(raw) for raw in found if raw.get("CloudHsmClusterId")]

    def key_store(self, key_store_id: str) -> KeyStore | None:
        """One custom key store; None when there is none."""
        return next((one for one in self.key_stores() if one.key_store_id == key_store_id), None)

    def create(self, name: str, cluster_id: str, trust_anchor: str, password: str) -> str:
        """Creates a store, not connected yet; returns its id."""
        try:
            answer = self._client(attempts=1).create_custom_key_store(
                CustomKeyStoreName=name,
                CloudHsmClusterId=cluster_id,
                TrustAnchorCertificate=trust_anchor,
                KeyStorePassword=password,
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"creating the custom key store {name}", error) from error
        return answer["CustomKeyStoreId"]

    def connect(self, key_store_id: str) -> None:
        """Begins to connect a store; that takes up to 20 minutes (KMS developer guide)."""
        try:
            self._client().connect_custom_key_store(CustomKeyStoreId=key_store_id)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"connecting {key_store_id}", error) from error

    def disconnect(self, key_store_id: str) -> None:
        """Begins to disconnect a store: its keys cannot be used from now on."""
        try:
            self._client().disconnect_custom_key_store(CustomKeyStoreId=key_store_id)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"disconnecting {key_store_id}", error) from error

    def rename(self, key_store_id: str, name: str) -> None:
        """Gives a store another name, connected or not."""
        try:
            self._client().update_custom_key_store(
                CustomKeyStoreId=key_store_id, NewCustomKeyStoreName=name
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"renaming {key_store_id}", error) from error

    def set_password(self, key_store_id: str, password: str) -> None:
        """Tells a disconnected store the password that kmsuser has now."""
        try:
            self._client().update_custom_key_store(
                CustomKeyStoreId=key_store_id, KeyStorePassword=password
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"telling {key_store_id} the password of kmsuser", error) from error

    def set_cluster(self, key_store_id: str, cluster_id: str, password: str) -> None:
        """Points a disconnected store at a related cluster, with kmsuser's password on it."""
        try:
            self._client().update_custom_key_store(
                CustomKeyStoreId=key_store_id,
                CloudHsmClusterId=cluster_id,
                KeyStorePassword=password,
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"pointing {key_store_id} at {cluster_id}", error) from error

    def delete(self, key_store_id: str) -> None:
        """Deletes a disconnected store without keys; one that is gone is no failure."""
        kms = self._client()
        try:
            kms.delete_custom_key_store(CustomKeyStoreId=key_store_id)
        except kms.exceptions.CustomKeyStoreNotFoundException:
            return
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"deleting {key_store_id}", error) from error

    def keys_in(self, key_store_id: str) -> list[HeldKey]:
        """The keys in a store, those that are pending deletion included.

        A key that these credentials may not look at counts as no key of the store. If it is one,
        KMS refuses to delete the store. A key that is gone may be listed for a while.
        """
        kms = self._client()
        found: list[KeyMetadataTypeDef] = []
        try:
            pages = kms.get_paginator("list_keys").paginate()
            for key_id in [key.get("KeyId", "") for page in pages for key in page["Keys"]]:
                try:
                    found.append(kms.describe_key(KeyId=key_id)["KeyMetadata"])
                except kms.exceptions.NotFoundException:
                    continue
                except ClientError as error:
                    if not is_denied(error):
                        raise
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"listing the keys in {key_store_id}", error) from error
        return [
            HeldKey(key["KeyId"], key.get("KeyState", ""), key.get("DeletionDate"))
            for key in found
            if key.get("CustomKeyStoreId") == key_store_id
        ]

    def key(self, key_id: str) -> HeldKey:
        """One key, by its id or ARN.

        Raises:
            AwsError: there is none, too.
        """
        try:
            key = self._client().describe_key(KeyId=key_id)["KeyMetadata"]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"describing the key {key_id}", error) from error
        return HeldKey(
            key["KeyId"],
            key.get("KeyState", ""),
            key.get("DeletionDate"),
            key.get("CustomKeyStoreId", ""),
        )

    def _client(self, attempts: int = 4) -> KMSClient:
        return client(self._access, "kms", attempts=attempts)


def _key_store(raw: CustomKeyStoresListEntryTypeDef) -> KeyStore:
    return KeyStore(
        key_store_id=raw.get("CustomKeyStoreId", ""),
        name=raw.get("CustomKeyStoreName", ""),
        cluster_id=raw.get("CloudHsmClusterId", ""),
        state=raw.get("ConnectionState", ""),
        error_code=raw.get("ConnectionErrorCode", ""),
        trust_anchor=raw.get("TrustAnchorCertificate", ""),
    )


def owned_keys(access: AwsAccess, deployment_id: str) -> list[Found]:
    """The keys of a deployment, in a key store or not.

    KMS has no filter: it is asked once for each key of the Region. A key whose tags this caller may
    not read belongs to somebody else, unless its description is one of ours.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    kms: KMSClient = client(access, "kms")
    found: list[Found] = []
    try:
        pages = kms.get_paginator("list_keys").paginate()
        for key_id in [key.get("KeyId", "") for page in pages for key in page["Keys"]]:
            try:
                listed = kms.list_resource_tags(KeyId=key_id).get("Tags")
            except kms.exceptions.NotFoundException:
                continue  # gone, and listed for a while
            except ClientError as error:
                if not is_denied(error):
                    raise
                _refuse_one_of_ours(kms, key_id)
                continue
            tags = tags_of(listed, "TagKey", "TagValue")
            if tags.get(ID_TAG) == deployment_id:
                found.append(Found(key_id, resource_name(tags), _state(kms, key_id)))
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the KMS keys of an interrupted run", error) from error
    return found


def _state(kms: KMSClient, key_id: str) -> str:
    """The state of a key; `Creating` where KMS does not know it everywhere yet."""
    try:
        return kms.describe_key(KeyId=key_id)["KeyMetadata"].get("KeyState", "")
    except kms.exceptions.NotFoundException:
        return "Creating"


def _refuse_one_of_ours(kms: KMSClient, key_id: str) -> None:
    """Fails at a key that looks like one of this package's, whosever it is: never a second one."""
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if is_denied(error):
            return
        raise
    if not key.get("DeletionDate") and key.get("Description", "").startswith(DESCRIPTIONS):
        raise AwsError(
            f"the tags of the KMS key {key_id} ({key.get('Description')}) may not be read, so it "
            "could be this deployment's: allow kms:ListResourceTags for it, in IAM and in its key "
            "policy, then run `pulumi up` again"
        )


def aliases(access: AwsAccess) -> list[tuple[str, str]]:
    """Name and key of every alias in the Region.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    kms: KMSClient = client(access, "kms")
    try:
        pages = kms.get_paginator("list_aliases").paginate()
        found = [alias for page in pages for alias in page["Aliases"]]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the aliases of an interrupted run", error) from error
    return [(alias.get("AliasName", ""), alias.get("TargetKeyId", "")) for alias in found]
