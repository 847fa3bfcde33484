"""Kills the CLI at every call that changes something at AWS, and looks how the stack recovers."""
