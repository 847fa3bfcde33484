"""`aws.sns.Topic`, `TopicPolicy` and `TopicSubscription`, as Terraform does them."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.policies import normalized
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import not_supported, without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class SnsResource(AwsResource):
    """A resource of SNS."""

    service = "sns"
    not_found = "NotFound"

    def attributes(self, topic_arn: str, properties: Properties) -> Any | None:  # noqa: ANN401
        """GetTopicAttributes; None where there is no such topic."""
        return self.if_found(
            properties,
            lambda client: client.get_topic_attributes(TopicArn=topic_arn)["Attributes"],
            "NotFoundException",
        )


class Topic(SnsResource):
    """A topic; its id is its ARN."""

    token = "aws:sns/topic:Topic"  # noqa: S105 - a type token
    noun = "SNS Topic"
    defaults: ClassVar = {"contentBasedDeduplication": False, "fifoTopic": False}

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what only the published plugin can follow, and a missing name."""
        further = sorted(inputs.keys() - {"name", "tags", "tagsAll", "region"})
        return [*not_supported(further, "aws", resource), *without_name(inputs, resource)]

    def start_create(self, inputs: Properties) -> str:
        """CreateTopic, which answers with the one that has this name already."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        return self.client(inputs).create_topic(Name=inputs["name"], **tags)["TopicArn"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetTopicAttributes and ListTagsForResource."""
        found = self.attributes(identifier, old)
        if found is None:
            return None
        tags = self.client(old).list_tags_for_resource(ResourceArn=identifier).get("Tags")
        outputs = {
            **self.defaults,
            "arn": identifier,
            "beginningArchiveTime": "",
            "displayName": found.get("DisplayName") or "",
            "fifoThroughputScope": "",
            "maximumMessageSize": 262144,
            "name": identifier.rpartition(":")[2],
            "namePrefix": old.get("namePrefix") or "",
            "owner": found["Owner"],
            "policy": normalized(found["Policy"]),
            "signatureVersion": 0,
            "tracingConfig": "",
            **self.shown_tags(tags),
        }
        return Made(identifier, outputs)

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        self.client(properties).tag_resource(ResourceArn=identifier, Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        self.client(properties).untag_resource(ResourceArn=identifier, TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteTopic, with all of its subscriptions."""
        del call
        self.if_found(
            old, lambda client: client.delete_topic(TopicArn=identifier), "NotFoundException"
        )
        return False


class TopicPolicy(SnsResource):
    """The policy of a topic; its id is the topic's ARN."""

    token = "aws:sns/topicPolicy:TopicPolicy"  # noqa: S105 - a type token
    noun = "SNS Topic Policy"
    updatable: ClassVar = frozenset({"policy"})
    json_texts: ClassVar = frozenset({"policy"})

    def start_create(self, inputs: Properties) -> str:
        """SetTopicAttributes."""
        self._set(inputs["arn"], inputs, inputs["policy"])
        return inputs["arn"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetTopicAttributes."""
        found = self.attributes(identifier, old)
        if found is None:
            return None
        policy = normalized(found["Policy"])
        return Made(identifier, {"arn": identifier, "owner": found["Owner"], "policy": policy})

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """SetTopicAttributes again."""
        self._set(identifier, old, inputs["policy"])

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Terraform gives the topic the policy that SNS makes for a new one."""
        del call
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
            "Resource": identifier,
            "Condition": {"StringEquals": {"AWS:SourceOwner": old["owner"]}},
        }
        policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
        if self.attributes(identifier, old) is not None:
            self._set(identifier, old, json.dumps(policy))
        return False

    def _set(self, topic_arn: str, properties: Properties, policy: str) -> None:
        self.client(properties).set_topic_attributes(
            TopicArn=topic_arn, AttributeName="Policy", AttributeValue=normalized(policy)
        )


class TopicSubscription(SnsResource):
    """A subscription; its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"  # noqa: S105 - a type token
    noun = "SNS Topic Subscription"
    defaults: ClassVar = {
        "confirmationTimeoutInMinutes": 1,
        "endpointAutoConfirms": False,
        "rawMessageDelivery": False,
    }

    def start_create(self, inputs: Properties) -> str:
        """Subscribe; the ARN comes even while a person has not confirmed."""
        answer = self.client(inputs).subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            ReturnSubscriptionArn=True,
        )
        return answer["SubscriptionArn"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetSubscriptionAttributes."""
        found = self.if_found(
            old,
            lambda client: client.get_subscription_attributes(SubscriptionArn=identifier)[
                "Attributes"
            ],
            "NotFoundException",
        )
        if found is None:
            return None
        outputs = {
            **self.defaults,
            "arn": identifier,
            "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
            "endpoint": found["Endpoint"],
            "filterPolicyScope": found.get("FilterPolicyScope") or "",
            "ownerId": found["Owner"],
            "pendingConfirmation": found.get("PendingConfirmation") == "true",
            "protocol": found["Protocol"],
            "topic": found["TopicArn"],
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Unsubscribe, unless it is pending: SNS refuses that, and it ends by itself."""
        del call
        if not old.get("pendingConfirmation"):
            self.if_found(
                old,
                lambda client: client.unsubscribe(SubscriptionArn=identifier),
                "NotFoundException",
            )
        return False
