"""FSx for NetApp ONTAP under a KMS key."""
