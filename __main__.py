"""The program: reads configuration, declares the chain, exports what others need."""

import pulumi
from pulumi_cloudhsm import (
    Activation,
    AdditionalHsms,
    Client,
    CloudHsmCluster,
    KeyStore,
    KmsCryptoUser,
    Storage,
)
from pulumi_cloudhsm.settings import load

settings = load()
name = settings.name
cluster = CloudHsmCluster(name, settings.cluster)
wanted_client = settings.client_of(cluster)
client = Client(f"{name}-client", wanted_client) if wanted_client else None
activation = Activation(f"{name}-activation", settings.activation_of(cluster, client))
hsms = AdditionalHsms(f"{name}-hsm", settings.hsms_of(cluster, activation))
wanted_user = settings.kms_user_of(cluster, hsms, client)
kms_user = KmsCryptoUser(f"{name}-kms", wanted_user) if wanted_user else None
wanted_store = settings.key_store_of(cluster, hsms, client, kms_user)
key_store = KeyStore(f"{name}-keys", wanted_store) if wanted_store else None
files = settings.storage_of(cluster, key_store)
storage = Storage(f"{name}-storage", files) if files else None

pulumi.export("clusterId", cluster.cluster_id)
pulumi.export("clusterState", activation.state)
pulumi.export("securityGroupId", cluster.security_group_id)
pulumi.export("hsms", hsms.hsms)
pulumi.export("identityVerdict", cluster.verdict)
pulumi.export("identityVerified", cluster.verified)
pulumi.export("caCertificate", cluster.ca_certificate_pem)
pulumi.export("caCertificateSha256", cluster.ca_certificate_sha256)
pulumi.export("caExpires", cluster.ca_expires)
pulumi.export("issuerArn", cluster.issuer_arn)
pulumi.export("clusterCertificate", cluster.cluster_certificate_pem)
pulumi.export("clusterCertificateSha256", cluster.cluster_certificate_sha256)
pulumi.export("clusterCertificateExpires", cluster.cluster_certificate_expires)
pulumi.export("files", cluster.files)
pulumi.export("backups", hsms.backups)
pulumi.export("hourlyCost", cluster.hourly_cost)
pulumi.export("adminSecret", client.admin_secret if client else "")
pulumi.export("kmsUserSecret", client.kms_user_secret if client else "")
pulumi.export("keyStoreId", key_store.key_store_id if key_store else "")
pulumi.export("keyArn", key_store.key_arn if key_store else "")
pulumi.export("fileSystemId", storage.file_system_id if storage else "")
pulumi.export("fileSystemEndpoints", storage.endpoints if storage else {})
pulumi.export("fileSystemCost", storage.cost if storage else "")
pulumi.export("mountCommands", storage.mount_commands if storage else {})
pulumi.export("nextStep", activation.next_step)
