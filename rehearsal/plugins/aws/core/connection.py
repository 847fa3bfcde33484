"""Where the rehearsal's AWS is: endpoints, region and clients. Only loopback is ever spoken to."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.plugins.aws.core.errors import describe
from rehearsal.plugins.core.failures import ProviderError
from rehearsal.plugins.core.loopback import is_loopback
from rehearsal.plugins.core.values import Properties

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
# Services the stand-in calls: name for boto3, and the end of the variable with its own endpoint.
SERVICES = {
    "acm-pca": "ACM_PCA",
    "cloudhsmv2": "CLOUDHSM_V2",
    "cloudwatch": "CLOUDWATCH",
    "ec2": "EC2",
    "events": "EVENTBRIDGE",
    "fsx": "FSX",
    "iam": "IAM",
    "kms": "KMS",
    "logs": "CLOUDWATCH_LOGS",
    "scheduler": "SCHEDULER",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "SSM",
    "stepfunctions": "SFN",
    "sts": "STS",
}
# Terraform's provider tries up to 25 times; against loopback fewer end the same, sooner.
ATTEMPTS = 10
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60


class EndpointError(ValueError):
    """An endpoint that is not the rehearsal's; the text says which and what to do."""


@dataclass(frozen=True)
class Keys:
    """Credentials; the emulator checks no secret."""

    access_key: str = "rehearsal"
    secret_key: str = "rehearsal"  # noqa: S105 - it opens nothing
    token: str | None = None


@dataclass(frozen=True)
class Connection:
    """Clients for one region.

    Attributes:
        endpoints: URL by service name of boto3.
        keys: the credentials.
    """

    region: str
    endpoints: Mapping[str, str]
    keys: Keys = Keys()

    def in_region(self, region: str) -> Connection:
        """The same place, another region."""
        return replace(self, region=region)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no static types
        """A boto3 client, which may be used by several threads at once."""
        return _client(service, self.region, self.endpoints[service], self.keys)


@functools.lru_cache
def _client(service: str, region: str, endpoint: str, keys: Keys) -> Any:  # noqa: ANN401
    import boto3
    from botocore.config import Config

    session: Any = boto3.Session(
        # Never the shell's: nothing here needs them, and looking for them may ask a browser.
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        region_name=region,
    )
    # A request that times out is sent again by the published plugin too.
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # A proxy of the shell's must not see (or redirect) what is for loopback.
        proxies={},
    )
    return session.client(service, endpoint_url=endpoint, config=config)


def region_from(config: Properties) -> str | None:
    """The region of the provider's configuration, else of the environment."""
    variables = ("AWS_REGION", "AWS_DEFAULT_REGION")
    return config.get("region") or next(filter(None, map(os.environ.get, variables)), None)


def keys_from(config: Properties, connection: Connection) -> Keys:
    """The credentials of the configuration: its keys, then its roles, one after the other.

    Raises:
        ProviderError: STS refuses a role, in the words of the published plugin.
    """
    given = {"access_key": config.get("accessKey"), "secret_key": config.get("secretKey")}
    keys = Keys(**{name: one for name, one in given.items() if one}, token=config.get("token"))
    for role in config.get("assumeRoles") or []:
        sts = replace(connection, keys=keys).client("sts")
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "up")}
        if role.get("externalId"):
            request["ExternalId"] = role["externalId"]
        try:
            made = sts.assume_role(**request)["Credentials"]
        except sts.exceptions.ClientError as error:
            raise ProviderError(
                "unable to validate AWS credentials. Details: Cannot assume IAM Role. IAM Role "
                f"({role['roleArn']}) cannot be assumed. {describe(sts, error)}"
            ) from error
        keys = Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    return keys


def endpoints_from(
    config: Properties, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The endpoint of every service used, taken from configuration and environment.

    Raises:
        EndpointError: one of them is missing or not on loopback, be it used or not.
    """
    for variable, url in environment.items():
        if variable == ENDPOINT_VARIABLE or variable.startswith(f"{ENDPOINT_VARIABLE}_"):
            _require_loopback(url, variable)
    configured: dict[str, str] = {}
    for services in config.get("endpoints") or []:
        for service, url in services.items():
            _require_loopback(url, f"aws:endpoints {service}")
            configured[service.lower()] = url
    return {
        service: _endpoint(service, suffix, configured, environment)
        for service, suffix in SERVICES.items()
    }


def _endpoint(
    service: str, suffix: str, configured: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    found = (
        # as the provider's configuration names it
        configured.get(service.replace("-", ""))
        or configured.get(suffix.replace("_", "").lower())
        or environment.get(f"{ENDPOINT_VARIABLE}_{suffix}")
        or environment.get(ENDPOINT_VARIABLE)
    )
    if not found:
        raise EndpointError(
            f"{ENDPOINT_VARIABLE} is not set, and this stand-in for the aws plugin never speaks to "
            "AWS itself: start the rehearsal with `make demo` or its play shell, which set it, or "
            "use the published plugins for a real account"
        )
    return found


def _require_loopback(url: str, source: str) -> None:
    if not is_loopback(url):
        raise EndpointError(
            f"{source} is {url!r}, which is not on this machine's loopback, and this stand-in for "
            "the aws plugin speaks to nothing else: unset it or point it at the emulator "
            "(http://127.0.0.1:PORT), or use the published plugins for a real account"
        )
