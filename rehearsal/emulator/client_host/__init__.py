"""Client hosts: instances, Run Command, SSH, and the programs that run on a host."""
