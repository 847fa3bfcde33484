"""InitializeCluster and the files of certificates and CA key."""
