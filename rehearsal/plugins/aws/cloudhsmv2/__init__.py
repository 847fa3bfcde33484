"""`aws.cloudhsmv2`: clusters and HSMs."""
