"""The HSMs of an active cluster: where they go, and that all are ACTIVE."""
