"""What all dynamic providers here share: AWS access, the waiter, errors of one line."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pulumi.dynamic import CheckFailure, ConfigureRequest, ResourceProvider, UpdateResult
from pulumi.output import Unknown

from ..aws.cloudhsmv2 import CloudHsm
from ..aws.session import AwsAccess
from ..errors import CloudHsmError
from ..local_files import folder_problem, remove_if_ours
from ..waiter import Pace, Waiter

P = ParamSpec("P")
R = TypeVar("R")
Props = Mapping[str, Any]


def say(line: str) -> None:
    """Shows one line of progress: the engine passes a plugin's standard output on as it comes."""
    print(line, flush=True)


def one_line(method: Callable[P, R]) -> Callable[P, R]:
    """Lets an expected error reach the user as its own line instead of a traceback.

    The host of dynamic providers formats whatever a method raises with its whole traceback; a limit
    of 0 leaves the last line. An unexpected error keeps its trace: there it is needed.
    """

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except CloudHsmError as error:
            sys.tracebacklimit = 0
            error.__cause__ = error.__context__ = None
            raise
        except Exception:
            if hasattr(sys, "tracebacklimit"):
                del sys.tracebacklimit
            raise

    return guarded


def unwritable(name: str, folder: object) -> list[CheckFailure]:
    """What `check` has to say of a folder in which nothing can be written; unknown is fine."""
    problem = folder_problem(folder) if isinstance(folder, str) else None
    return [CheckFailure(name, f"choose another folder: {problem}")] if problem else []


def take_away(file: Path, written_sha256: str) -> None:
    """Removes a file that still holds what was written; says so when it does not."""
    if not remove_if_ours(file, written_sha256):
        say(f"{file} was changed since it was written, so it is kept")


class CloudHsmProvider(ResourceProvider):
    """Base of the providers that talk to AWS; its instances hold nothing when pickled."""

    serialize_as_secret_always = False
    profile: str | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Takes the profile from the stack's `aws:profile`, as the aws provider plugin does."""
        self.profile = req.config.get("aws:profile")

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Changes nothing: for what `diff` never asks to be changed.

        Pulumi's own default would lose the outputs (pulumi/pulumi#7809).
        """
        return UpdateResult(outs=dict(_olds))

    def cloudhsm(self, props: Props) -> CloudHsm:
        """CloudHSM v2 in the region that the resource names."""
        return CloudHsm(self.access(props))

    def access(self, props: Props) -> AwsAccess:
        """The account and region that the resource names."""
        return AwsAccess(region=props.get("region"), profile=self.profile)

    def waiter(self) -> Waiter:
        """The waiter, reporting to the user."""
        return Waiter(report=say)


def pace(props: Props) -> Pace:
    """The wait's usual duration and deadline from a resource's inputs, in seconds."""
    return Pace(usual=float(props["usual_seconds"]), deadline=float(props["deadline_seconds"]))


def differs(olds: Props, news: Props, *keys: str) -> list[str]:
    """The keys whose new value is another one, or not known yet."""
    return [
        key for key in keys if isinstance(news.get(key), Unknown) or olds.get(key) != news.get(key)
    ]
