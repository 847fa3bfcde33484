"""Whatever part an answer of AWS lacks, its reader goes on or says so in one line."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest.mock import patch

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from pulumi_cloudhsm.aws import ec2, ec2_owned, iam, kms, logs, scheduler, secretsmanager, session
from pulumi_cloudhsm.aws.access import AwsAccess
from pulumi_cloudhsm.aws.acmpca import AcmPca
from pulumi_cloudhsm.aws.answers import Answer
from pulumi_cloudhsm.aws.backups import BackupCopies
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm, NewCluster
from pulumi_cloudhsm.aws.cloudtrail import CloudTrail
from pulumi_cloudhsm.aws.found import Found
from pulumi_cloudhsm.aws.fsx import Fsx, number_of_systems
from pulumi_cloudhsm.aws.kms_signing import KmsSigning
from pulumi_cloudhsm.aws.session import account_of
from pulumi_cloudhsm.aws.ssm import Ssm
from pulumi_cloudhsm.errors import AwsError, CloudHsmError

ACCESS, NOW = AwsAccess("eu-central-1"), datetime(2026, 12, 1, tzinfo=UTC)
NEW = NewCluster("hsm2m.medium", "FIPS", "IPV4", ("subnet-1",), {})
LOADED = botocore.session.get_session()
DEPTH = 4
SAMPLES: dict[str, Any] = {
    "string": "1",
    "timestamp": datetime(2026, 12, 24, tzinfo=UTC),
    "boolean": False,
    "integer": 1,
    "long": 1,
    "double": 1.0,
    "float": 1.0,
    "blob": b"1",
}
ENDS = ("NextToken", "NextMarker", "nextToken", "Marker")
"""Members that would ask for another page."""
READERS: dict[str, tuple[str, Callable[[], object]]] = {
    "a cluster": ("cloudhsmv2", lambda: CloudHsm(ACCESS).cluster("1")),
    "a new cluster": ("cloudhsmv2", lambda: CloudHsm(ACCESS).create(NEW)),
    "backups": ("cloudhsmv2", lambda: CloudHsm(ACCESS).backups("1")),
    "key stores": ("kms", lambda: kms.Kms(ACCESS).key_stores()),
    "a new key store": ("kms", lambda: kms.Kms(ACCESS).create("a", "b", "c", "d")),
    "keys in a store": ("kms", lambda: kms.Kms(ACCESS).keys_in("1")),
    "a key": ("kms", lambda: kms.Kms(ACCESS).key("1")),
    "owned keys": ("kms", lambda: kms.owned_keys(ACCESS, "1")),
    "aliases": ("kms", lambda: kms.aliases(ACCESS)),
    "a signing key": ("kms", lambda: KmsSigning(ACCESS).key("1").problem()),
    "a public key": ("kms", lambda: KmsSigning(ACCESS).public_key("1")),
    "a signature": ("kms", lambda: KmsSigning(ACCESS).sign("1", b"1" * 32)),
    "a secret": ("secretsmanager", lambda: secretsmanager.secret_value_and_version(ACCESS, "1")),
    "a secret's ARN": ("secretsmanager", lambda: secretsmanager.secret_arn(ACCESS, "1")),
    "a secret's version": ("secretsmanager", lambda: secretsmanager.current_version(ACCESS, "1")),
    "a deleted secret": ("secretsmanager", lambda: secretsmanager.delete_secret(ACCESS, "1")),
    "an agent": ("ssm", lambda: Ssm(ACCESS).ping("i-1")),
    "a sent command": ("ssm", lambda: Ssm(ACCESS).send("i-1", "true", "1", 30)),
    "a found command": ("ssm", lambda: Ssm(ACCESS).command("i-1", "1")),
    "an invocation": ("ssm", lambda: Ssm(ACCESS).invocation("1", "i-1")),
    "file systems": ("fsx", lambda: Fsx(ACCESS).file_systems()),
    "storage virtual machines": ("fsx", lambda: Fsx(ACCESS).svms()),
    "volumes": ("fsx", lambda: Fsx(ACCESS).volumes()),
    "subnets": ("ec2", lambda: ec2.subnets(ACCESS, ["1"])),
    "rules": ("ec2", lambda: ec2.reaches_itself(ACCESS, "1", 2223, 2225)),
    "addresses": ("ec2", lambda: ec2.addresses_in_use(ACCESS, ["1"])),
    "zones": ("ec2", lambda: ec2.zones_with_cloudhsm(ACCESS)),
    "private CAs": ("acm-pca", lambda: AcmPca(ACCESS).owned("1")),
    "an account": ("sts", lambda: account_of(ACCESS)),
    "a role": ("iam", lambda: iam.role(ACCESS, "1", "1")),
    "an instance profile": ("iam", lambda: iam.instance_profile(ACCESS, "1", "1")),
    "a service's role": ("iam", lambda: iam.has_role(ACCESS, "1")),
    "a schedule": ("scheduler", lambda: scheduler.schedule(ACCESS, "1/1", "1")),
    "events": ("cloudtrail", lambda: CloudTrail(ACCESS).calls("1", NOW, NOW)),
    "a log group": ("logs", lambda: logs.audit_log_group(ACCESS, "1")),
    "tagged parts": ("ec2", lambda: ec2_owned.tagged(ACCESS, "1")),
    "associations": ("ec2", lambda: ec2_owned.associations(ACCESS, [Found("1", "a")])),
    **{
        f"states of {prefix}": ("ec2", partial(ec2_owned.states, ACCESS, [f"{prefix}-1"]))
        for prefix in ("eipalloc", "i", "igw", "nat", "rtb", "sg", "sgr", "subnet", "vpc")
    },
    "numbers of VPCs": ("ec2", lambda: ec2.number_of_vpcs(ACCESS)),
    "numbers of addresses": ("ec2", lambda: ec2.number_of_addresses(ACCESS)),
    "a number of file systems": ("fsx", lambda: number_of_systems(ACCESS)),
    "copies": ("cloudhsmv2", lambda: BackupCopies(ACCESS).copies()),
    "a copy's policy": ("cloudhsmv2", lambda: BackupCopies(ACCESS).policy("1")),
    "a private CA": ("acm-pca", lambda: AcmPca(ACCESS).authority("1").problem()),
    "a CA's certificate": ("acm-pca", lambda: AcmPca(ACCESS).certificate("1")),
    "a CA's CSR": ("acm-pca", lambda: AcmPca(ACCESS).csr("1")),
    "a certificate": ("acm-pca", lambda: AcmPca(ACCESS).issued("1", "1")),
    "a request": ("acm-pca", lambda: AcmPca(ACCESS).issue("a:b", "1", "1", (NOW, NOW), "1")),
    "a password's secret": ("secretsmanager", lambda: secretsmanager.find_secret(ACCESS, "1")),
}


def whole(shape: Any, depth: int = DEPTH) -> Any:
    """An answer with every member, down to some depth."""
    if shape.type_name == "structure":
        members = shape.members.items() if depth else ()
        return {name: whole(one, depth - 1) for name, one in members if name not in ENDS}
    if shape.type_name == "list":
        return [whole(shape.member, depth)]
    if shape.type_name == "map":
        return {"1": whole(shape.value, depth - 1)}
    return (getattr(shape, "enum", None) or [SAMPLES[shape.type_name]])[0]


def paths(
    value: Any, read: Collection[str], before: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Where something could be missing that is read: all else makes no difference."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for at, part in parts:
        if isinstance(at, str) and at not in (*read, SAMPLES["string"]):
            continue
        yield (*before, at)
        if isinstance(part, dict | list):
            yield from paths(part, read, (*before, at))


@contextmanager
def members_read() -> Generator[set[str]]:
    """The names of all members that are asked for."""
    names: set[str] = set()

    def noted(lookup: Callable[..., Any]) -> Callable[..., Any]:
        def look(answer: Answer, name: str, *default: Any) -> Any:
            names.add(name)
            return lookup(answer, name, *default)

        return look

    with (
        patch.object(Answer, "get", noted(dict.get)),
        patch.object(Answer, "__getitem__", noted(dict.__getitem__)),
        patch.object(Answer, "__contains__", noted(dict.__contains__)),
    ):
        yield names


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """The answer without a part; an item of a list is null."""
    changed = copy.deepcopy(value)
    *way, last = path
    inner = changed
    for at in way:
        inner = inner[at]
    if isinstance(inner, list):
        inner[last] = None
    else:
        del inner[last]
    return changed


@pytest.fixture(scope="module")
def _clients_made_once() -> Iterator[None]:
    """Each call of a reader makes a client, whatever the answers; here it gets a copy of one."""
    sessions = functools.cache(session._session)

    @functools.cache
    def first(service: str) -> Any:
        return sessions(ACCESS).create_client(service, ACCESS.region)

    def another(_session: object, service: str, **_: object) -> Any:
        client = object.__new__(type(first(service)))
        vars(client).update(vars(first(service)))
        return client

    with patch.object(session, "_session", sessions), patch("boto3.Session.client", another):
        yield


@pytest.mark.usefixtures("_clients_made_once")
@pytest.mark.parametrize("what", READERS)
def test_a_missing_part_is_gone_on_with_or_told_in_one_line(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    service, read = READERS[what]
    model = LOADED.get_service_model(service)
    answers: dict[str, Any] = {}
    asked: list[str] = []

    def call(_client: object, operation: str, _given: object) -> Any:
        asked.append(operation)
        if operation not in answers:
            answers[operation] = whole(model.operation_model(operation).output_shape)
        return copy.deepcopy(answers[operation])

    lines: list[str] = []

    def checked() -> None:
        try:
            read()
        except CloudHsmError as error:
            lines.append(str(error))

    with patch("botocore.client.BaseClient._make_api_call", call):
        with members_read() as names:
            checked()
        assert asked, "nothing was asked"
        for operation, answer in list(answers.items()):
            for path in paths(answer, names):
                answers[operation] = without(answer, path)
                checked()
            answers[operation] = answer
    assert [line for line in lines if "\n" in line] == []


def test_the_line_names_the_call_and_the_part() -> None:
    def call(*_: object) -> dict[str, Any]:
        return {"ResponseMetadata": {}}

    with (
        patch("botocore.client.BaseClient._make_api_call", call),
        pytest.raises(AwsError, match="AWS's answer to DescribeKey lacks KeyMetadata: run"),
    ):
        kms.Kms(ACCESS).key("1")


SAID = {"Error": {"Code": "UnauthorizedOperation", "Message": "No.\nNever."}}
REFUSALS: dict[str, Exception] = {
    "no right": ClientError({**SAID}, "Any"),  # type: ignore[arg-type]
    "nothing said": ClientError({}, "Any"),
    "a proxy's page": ResponseParserError("Unable to parse response, invalid XML:\n<html>"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_each_reader_tells_each_refusal_in_one_line(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    def call(*_: object) -> object:
        raise REFUSALS[why]

    lines: list[str] = []
    for _, read in READERS.values():
        with patch("botocore.client.BaseClient._make_api_call", call):
            try:
                read()
            except CloudHsmError as error:
                lines.append(str(error))
    assert len(lines) > len(READERS) / 2, "few readers take a refusal for an answer"
    assert [one for one in lines if "\n" in one or "AWS said: " not in one] == []
