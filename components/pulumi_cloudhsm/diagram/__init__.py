"""A deployment as it is, drawn from the stack's state."""
