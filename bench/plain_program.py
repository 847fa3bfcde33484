"""A program of plain resources of one plugin, to compare with."""

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


def write_plain_program(folder: Path, resources: int, region: str) -> Path:
    """Writes a project that declares so many resources of the aws provider."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "Pulumi.dev.yaml").write_text(f"config: {{'aws:region': {region}}}\n")
    (folder / "__main__.py").write_text(PROGRAM.replace("NUMBER", str(resources)))
    return folder
