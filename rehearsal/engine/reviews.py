"""Reviews of real plans: one stack on the real engine, several previews, each reviewed.

    python -m rehearsal.engine.reviews docs/reviews

Writes one page for each change. What differs from run to run, such as ids, is written as `…`.
"""

from __future__ import annotations

import argparse
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import Layout, ensure_layout
from rehearsal.engine.session import Session, rehearsal_session
from rehearsal.engine.timings.events import DEBUG_FLAGS
from rehearsal.engine.workspace import laid_over

SPEED = 480.0
STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
FSXADMIN = "fsxadmin"
ACTIVE: dict[str, Any] = {"activation": {"mode": "ssm"}, "hsms": {"count": 2}}
KEYS: dict[str, Any] = {"keyStore": {}}
FILES: dict[str, Any] = {"fileSystem": {"passwordSecret": FSXADMIN}}
_KEY_ID = re.compile(r"\bkey/[0-9a-f-]{36}")
_CLOUD_ID = re.compile(r"\b(cluster|hsm|fs|cks|vpc|subnet|sg)-[0-9a-z]{8,}\b")
_DAY = re.compile(r"\b(until) \d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Change:
    """A change of the config, as a pull request makes it.

    Attributes:
        name: name of its page.
        title: what it does, for people.
        config: laid over the stack's config; None takes a section away.
        in_other_ways: whether `--diff` and the stream of events are looked at, too.
    """

    name: str
    title: str
    config: Mapping[str, Any]
    in_other_ways: bool = False


@dataclass(frozen=True)
class Reviewed:
    """A reviewed change.

    Attributes:
        change: the change.
        text: the review, without what differs from run to run.
        status: exit status of the review.
        diff: what `pulumi preview --diff` prints, where it is looked at.
        streamed: the review of the engine's stream of events, likewise.
    """

    change: Change
    text: str
    status: int
    diff: str = ""
    streamed: str = ""


def reviews(layout: Layout, folder: Path) -> Iterator[Reviewed]:
    """Reviews each change on the stack that it is made for.

    Args:
        layout: the engine.
        folder: where the workspace goes.

    Raises:
        PulumiFailed: an `up` between the previews failed.
    """
    with rehearsal_session(layout, folder, speed=SPEED, config=ACTIVE) as session:
        password = "Rehearsed" + secrets.token_hex(8)
        session.emulator.client("secretsmanager").create_secret(
            Name=FSXADMIN, SecretString=password
        )
        other = session.emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
        review = _Reviewer(session)
        yield review(Change("first-creation", "First creation", KEYS | FILES))
        review.bring_up({})
        yield review(Change("key-store-on", "A key store is added", KEYS))
        review.bring_up(KEYS)
        yield review(Change("key-store-off", "The key store is taken away", {"keyStore": None}))
        three = {"hsms": {"count": 3}}
        yield review(Change("two-to-three-hsms", "2 HSMs become 3", three, in_other_ways=True))
        review.bring_up(three | FILES)
        none = {"hsms": {"count": 0}, "keyStore": {"allowKeysUnavailable": True}}
        yield review(Change("three-to-no-hsms", "3 HSMs become 0", none))
        yield review(Change("cluster-name", "Another `clusterName`", {"clusterName": "vault"}))
        subject = {"subject": {"commonName": "Another CA"}}
        yield review(Change("trust", "Another subject of the CA", {"trust": subject}))
        key = {"fileSystem": {"keyArn": other}}
        yield review(Change("file-system-key", "The file system under another key", key))
        review.bring_up({"disposable": False})
        no_key = {"keyStore": None, "fileSystem": None}
        yield review(Change("protected", "A protected key store is taken away", no_key))


class _Reviewer:
    """One stack, whose config changes for one preview, or with an `up`."""

    def __init__(self, session: Session) -> None:
        self._workspace = session.workspace
        self._file = session.workspace.project / f"Pulumi.{session.workspace.stack}.yaml"

    def __call__(self, change: Change) -> Reviewed:
        before = self._file.read_text()
        self._set(change.config)
        try:
            return self._review(change)
        finally:
            self._file.write_text(before)

    def bring_up(self, config: Mapping[str, Any]) -> None:
        self._set(config)
        self._workspace.pulumi("up", "--yes", "--skip-preview")

    def _review(self, change: Change) -> Reviewed:
        pulumi, folder = self._workspace.pulumi, self._workspace.folder
        events = folder / f"{change.name}.events"
        plan = folder / f"{change.name}.json"
        arguments = ("preview", "--json", "--show-sames", "--event-log", str(events))
        plan.write_text(pulumi(*arguments, check=False, env=DEBUG_FLAGS).stdout)
        status, text = _printed(str(plan), "--events", str(events))
        found = Reviewed(change, text, status)
        if not change.in_other_ways:
            return found
        diff = pulumi("preview", "--diff").output
        stream = pulumi("preview", "--json", "--show-sames", env=STREAMING).stdout
        return replace(found, diff=diff, streamed=_printed(given=stream)[1])

    def _set(self, config: Mapping[str, Any]) -> None:
        content = yaml.safe_load(self._file.read_text())
        added = {f"cloudhsm:{key}": value for key, value in config.items()}
        content["config"] = laid_over(content["config"], added)
        self._file.write_text(yaml.safe_dump(content, sort_keys=False))


def _printed(*arguments: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_cloudhsm.review", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise RehearsalError(f"pulumi_cloudhsm.review: {done.stderr.strip()}")
    return done.returncode, _stable(done.stdout)


def _stable(text: str) -> str:
    return _DAY.sub(r"\1 …", _CLOUD_ID.sub(r"\1-…", _KEY_ID.sub("key/…", text)))


def main(arguments: list[str] | None = None) -> int:
    """Write the pages and give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.engine.reviews", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pages go")
    options = parser.parse_args(arguments)
    layout = ensure_layout()
    for one in reviews(layout, layout.root / "reviews"):
        page = f"{page_head(one)}{one.text}"
        (options.folder / f"{one.change.name}.md").write_text(page, encoding="utf-8")
        print(f"{one.change.name}: exit status {one.status}")
    return 0


def page_head(one: Reviewed) -> str:
    """What stands above the review on its page."""
    return (
        f"# {one.change.title}\n\n<!-- Written by `make reviews` from a plan of the rehearsal. Do "
        f"not edit. -->\n\nExit status of the command: {one.status}.\n\n"
    )


if __name__ == "__main__":
    sys.exit(main())
