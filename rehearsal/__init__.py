"""Everything that lets the program run without AWS; the product never imports it."""
