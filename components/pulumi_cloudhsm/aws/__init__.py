"""AWS access: plain boto3, no Pulumi. One module per service, one place for advice."""
