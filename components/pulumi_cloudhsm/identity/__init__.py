"""The identity of a cluster's first HSM: certificate chains, pinned roots, the verdict."""
