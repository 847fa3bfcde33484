"""`aws.fsx`: ONTAP file systems, storage virtual machines and volumes."""
