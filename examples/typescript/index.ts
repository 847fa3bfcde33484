// From an empty VPC to a KMS key that only your HSMs hold.

import * as pulumi from "@pulumi/pulumi";
import * as cloudhsm from "@pulumi/cloudhsm";

const config = new pulumi.Config();
const region = config.require("region");

const vault = new cloudhsm.CloudHsmDeployment("vault", {
    region,
    network: { availabilityZones: [`${region}a`, `${region}b`] },
    trust: { subject: { commonName: "Example Corp CloudHSM CA", organization: "Example Corp" } },
    hsms: { count: 2 },
    activation: { mode: cloudhsm.ActivationMode.Ssm },
    keyStore: {},
    // With a passphrase, the CA's private key is written as well, encrypted with it.
    files: { caKeyPassphrase: config.getSecret("caKeyPassphrase") },
    // Only for a stack that holds nothing of value: without it, a destroy is refused.
    protect: false,
});

export const clusterId = vault.clusterId;
export const clusterState = vault.clusterState;
export const keyArn = vault.keyArn;
export const nextStep = vault.nextStep;
