"""Where commands of the HSMs run: client host, SSH host, passwords, the host program."""
