"""The Pulumi CLI: found on PATH, installed, or built from its Go modules."""
