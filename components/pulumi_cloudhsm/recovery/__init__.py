"""What an interrupted run left at AWS: found by its owner tag, adopted once."""
