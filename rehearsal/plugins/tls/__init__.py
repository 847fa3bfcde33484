"""Stand-in for the tls provider plugin: keys and certificates, made with `cryptography`."""
