"""A plan of `pulumi preview`, reviewed: what it does to money, data, keys and people."""
