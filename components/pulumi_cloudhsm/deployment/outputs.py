"""What a deployment tells its user: its parts, and the outputs of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..activation.component import Activation
from ..aws.cloudhsmv2 import ACTIVE_OR_CHANGING
from ..backups.component import BackupCopies
from ..client.component import Client
from ..cluster.component import CloudHsmCluster
from ..file_system.component import FileSystem
from ..hsms.component import AdditionalHsms
from ..key_store.component import KeyStore
from ..key_store.destroy_cost import destroy_cost
from ..key_store.kms_user_component import KmsCryptoUser
from ..monitoring.component import Monitoring
from ..names import camel_case
from ..network.component import Network
from ..recovery.part import Part
from ..validation import input_names

SECRET_OUTPUTS = ("ca_certificate", "cluster_certificate")
"""Outputs that the state encrypts; not confidential, but walls of text in a diff."""


class DeploymentOutputs(Part):
    """Parts and outputs of a CloudHsmDeployment.

    They are annotated here and not in the component's own class, whose inputs have the same names.
    Pulumi's mocks would take the annotations for the types of these inputs.
    """

    network: Network
    """VPC and subnets."""
    cluster: CloudHsmCluster
    """Cluster, first HSM, trust anchor and initialization."""
    client: Client | None
    """Passwords, and where commands run; None where a person activates."""
    activation: Activation
    """The first administrator."""
    additional_hsms: AdditionalHsms
    """Every HSM but the first."""
    kms_user: KmsCryptoUser | None
    """The user that KMS logs in as; None where a person makes it."""
    key_store: KeyStore | None
    """The key store; None where none is wanted, or nothing can be connected yet."""
    file_system: FileSystem | None
    """The file system; None where none is wanted, or it has no key yet."""
    monitoring: Monitoring | None
    """The alarms; None where none are wanted, or a certificate is awaited."""
    backup_copies: BackupCopies | None
    """Copies of the newest backup; None where none are wanted, or the cluster is not active."""

    cluster_id: pulumi.Output[str]
    """Id of the cluster, `cluster-…`."""
    cluster_state: pulumi.Output[str]
    """ACTIVE, INITIALIZED, what a refresh found, or "awaiting certificate"."""
    security_group_id: pulumi.Output[str]
    """Members of this security group reach the HSMs."""
    hsms: pulumi.Output[list[dict[str, str]]]
    """`id`, `zone` and `ip` of every HSM, the first one first."""
    identity_verdict: pulumi.Output[str]
    """What was proven of the first HSM's identity, in one line."""
    identity_verified: pulumi.Output[bool]
    """Both certificate chains were verified."""
    ca_certificate: pulumi.Output[str]
    """The trust anchor (`customerCA.crt`), PEM. Not confidential; secret to keep diffs short."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the trust anchor."""
    ca_expires: pulumi.Output[str]
    """End of the trust anchor's validity; ISO 8601, UTC."""
    issuer_arn: pulumi.Output[str]
    """The KMS key or the private CA that signs for the CA; empty for any other."""
    cluster_certificate: pulumi.Output[str]
    """The certificate of the cluster, PEM. Not confidential; secret to keep diffs short."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """End of the cluster certificate's validity; ISO 8601, UTC."""
    certificate_files: pulumi.Output[dict[str, str]]
    """File name to path, relative to the program's folder."""
    hourly_cost: pulumi.Output[str]
    """About what AWS charges for the HSMs, in words."""
    admin_secret: pulumi.Output[str]
    """ARN of the secret with the administrator's password; empty where a person keeps it."""
    kms_user_secret: pulumi.Output[str]
    """ARN of the secret with kmsuser's first password; empty where a person keeps it."""
    key_store_id: pulumi.Output[str]
    """Id of the custom key store, `cks-…`; empty without one."""
    key_arn: pulumi.Output[str]
    """ARN of the key that the HSMs hold; empty without a key store."""
    destroy_cost: pulumi.Output[str]
    """What a destroy costs that waits for the key, and how to decide otherwise; empty without a key
    store. `pulumi destroy --diff` shows it in the preview."""
    file_system_id: pulumi.Output[str]
    """Id of the file system, `fs-…`; empty without one."""
    file_system_endpoints: pulumi.Output[dict[str, str]]
    """DNS names by purpose: `management`, `nfs`, `iscsi`, `smb`."""
    file_system_clients_group_id: pulumi.Output[str]
    """Members of this security group may mount; empty where clients were given."""
    file_system_cost: pulumi.Output[str]
    """About what AWS charges for the file system, in words; empty without one."""
    mount_commands: pulumi.Output[dict[str, str]]
    """How a Linux host mounts each volume, by the volume's name."""
    alarm_topic_arn: pulumi.Output[str]
    """ARN of the SNS topic that alarms go to; empty without monitoring."""
    backup_copies_by_region: pulumi.Output[dict[str, dict[str, str]]]
    """By Region: `id` and `arn` of the copy of a backup, and when that backup was made."""
    next_step: pulumi.Output[str]
    """What a person does next, in words."""

    @property
    def outputs(self) -> Mapping[str, pulumi.Output[Any]]:
        """Every output by its name in camelCase, as a stack exports it."""
        return {camel_case(name): getattr(self, name) for name in _OUTPUTS}

    def _next_step(self) -> pulumi.Output[str]:
        """The activation's until the cluster is active; then what there is decides."""
        done = next_step(
            self.additional_hsms.number,
            key_store=self.key_store is not None,
            by_program=self.client is not None,
            host=self.client is not None and self.client.makes_host,
        )
        return pulumi.Output.all(self.activation.state, self.activation.next_step).apply(
            lambda known: done if known[0] in ACTIVE_OR_CHANGING else known[1]
        )

    def _publish(self) -> None:
        cluster, keys, files = self.cluster, self.key_store, self.file_system
        self.cluster_id, self.security_group_id = cluster.cluster_id, cluster.security_group_id
        self.cluster_state, self.next_step = self.activation.state, self._next_step()
        self.hsms = self.additional_hsms.hsms
        self.identity_verdict, self.identity_verified = cluster.verdict, cluster.verified
        self.ca_certificate = cluster.ca_certificate
        self.ca_certificate_sha256 = cluster.ca_certificate_sha256
        self.ca_expires, self.issuer_arn = cluster.ca_expires, cluster.issuer_arn
        self.cluster_certificate = cluster.cluster_certificate
        self.cluster_certificate_sha256 = cluster.cluster_certificate_sha256
        self.cluster_certificate_expires = cluster.cluster_certificate_expires
        self.certificate_files, self.hourly_cost = cluster.files, cluster.hourly_cost
        none = pulumi.Output.from_input("")
        self.admin_secret = self.client.admin_secret if self.client else none
        self.kms_user_secret = self.client.kms_user_secret if self.client else none
        self.key_store_id = keys.key_store_id if keys else none
        self.key_arn = keys.key_arn if keys else none
        told = destroy_cost(keys.args, self.additional_hsms.number) if keys else ""
        self.destroy_cost = pulumi.Output.from_input(told)
        self.file_system_id = files.file_system_id if files else none
        self.file_system_clients_group_id = files.clients_security_group_id if files else none
        self.file_system_cost = files.cost if files else none
        self.alarm_topic_arn = self.monitoring.topic_arn if self.monitoring else none
        nowhere = pulumi.Output.from_input(dict[str, str]())
        self.file_system_endpoints = files.endpoints if files else nowhere
        self.mount_commands = files.mount_commands if files else nowhere
        copies = self.backup_copies
        self.backup_copies_by_region = (
            copies.copies if copies else pulumi.Output.from_input(dict[str, dict[str, str]]())
        )


def next_step(hsms: int, *, key_store: bool, by_program: bool, host: bool) -> str:
    """What a person does next with an active cluster, in words.

    Args:
        hsms: how many HSMs there are.
        key_store: whether there is a key store.
        by_program: whether a program makes users on the HSMs.
        host: whether a client host is there that only serves that program.
    """
    there = "no HSM" if hsms == 0 else "1 HSM" if hsms == 1 else f"{hsms} HSMs"
    line = f"the cluster is active with {there}"
    more = "" if hsms >= 2 else "hsms.count 2 and "
    if key_store:
        line += " and a key store: give key_arn to what encrypts"
    elif by_program:
        line += f"; for KMS: {more}key_store"
    else:
        line += (
            f"; for KMS: {more}the crypto user kmsuser on them (cloudhsm-cli user create "
            "--username kmsuser --role crypto-user; its password in a secret, too), then "
            "key_store with its kms_user_secret"
        )
    if host:
        line += "; once all is done, the client host is not needed: client.host False deletes it"
    return input_names().text(line)


_OUTPUTS = tuple(
    name
    for name, hint in DeploymentOutputs.__annotations__.items()
    if str(hint).startswith("pulumi.Output")
)
