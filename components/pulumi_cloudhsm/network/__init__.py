"""The network of a cluster: a VPC to make, or subnets that exist."""
