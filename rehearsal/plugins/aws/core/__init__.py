"""What the aws resource types share: connection, tags, waiting, errors."""
