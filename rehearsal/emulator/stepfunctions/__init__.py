"""Step Functions: moto keeps state machines and runs them; their calls come back here."""
