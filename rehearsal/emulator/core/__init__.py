"""What every emulated service shares: requests and answers, time, faults, the log, the network."""
