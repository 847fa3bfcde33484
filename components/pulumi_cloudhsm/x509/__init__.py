"""X.509 certificates: reading them, and building what a key elsewhere signs."""
