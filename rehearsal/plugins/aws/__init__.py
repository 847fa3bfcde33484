"""Stand-in for the aws provider plugin: CloudHSM clusters and HSMs, VPCs, subnets and functions."""
