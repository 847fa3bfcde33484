"""CloudTrail: its event history."""
