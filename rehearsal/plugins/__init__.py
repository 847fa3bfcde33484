"""Stand-ins for the aws, tls and command provider plugins, started by the engine like those.

They hold the resource types the program uses, take their inputs and outputs from the installed
pulumi_aws, pulumi_tls and pulumi_command packages, and speak to loopback only.
"""
