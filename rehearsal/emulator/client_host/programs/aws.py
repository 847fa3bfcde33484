"""`aws secretsmanager get-secret-value`, under the role of the host."""

import argparse
import json

from asking import ask

parser = argparse.ArgumentParser(prog="aws")
parser.add_argument("service", choices=["secretsmanager"])
parser.add_argument("operation", choices=["get-secret-value"])
parser.add_argument("--secret-id", required=True)
parser.add_argument("--region", required=True)
parser.add_argument("--query", choices=["SecretString"], required=True)
parser.add_argument("--output", choices=["json"], required=True)
given = parser.parse_args()
print(json.dumps(ask("/host/secret", secret_id=given.secret_id, region=given.region)["text"]))
