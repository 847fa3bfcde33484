"""What the tests of clusters and of HSMs share."""

from rehearsal.plugins.core.packages import InstalledPackage

CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
HSM = "aws:cloudhsmv2/hsm:Hsm"
ZONE = "us-east-1a"


def outputs_fit_the_package(token: str, outputs: dict) -> bool:
    described = InstalledPackage("aws").resource(token).outputs
    always = {name for name, given in described.items() if given}
    return always <= outputs.keys() <= described.keys()
