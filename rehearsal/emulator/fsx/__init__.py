"""FSx for NetApp ONTAP: file systems, storage virtual machines, volumes and backups."""
