"""Copies of a cluster's backups in other Regions."""
