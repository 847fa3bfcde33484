"""How long AWS takes for a step, in seconds: for progress lines, and for the review of a plan.

Each has its source in docs/reference/timings.md. Pure.
"""

from __future__ import annotations

FIRST_HSM = 600.0
"""The first HSM of a cluster."""
FURTHER_HSM = FIRST_HSM / 2
"""An HSM that joins an active cluster."""
INITIALIZATION = 210.0
"""InitializeCluster."""
KEY_STORE = 1200.0
"""The connection of a custom key store."""
FILE_SYSTEM = 1800.0
"""An FSx file system."""
