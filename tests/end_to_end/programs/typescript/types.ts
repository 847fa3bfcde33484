// Only compiled: what the SDK's types allow, and what they refuse before any preview.

import * as pulumi from "@pulumi/pulumi";
import * as cloudhsm from "@pulumi/cloudhsm";

const network: cloudhsm.types.input.NetworkArgs = { availabilityZones: ["eu-central-1a"] };
const arn = pulumi.output("arn:aws:secretsmanager:eu-central-1:123456789012:secret:admin");

const vault = new cloudhsm.CloudHsmDeployment("enums-and-outputs", {
    network,
    trust: { mode: cloudhsm.TrustMode.PrivateCa },
    activation: { mode: "ssm", adminSecret: arn },
});
const state: pulumi.Output<string> = vault.clusterState;
const proven: pulumi.Output<boolean> = vault.identityVerified;

// @ts-expect-error - the network has no default
new cloudhsm.CloudHsmDeployment("without-network", {});
// @ts-expect-error - no such mode
new cloudhsm.CloudHsmDeployment("unknown-mode", { network, activation: { mode: "smm" } });
// @ts-expect-error - no such input
new cloudhsm.CloudHsmDeployment("unknown-input", { network, keystore: {} });
// @ts-expect-error - it decides which resources exist, so it takes no Output
new cloudhsm.CloudHsmDeployment("output-count", { network, hsms: { count: pulumi.output(2) } });
