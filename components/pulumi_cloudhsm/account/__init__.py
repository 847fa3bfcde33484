"""The one account and Region that a deployment is in, and how our own calls reach it."""
