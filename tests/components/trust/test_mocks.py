"""A CA in the unit tests of an importing stack, under Pulumi's own mocks."""

import subprocess
import sys

AN_IMPORTING_STACKS_TEST = """
import boto3, pulumi

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, dict(args.inputs)

    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks())
boto3.Session = None  # whoever asks AWS fails

from pulumi_cloudhsm.trust.args import Subject, TrustArgs
from pulumi_cloudhsm.trust.component import create_issuer

@pulumi.runtime.test
def outputs_are_empty_without_a_certificate():
    told = []
    for mode in ("generated", "kms", "acm-pca"):
        issuer = create_issuer(mode, TrustArgs(mode=mode, subject=Subject("CA", "Org")))
        issuer.sign(f"{mode}-leaf", "CSR")
        told += [issuer.expires, issuer.ca_certificate_sha256]
    return pulumi.Output.all(*told).apply(lambda known: print(known))

outputs_are_empty_without_a_certificate()
"""


def test_an_importing_stacks_mocks_need_no_certificate_and_no_aws() -> None:
    """In a process of its own: Pulumi's mocks leave event loops open."""
    done = subprocess.run(
        [sys.executable, "-c", AN_IMPORTING_STACKS_TEST],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([""] * 6)
