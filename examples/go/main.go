// From an empty VPC to a KMS key that only your HSMs hold.
package main

import (
	"example.com/pulumi-cloudhsm/sdk/go/cloudhsm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		region := config.Require(ctx, "region")
		mode := cloudhsm.ActivationModeSsm
		vault, err := cloudhsm.NewCloudHsmDeployment(ctx, "vault", &cloudhsm.CloudHsmDeploymentArgs{
			Region:  pulumi.String(region),
			Network: cloudhsm.NetworkArgs{AvailabilityZones: []string{region + "a", region + "b"}},
			Trust: &cloudhsm.TrustArgs{Subject: &cloudhsm.SubjectArgs{
				CommonName:   "Example Corp CloudHSM CA",
				Organization: "Example Corp",
			}},
			Hsms:       &cloudhsm.HsmsArgs{Count: pulumi.IntRef(2)},
			Activation: &cloudhsm.ActivationArgs{Mode: &mode},
			KeyStore:   &cloudhsm.KeyStoreArgs{},
			// Only for a stack that holds nothing of value: without it, a destroy is refused.
			Protect: pulumi.BoolRef(false),
		})
		if err != nil {
			return err
		}
		ctx.Export("clusterId", vault.ClusterId)
		ctx.Export("clusterState", vault.ClusterState)
		ctx.Export("keyArn", vault.KeyArn)
		ctx.Export("nextStep", vault.NextStep)
		return nil
	})
}
