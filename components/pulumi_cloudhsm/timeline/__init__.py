"""A run of the engine as a picture: steps as bars over time."""
