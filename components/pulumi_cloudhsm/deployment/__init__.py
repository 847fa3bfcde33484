"""The whole chain as one component."""
