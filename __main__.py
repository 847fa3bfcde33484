"""The program: reads configuration, declares the cluster, exports what others need."""

import pulumi
from pulumi_cloudhsm import CloudHsmCluster
from pulumi_cloudhsm.settings import load

settings = load()
cluster = CloudHsmCluster(settings.name, settings.cluster)

pulumi.export("clusterId", cluster.cluster_id)
pulumi.export("clusterState", cluster.state)
pulumi.export("securityGroupId", cluster.security_group_id)
pulumi.export("hsms", cluster.hsms)
pulumi.export("identityVerdict", cluster.verdict)
pulumi.export("identityVerified", cluster.verified)
pulumi.export("caCertificate", cluster.ca_certificate_pem)
pulumi.export("caCertificateSha256", cluster.ca_certificate_sha256)
pulumi.export("caExpires", cluster.ca_expires)
pulumi.export("clusterCertificate", cluster.cluster_certificate_pem)
pulumi.export("clusterCertificateSha256", cluster.cluster_certificate_sha256)
pulumi.export("clusterCertificateExpires", cluster.cluster_certificate_expires)
pulumi.export("files", cluster.files)
pulumi.export("hourlyCost", cluster.hourly_cost)
pulumi.export("nextStep", cluster.next_step)
