"""A host of somebody's that is reached by SSH."""

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID2DBBPa1cIQJjh0ghn5FXQGDJpMfQ9i+UBW7sQVV5vD"
"""Its public key."""
