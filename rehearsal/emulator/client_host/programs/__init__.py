"""Emulated programs of a client host: a package manager, the AWS CLI, CloudHSM's CLI.

Each is run by a wrapper on the PATH of a throw-away host, see ../machine.py.
"""
