"""Stand-ins for the aws, tls and command provider plugins, started by the engine like those.

They hold the resource types that the program uses. Inputs and outputs come from the installed
pulumi_aws, pulumi_tls and pulumi_command packages. They speak to loopback only.
"""
