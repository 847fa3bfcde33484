"""The cluster's trust anchor: the CAs that can issue it, and certificates from elsewhere."""
