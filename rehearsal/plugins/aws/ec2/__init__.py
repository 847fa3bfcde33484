"""`aws.ec2` and `aws.vpc`: networks, routes, security groups and instances."""
