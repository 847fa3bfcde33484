"""What the engine's modules share: environment, locks, processes, long commands, errors."""
