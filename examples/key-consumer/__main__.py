"""Another stack's key encrypts a file system of this one."""

import pulumi

from pulumi_cloudhsm import FileSystem, FileSystemArgs

vault = pulumi.StackReference(pulumi.Config().require("vault"))
files = FileSystem(
    "archive",
    FileSystemArgs(
        name="archive",
        key_arn=vault.require_output("keyArn"),
        subnet_id=vault.require_output("subnetIds")[0],
        clients=[vault.require_output("securityGroupId")],
    ),
)
pulumi.export("fileSystemId", files.file_system_id)
pulumi.export("mountCommands", files.mount_commands)
