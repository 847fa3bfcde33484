"""How long a Python program takes to import the package, against pulumi_aws alone."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.rows import Row

REPETITIONS = 7
PROGRAMS = {
    "pulumi_aws alone": "import pulumi_aws",
    "this package's facade (loads pulumi_aws)": "from pulumi_cloudhsm import CloudHsmDeployment",
    "this package for the host of dynamic providers": "import pulumi_cloudhsm.dynamic_provider",
}
ALONE = "pulumi_aws alone"


def rows() -> list[Row]:
    """Seconds of a whole Python process for each import; the programs take turns."""
    samples: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for program in PROGRAMS.values():  # once uncounted, so that byte code and files are cached
        _seconds(program)
    for _ in range(REPETITIONS):
        for name, program in PROGRAMS.items():
            samples[name].append(_seconds(program))
    found = {
        name: Row("Import in a fresh Python", name, "s", taken) for name, taken in samples.items()
    }
    return [row.compared(found[ALONE]) for row in found.values()]


def _seconds(program: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - started
