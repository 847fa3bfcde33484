"""AWS Private CA: authorities and the certificates they issue."""
