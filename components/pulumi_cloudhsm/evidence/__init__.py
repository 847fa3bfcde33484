"""Proof of how a cluster's trust anchor came about, as one file that an auditor can check.

    python -m pulumi_cloudhsm.evidence collect --output evidence.zip
    python -m pulumi_cloudhsm.evidence verify evidence.zip

`collect` reads the stack's state, `verify` needs no stack, no network and no AWS account.
"""
