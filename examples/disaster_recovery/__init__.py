"""A disaster recovery drill as a command: what comes back, how soon, and how old it is."""
