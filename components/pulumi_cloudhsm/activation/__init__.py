"""From INITIALIZED to ACTIVE: the first administrator of the HSMs."""
