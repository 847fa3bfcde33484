"""Programs of plain resources, to compare with."""

from __future__ import annotations

from pathlib import Path

PROJECT = """name: plain
runtime:
  name: python
  options: {virtualenv: .venv}
"""
PROGRAM = """import pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
for number in range(NUMBER - 1):
    name = f"group-{number}"
    aws.ec2.SecurityGroup(name, name=name, vpc_id=vpc.id, description="plain")
"""
OF_EACH_PLUGIN = """
import pulumi_tls as tls

from empty import Empty

tls.PrivateKey("key", algorithm="ED25519")
Empty("empty")
"""
"""Two resources more, so that the engine starts the plugins that this package needs."""
EMPTY = """from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class EmptyProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("empty", {})


class Empty(Resource):
    def __init__(self, name):
        super().__init__(EmptyProvider(), name, {})
"""


def write_plain_program(
    folder: Path, resources: int, region: str, *, of_each_plugin: bool = False
) -> Path:
    """Writes a project that declares so many resources.

    Args:
        folder: of the project; made when missing.
        resources: how many.
        region: AWS's.
        of_each_plugin: whether one is of the tls provider, and one dynamic; otherwise all are of
            the aws provider.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "Pulumi.dev.yaml").write_text(f"config: {{'aws:region': {region}}}\n")
    of_aws = resources - 2 if of_each_plugin else resources
    program = PROGRAM.replace("NUMBER", str(of_aws))
    (folder / "__main__.py").write_text(program + OF_EACH_PLUGIN * of_each_plugin)
    (folder / "empty.py").write_text(EMPTY)
    return folder
