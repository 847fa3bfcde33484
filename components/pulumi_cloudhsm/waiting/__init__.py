"""Waiting for AWS: when to look, what to say meanwhile, and how long things usually take."""
