"""How this package reaches AWS: one place for credentials, time-outs and retries."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import AwsError
from .access import AssumedRole, AwsAccess, AwsAccessArgs, WebIdentityRole
from .advice import refusal
from .answers import checked

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.loaders import Loader
    from botocore.session import Session

__all__ = ["AwsAccess", "account_of", "check_account", "client", "load_sdk"]

_NAMES = {"acm-pca": "acmpca", "logs": "cloudwatchlogs", "stepfunctions": "sfn"}
"""Services that the aws provider's `endpoints` name in another way than boto3."""
_UNITS = {"h": 3600, "m": 60, "s": 1}


def client(access: AwsAccess, service: str, *, attempts: int = 4) -> Any:  # noqa: ANN401
    """A client with time-outs short enough that nothing looks like a hang.

    Args:
        access: account, Region and credentials.
        service: boto3's name of the service, for example `cloudhsmv2`.
        attempts: calls at most, the first included; 1 for what must never be sent twice.

    Returns:
        boto3's client; callers name its type, `CloudHSMV2Client` for example.

    Raises:
        AwsError: no Region, no such profile, a role that cannot be assumed.
    """
    # Loaded at the first call, since it takes as long as Pulumi's SDK: an `up` without changes
    # makes no call in the host of the dynamic providers.
    import boto3

    try:
        session = boto3.Session(region_name=access.region, botocore_session=_session(access))
        # The stubs know only the services that are installed, hence "unknown".
        opened: Any = cast("Any", session).client(service, **_options(access.by, service, attempts))
    except BotoCoreError as error:
        raise refusal(f"opening {service}", error) from error
    # The one way that all of a client's calls take, its paginators' included.
    opened._make_api_call = checked(opened._make_api_call)
    return opened


def load_sdk() -> None:
    """Loads what the first call needs, so that a thread can do it while another one waits."""
    import boto3  # noqa: F401  # pyright: ignore[reportUnusedImport]

    models()


def account_of(access: AwsAccess) -> tuple[str, str]:
    """The account that calls act in, and the caller's ARN. STS needs no right for that.

    Raises:
        AwsError: STS cannot be asked.
    """
    at = replace(access, region=access.by.sts_region or access.region)
    try:
        caller: dict[str, str] = client(at, "sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        raise refusal("asking STS which account this is", error) from error
    return caller["Account"], caller["Arn"]


def check_account(access: AwsAccess) -> None:
    """Compares the account that calls act in with the one that they have to act in, once.

    Raises:
        AwsError: it is another one, or STS cannot be asked; nothing was read or changed.
    """
    if access.account_id is None or access.by.skip_requesting_account_id or access in _CHECKED:
        return
    with _CHECKING:
        if access not in _CHECKED:  # another thread may have asked in the meantime
            _compare_account(access)


def _compare_account(access: AwsAccess) -> None:
    account, caller = account_of(access)
    if account != access.account_id:
        raise AwsError(
            f"the credentials are those of account {account} ({caller}), and this resource is in "
            f"account {access.account_id}: nothing was read or changed; give the credentials that "
            "the last `pulumi up` had, then run the command again"
        )
    _CHECKED.add(access)


_CHECKED: set[AwsAccess] = set()
_CHECKING = threading.Lock()
"""Held while STS is asked: the engine reads many resources at once, each in a thread."""


def _options(by: AwsAccessArgs, service: str, attempts: int) -> dict[str, Any]:
    from botocore.config import Config

    proxies = {"http": by.http_proxy, "https": by.https_proxy}
    given = {scheme: url for scheme, url in proxies.items() if url}
    config: Config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": attempts},
        use_fips_endpoint=by.use_fips_endpoint or None,
        use_dualstack_endpoint=by.use_dualstack_endpoint or None,
        proxies=given or None,
    )
    url = by.endpoints.get(_NAMES.get(service, service)) or by.endpoints.get(service)
    verify = False if by.insecure else by.custom_ca_bundle
    return {"config": config, "endpoint_url": url, "verify": verify}


def _session(access: AwsAccess) -> Session:
    """A session with the credentials that were given, if any were."""
    session = _plain_session(access.by)
    credentials = _credentials(access)
    if credentials is not None:
        session.register_component("credential_provider", _Held(credentials))
    return session


def _plain_session(by: AwsAccessArgs) -> Session:
    """A session that reads AWS's large models once per process: 20 ms per client, not 150."""
    import botocore.session

    session = botocore.session.Session(profile=by.profile)
    session.register_component("data_loader", models())
    for variable, files in (
        ("config_file", by.shared_config_files),
        ("credentials_file", by.shared_credentials_files),
    ):
        for file in files[:1]:
            session.set_config_variable(variable, str(Path(file).expanduser()))
    return session


class _Held:
    """Credentials that are there already, as botocore's session asks for them."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Credentials:
        return self._credentials


_HELD: dict[AwsAccess, Credentials | None] = {}
_HOLDING = threading.Lock()


def _credentials(access: AwsAccess) -> Credentials | None:
    """The credentials that were given, made once per process; None for AWS's usual chain.

    Those of a role are renewed before they end: a file system takes longer than they last.
    """
    with _HOLDING:
        if access not in _HELD:
            _HELD[access] = _made(access)
        return _HELD[access]


def _made(access: AwsAccess) -> Credentials | None:
    from botocore.credentials import Credentials

    by, held = access.by, None
    if by.access_key and by.secret_key:
        held = Credentials(by.access_key, by.secret_key, by.token)
    if by.assume_role_with_web_identity is not None:
        held = _by_token(access, by.assume_role_with_web_identity)
    for role in by.assume_roles:
        held = _by_role(access, role, held)
    return held


def _by_role(access: AwsAccess, role: AssumedRole, source: Credentials | None) -> Credentials:
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    extra = {
        **_of_any_role(role),
        "ExternalId": role.external_id,
        "SourceIdentity": role.source_identity,
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags.items()],
        "TransitiveTagKeys": list(role.transitive_tag_keys),
    }
    fetcher = AssumeRoleCredentialFetcher(
        _opens_sts(access),
        source or _plain_session(access.by).get_credentials(),
        role.role_arn,
        extra_args={key: value for key, value in extra.items() if value},
    )
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def _by_token(access: AwsAccess, role: WebIdentityRole) -> Credentials:
    from botocore.credentials import (
        AssumeRoleWithWebIdentityCredentialFetcher,
        DeferredRefreshableCredentials,
    )

    def token() -> str:
        file = role.web_identity_token_file
        return Path(file).read_text() if file else str(role.web_identity_token)

    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        _opens_sts(access),
        token,
        role.role_arn,
        extra_args={key: value for key, value in _of_any_role(role).items() if value},
    )
    return DeferredRefreshableCredentials(
        fetcher.fetch_credentials, "assume-role-with-web-identity"
    )


def _of_any_role(role: AssumedRole | WebIdentityRole) -> dict[str, Any]:
    """What both calls to STS take; empty where it was not given."""
    return {
        "RoleSessionName": role.session_name,
        "DurationSeconds": _seconds(role.duration),
        "Policy": role.policy,
        "PolicyArns": [{"arn": arn} for arn in role.policy_arns],
    }


def _opens_sts(access: AwsAccess) -> Callable[..., Any]:
    """What botocore opens STS with: in our Region, at our endpoint."""

    def opened(service: str, **given: Any) -> Any:  # noqa: ANN401
        options = _options(access.by, service, 4)
        if "config" in given:
            options["config"] = options["config"].merge(given.pop("config"))
        region = access.by.sts_region or access.region
        return _plain_session(access.by).create_client(
            service, region_name=region, **{**options, **given}
        )

    return opened


def _seconds(duration: str | None) -> int | None:
    """Seconds of a duration as the aws provider takes it: `1h30m`."""
    if duration is None:
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))


@functools.cache
def models() -> Loader:
    """Reads botocore's data files, each once per process."""
    """Reads botocore's data files, each once per process."""
    import botocore.session
    from botocore.loaders import create_loader

    return create_loader(botocore.session.get_session().get_config_variable("data_path"))
