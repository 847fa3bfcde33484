"""The KMS custom key store, its user on the HSMs, its key."""
