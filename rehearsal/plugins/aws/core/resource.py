"""What the aws resource types share: region, tags, and errors in the published plugin's words."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from rehearsal.plugins.aws.core.connection import Connection
from rehearsal.plugins.aws.core.errors import TerraformError, code_of, describe
from rehearsal.plugins.aws.core.tags import TagRules, changed_tags
from rehearsal.plugins.core.failures import PartlyMadeError, ProviderError
from rehearsal.plugins.core.packages import ResourceClass
from rehearsal.plugins.core.resource_type import Call, Made, ResourceType
from rehearsal.plugins.core.values import Properties

Answer = TypeVar("Answer")
_AWAY = re.compile(r"(.+)@([a-z]{2,}(?:-[a-z]+)+-\d)")


class AwsResource(ResourceType):
    """A resource type of the aws provider; all but tags can only be replaced."""

    service: ClassVar[str]
    #: As errors call it, for example "CloudHSMv2 Cluster".
    noun: ClassVar[str]
    #: AWS's error code for "there is none".
    not_found: ClassVar[str]
    #: Inputs that AWS chooses where the program gives none: an import leaves them out.
    chosen_by_aws: ClassVar[frozenset[str]] = frozenset()
    updatable: ClassVar = frozenset({"tags"})

    def __init__(
        self, python_class: ResourceClass, connection: Connection | None, tags: TagRules
    ) -> None:
        super().__init__(python_class)
        self._connection = connection
        self.tags = tags

    @property
    def taggable(self) -> bool:
        """Whether the type has tags."""
        return "tags" in self.python_class.inputs.types

    def connection(self, properties: Properties) -> Connection:
        """The connection, in the resource's own region where it has one."""
        if self._connection is None:
            raise ProviderError("the aws provider was not configured")
        region = properties.get("region")
        return self._connection.in_region(region) if region else self._connection

    def client(self, properties: Properties) -> Any:  # noqa: ANN401 - boto3 has no static types
        """The client of the type's service."""
        return self.connection(properties).client(self.service)

    def if_found(
        self,
        properties: Properties,
        ask: Callable[[Any], Answer],
        *also: str,
    ) -> Answer | None:
        """Ask AWS for something; None where it answers that there is no such resource.

        Args:
            properties: the resource's, for its region.
            ask: makes the call with the client that it gets.
            also: further error codes that mean the same.
        """
        client = self.client(properties)
        try:
            return ask(client)
        except client.exceptions.ClientError as error:
            if code_of(error) in (self.not_found, *also):
                return None
            raise

    def shown_tags(self, listed: Sequence[Mapping[str, str]] | None) -> Properties:
        """The outputs `tags` and `tagsAll` of tags as AWS lists them.

        `read` takes the default tags out of the first.
        """
        tags = self.tags.visible(listed or [])
        return {"tags": tags, "tagsAll": tags}

    def further_inputs(self) -> frozenset[str]:
        """All tags, the default ones included."""
        return frozenset({"tagsAll"}) if self.taggable else frozenset()

    def checked(self, inputs: Properties) -> Properties:
        """Add the region, and all tags: `tagsAll` holds the provider's default ones, too."""
        checked = super().checked(inputs)
        if self._regional and self._connection and "region" not in checked:
            checked = {**checked, "region": self._connection.region}
        if self.taggable:
            checked = {**checked, "tagsAll": self.tags.merged(inputs.get("tags")) or {}}
        return checked

    @property
    def _regional(self) -> bool:
        return "region" in self.python_class.outputs

    def planned(self, inputs: Properties, old: Properties | None) -> Properties:
        """As for all types; of an update without tags, there are none then."""
        planned = super().planned(inputs, old)
        return {**planned, "tagsAll": inputs.get("tagsAll", {})} if self.taggable else planned

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it, wait for it, and read it back."""
        with self.failing(f"creating {self.noun}", inputs):
            identifier = self.start_create(inputs)
        try:
            with self.failing(f"waiting for {self.noun} ({identifier}) create", inputs):
                self.finish_create(call, identifier, inputs)
            made = self.read(call, identifier, self.echoed(inputs))
        except ProviderError as error:
            raise PartlyMadeError(str(error), identifier, self.echoed(inputs)) from error
        if made is None:
            text = f"reading {self.noun} ({identifier}): couldn't find resource"
            raise PartlyMadeError(text, identifier, self.echoed(inputs))
        return made

    def read(self, call: Call, identifier: str, old: Properties) -> Made | None:
        """Read it, in the region of the state, or of an import's id: `id@region`."""
        del call
        # Terraform's aws provider, guide "Enhanced Region Support", Import.
        if "region" not in old and (away := _AWAY.fullmatch(identifier)):
            identifier, old = away[1], {**old, "region": away[2]}
        with self.failing(f"reading {self.noun} ({identifier})", old):
            found = self.find(identifier, old)
        if found is None:
            return None
        here = {"region": self.connection(old).region} if self._regional else {}
        outputs = {**found.outputs, **here}
        if self.taggable:
            outputs["tags"] = self.tags.without_default(outputs["tagsAll"], old.get("tags") or {})
        return Made(found.identifier, self._in_order_of(old, outputs))

    def update(
        self, call: Call, identifier: str, old: Properties, inputs: Properties
    ) -> Properties:
        """Change what can be changed, and read it back."""
        with self.failing(f"updating {self.noun} ({identifier})", old):
            self.change(identifier, old, inputs)
            if self.taggable:
                self._change_tags(identifier, old, inputs)
        found = self.read(call, identifier, {**old, **self.echoed(inputs)})
        if found is None:
            raise TerraformError(f"reading {self.noun} ({identifier}): couldn't find resource")
        return found.outputs

    def delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Delete it and wait until it is gone."""
        with self.failing(f"deleting {self.noun} ({identifier})", old):
            started = self.start_delete(call, identifier, old)
        if started:
            with self.failing(f"waiting for {self.noun} ({identifier}) delete", old):
                self.finish_delete(call, identifier, old)

    def imported_inputs(self, outputs: Properties) -> Properties:
        """Inputs a program would give: without the region, defaults and what AWS chose."""
        return {
            name: value
            for name, value in super().imported_inputs(outputs).items()
            if name not in {"region", *self.chosen_by_aws}
            and value
            and value != self.defaults.get(name)
        }

    # What a type says about itself.

    @abstractmethod
    def start_create(self, inputs: Properties) -> str:
        """Ask AWS to make it; returns its id."""

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Wait until it is usable."""

    @abstractmethod
    def find(self, identifier: str, old: Properties) -> Made | None:
        """Its id and outputs (without region), None when it is gone."""

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Change what `updatable` names, besides tags."""

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """Add or overwrite tags."""

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """Remove tags."""

    @abstractmethod
    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Ask AWS to delete it; false when it was gone already."""

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Wait until it is gone."""

    # Inside.

    @contextmanager
    def failing(self, doing: str, properties: Properties) -> Iterator[None]:
        """Turn errors of AWS and of waits into one line that begins with ``doing``."""
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
        from botocore.parsers import ResponseParserError

        from rehearsal.plugins.aws.core.waiting import WaitError

        try:
            yield
        except WaitError as error:
            raise TerraformError(f"{doing}: {error}") from error
        except ParamValidationError as error:
            text = " ".join(str(error).split())
            raise TerraformError(f"{doing}: 1 validation error(s) found. - {text}") from error
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            text = describe(self.client(properties), error)
            raise TerraformError(f"{doing}: {text}") from error

    def _change_tags(self, identifier: str, old: Properties, inputs: Properties) -> None:
        added, removed = changed_tags(old.get("tagsAll") or {}, inputs.get("tagsAll") or {})
        if removed:
            self.remove_tags(identifier, old, removed)
        if added:
            self.set_tags(identifier, old, added)

    def _in_order_of(self, old: Properties, outputs: Properties) -> Properties:
        """``outputs`` with sets in the order the state or the program has them."""
        for name in self.sets & outputs.keys() & old.keys():
            if sorted(outputs[name]) == sorted(old[name]):
                outputs[name] = old[name]
        return outputs
