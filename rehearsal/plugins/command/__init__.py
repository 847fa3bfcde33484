"""Stand-in for the command provider plugin: `local.Command`."""
