"""The processes that the CLI starts: language host, dynamic host, and what starts them."""
