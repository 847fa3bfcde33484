"""Runs the real Pulumi engine without a cloud: CLI, hosts, workspaces, play shell, demo."""
