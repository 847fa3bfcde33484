"""CloudHSM v2: clusters, HSMs, backups, users and certificates."""
