"""`aws.iam.Role`, `RolePolicy` and `InstanceProfile`: what lets an instance do anything."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.names import chosen_name, without_name_or_prefix
from rehearsal.plugins.aws.core.policies import normalized
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class IamResource(AwsResource):
    """A resource of IAM, whose id is its name."""

    service = "iam"
    not_found = "NoSuchEntity"

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse one without a name."""
        return without_name_or_prefix(inputs, resource)


class Role(IamResource):
    """A role."""

    token = "aws:iam/role:Role"  # noqa: S105 - a type token
    noun = "IAM Role"
    defaults: ClassVar = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    updatable: ClassVar = frozenset({"tags", "description", "assumeRolePolicy"})
    json_texts: ClassVar = frozenset({"assumeRolePolicy"})

    def start_create(self, inputs: Properties) -> str:
        """CreateRole."""
        name = chosen_name(inputs)
        self.client(inputs).create_role(
            RoleName=name,
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description") or "",
            Path=inputs.get("path") or "/",
            Tags=tag_list(inputs.get("tagsAll") or {}),
        )
        return name

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetRole."""
        answer = self.if_found(old, lambda client: client.get_role(RoleName=identifier))
        if answer is None:
            return None
        role = answer["Role"]
        client = self.client(old)
        inline = [
            client.get_role_policy(RoleName=identifier, PolicyName=name)
            for name in client.list_role_policies(RoleName=identifier)["PolicyNames"]
        ]
        managed = client.list_attached_role_policies(RoleName=identifier)["AttachedPolicies"]
        outputs = {
            **self.defaults,
            "arn": role["Arn"],
            "assumeRolePolicy": normalized(role["AssumeRolePolicyDocument"]),
            "createDate": role["CreateDate"].isoformat(),
            "description": role.get("Description") or "",
            "inlinePolicies": [
                {"name": one["PolicyName"], "policy": normalized(one["PolicyDocument"])}
                for one in inline
            ],
            "managedPolicyArns": [one["PolicyArn"] for one in managed],
            "name": identifier,
            "namePrefix": old.get("namePrefix") or "",
            "path": role["Path"],
            **self.shown_tags(role.get("Tags")),
            "uniqueId": role["RoleId"],
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateRole and UpdateAssumeRolePolicy."""
        client = self.client(old)
        if inputs.get("description") != old.get("description"):
            client.update_role(RoleName=identifier, Description=inputs.get("description") or "")
        if inputs["assumeRolePolicy"] != old.get("assumeRolePolicy"):
            client.update_assume_role_policy(
                RoleName=identifier, PolicyDocument=inputs["assumeRolePolicy"]
            )

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagRole."""
        self.client(properties).tag_role(RoleName=identifier, Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagRole."""
        self.client(properties).untag_role(RoleName=identifier, TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteRole, once no instance profile has it."""
        del call
        client = self.client(old)
        found = self.if_found(
            old, lambda iam: iam.list_instance_profiles_for_role(RoleName=identifier)
        )
        for profile in (found or {}).get("InstanceProfiles", []):
            client.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=identifier
            )
        self.if_found(old, lambda client: client.delete_role(RoleName=identifier))
        return False


class RolePolicy(IamResource):
    """A policy in a role; its id is "role:name"."""

    token = "aws:iam/rolePolicy:RolePolicy"  # noqa: S105 - a type token
    noun = "IAM Role Policy"
    updatable: ClassVar = frozenset({"policy"})
    json_texts: ClassVar = frozenset({"policy"})

    def start_create(self, inputs: Properties) -> str:
        """PutRolePolicy."""
        name = chosen_name(inputs)
        self._put(inputs["role"], name, inputs)
        return f"{inputs['role']}:{name}"

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetRolePolicy."""
        role, _, name = identifier.partition(":")
        answer = self.if_found(
            old, lambda client: client.get_role_policy(RoleName=role, PolicyName=name)
        )
        if answer is None:
            return None
        policy = normalized(answer["PolicyDocument"])
        prefix = old.get("namePrefix") or ""
        outputs = {"name": name, "namePrefix": prefix, "policy": policy, "role": role}
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutRolePolicy again."""
        role, _, name = identifier.partition(":")
        self._put(role, name, {**old, **inputs})

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteRolePolicy."""
        del call
        role, _, name = identifier.partition(":")
        self.if_found(old, lambda client: client.delete_role_policy(RoleName=role, PolicyName=name))
        return False

    def _put(self, role: str, name: str, inputs: Properties) -> None:
        self.client(inputs).put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"]
        )


class InstanceProfile(IamResource):
    """What hands a role to an instance."""

    token = "aws:iam/instanceProfile:InstanceProfile"  # noqa: S105 - a type token
    noun = "IAM Instance Profile"
    defaults: ClassVar = {"path": "/"}
    updatable: ClassVar = frozenset({"tags", "role"})

    def start_create(self, inputs: Properties) -> str:
        """CreateInstanceProfile."""
        name = chosen_name(inputs)
        self.client(inputs).create_instance_profile(
            InstanceProfileName=name,
            Path=inputs.get("path") or "/",
            Tags=tag_list(inputs.get("tagsAll") or {}),
        )
        return name

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """AddRoleToInstanceProfile."""
        del call
        if inputs.get("role"):
            self.client(inputs).add_role_to_instance_profile(
                InstanceProfileName=identifier, RoleName=inputs["role"]
            )

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetInstanceProfile."""
        answer = self.if_found(
            old, lambda client: client.get_instance_profile(InstanceProfileName=identifier)
        )
        if answer is None:
            return None
        profile = answer["InstanceProfile"]
        for role in profile["Roles"]:
            self.client(old).get_role(RoleName=role["RoleName"])
        outputs = {
            "arn": profile["Arn"],
            "createDate": profile["CreateDate"].isoformat(),
            "name": identifier,
            "namePrefix": old.get("namePrefix") or "",
            "path": profile["Path"],
            "role": next((role["RoleName"] for role in profile["Roles"]), ""),
            **self.shown_tags(profile.get("Tags")),
            "uniqueId": profile["InstanceProfileId"],
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Another role."""
        if inputs.get("role") != old.get("role"):
            self._remove_role(identifier, old)
            self.finish_create(Call(identifier), identifier, {**old, **inputs})

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagInstanceProfile."""
        self.client(properties).tag_instance_profile(
            InstanceProfileName=identifier, Tags=tag_list(tags)
        )

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagInstanceProfile."""
        self.client(properties).untag_instance_profile(InstanceProfileName=identifier, TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteInstanceProfile, without its role."""
        del call
        self._remove_role(identifier, old)
        self.if_found(
            old, lambda client: client.delete_instance_profile(InstanceProfileName=identifier)
        )
        return False

    def _remove_role(self, identifier: str, old: Properties) -> None:
        if old.get("role"):
            self.if_found(
                old,
                lambda client: client.remove_role_from_instance_profile(
                    InstanceProfileName=identifier, RoleName=old["role"]
                ),
            )
