"""Measures how fast the project is, beside what people use otherwise: `make bench`."""
