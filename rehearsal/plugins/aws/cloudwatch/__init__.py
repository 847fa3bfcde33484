"""What pulumi-aws calls cloudwatch: CloudWatch, its logs, and EventBridge."""
