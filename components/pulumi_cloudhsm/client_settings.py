"""The part of the configuration that is about the client host; `settings` asks for it."""

from __future__ import annotations

from typing import Any

import pulumi

from . import checks
from .activation import BY_PROGRAM, ActivationMode
from .client import ClientArgs
from .client_host import ClientHostArgs
from .cluster import CloudHsmClusterArgs
from .ssh_host import SshHost


def read(config: pulumi.Config, cluster: CloudHsmClusterArgs) -> ClientArgs | None:
    """The client, if a program is to do what happens on the HSMs.

    Raises:
        InputError: names the key and the fix.
    """
    mode = config.get("activation")
    if mode not in BY_PROGRAM:
        return None
    return ClientArgs(
        region=cluster.region,
        cluster_id="",
        trust_anchor="",
        host=_client_host(config, cluster) if mode == ActivationMode.SSM else None,
        ssh=_ssh(config) if mode == ActivationMode.SSH else None,
        instance_id=config.get("clientInstanceId") or "",
        admin_secret=config.get("adminSecret") or "",
        kms_user_secret=config.get("kmsUserSecret") or "",
        kms_user=bool(config.get_bool("keyStore")),
        protect=cluster.protect,
        **given(cli_package=config.get("cliPackage") or None),
    )


def _client_host(config: pulumi.Config, cluster: CloudHsmClusterArgs) -> ClientHostArgs | None:
    if config.get("clientInstanceId") or config.get_bool("clientHost") is False:
        return None
    network = cluster.network
    return ClientHostArgs(
        vpc_id="",
        security_group_id="",
        zone=next(iter(network.availability_zones), "") if network else "",
        vpc_cidr=network.vpc_cidr if network else "",
        subnet_id=config.get("clientSubnetId") or None,
        region=cluster.region,
        profile=cluster.profile,
        tags=cluster.tags,
        **given(instance_type=config.get("clientInstanceType") or None),
    )


def _ssh(config: pulumi.Config) -> SshHost:
    key = config.get_secret("sshPrivateKey")
    if key is None:
        raise checks.InputError(
            "ssh_private_key",
            None,
            "activation ssh needs it; run: pulumi config set --secret cloudhsm:sshPrivateKey",
        )
    return SshHost(
        address=config.get("sshAddress") or "",
        host_key=config.get("sshHostKey") or "",
        private_key=key,
        **given(user=config.get("sshUser") or None, port=config.get_int("sshPort")),
    )


def given(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Leaves out what is not configured, so that the Args' own defaults hold."""
    return {name: value for name, value in fields.items() if value is not None}
