"""How long the steps of a deployment took, and how much of it was AWS."""
