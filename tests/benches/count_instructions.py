#!/usr/bin/env python3
"""Instructions that the kernels execute per sample, counted by callgrind.

    cargo build --release && python3 tests/benches/count_instructions.py [--update]

Counts do not depend on what else the machine does, so a change of one per cent is a change. Valgrind knows no
AVX-512: what is counted is the code for AVX2. Two runs that differ in the number of batches take the start of
the program out. The reference stands in instructions.json beside this file; more than 3 % above it is an error.
Needs valgrind (Debian package of that name).
"""
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MISFIT = HERE.parent.parent / "target" / "release" / "misfit"
REFERENCE = HERE / "instructions.json"
BATCH = 100
TOLERANCE = 1.03


def instructions(workload: str, what: str, batches: int) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(MISFIT), "bench"]
    command += ["--workload", workload, "--threads", "1", f"--{what}-batches", str(batches)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return int(re.search(r"Collected : (\d+)", output)[1])


def main() -> int:
    counts = {}
    for workload in ["P", "S", "Y"]:
        for what in ["forward", "training"]:
            few, many = (instructions(workload, what, n) for n in (1, 3))
            counts[f"{workload} {what}"] = round((many - few) / 2 / BATCH)
    if "--update" in sys.argv:
        REFERENCE.write_text(json.dumps(counts, indent=2) + "\n")
    reference = json.loads(REFERENCE.read_text())
    worse = 0
    for name, count in counts.items():
        ratio = count / reference[name]
        worse += ratio > TOLERANCE
        print(f"{name:<12} {count:>12,} instructions per sample, {ratio:.3f} of the reference")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main())
