"""A CloudHSM cluster, its first HSM, and the settings of the cluster."""
