"""An AWS on loopback: CloudHSM v2 as AWS behaves, in front of moto for every other service.

Start it with ``python -m rehearsal.emulator --port 0 --speed 60``; from Python use
:func:`rehearsal.emulator.process.running_emulator`. The README in this folder describes the
control interface (log, faults, settings, resources).
"""
