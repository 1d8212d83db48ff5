#!/usr/bin/env python3
"""Memory of the window while it learns at full speed, minute by minute, and its slope.

    cargo build --release && python3 tests/benches/memory.py [--minutes 60] [--misfit target/release/misfit] [-- …]

What stands behind -- goes to `misfit`; without it the default experiment learns. Needs a display and Linux. Moments
and curves are kept up to a budget, which takes some minutes to fill, so the slope is that of the second half. A slope
of more than 10 MB an hour is an error.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--minutes", type=int, default=60)
parser.add_argument("--misfit", default=str(Path(__file__).resolve().parents[2] / "target" / "release" / "misfit"))
parser.add_argument("rest", nargs="*")
arguments = parser.parse_args()
MOST = 10.0


def megabytes(process):
    """Resident memory, MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


with tempfile.TemporaryDirectory() as home:
    # At full speed from the start.
    settings = Path(home) / "misfit" / "window.json"
    settings.parent.mkdir()
    settings.write_text('{"batches_per_second": 1000.0, "screen": "Instrument", "format": 1}')
    own = dict(os.environ, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, MISFIT_STORE="none")
    process = subprocess.Popen([arguments.misfit, "--layout", "train", *arguments.rest], env=own)
    seen = []
    try:
        for minute in range(1, arguments.minutes + 1):
            time.sleep(60)
            if process.poll() is not None:
                sys.exit(f"the window ended in minute {minute}")
            seen.append((minute / 60, megabytes(process)))
            print(f"{minute:>4} min {seen[-1][1]:>7.1f} MB", flush=True)
    finally:
        process.terminate()
        process.wait()
half = seen[len(seen) // 2 :]
hours, memory = ([point[k] for point in half] for k in (0, 1))
mean = [sum(values) / len(values) for values in (hours, memory)]
across = sum((h - mean[0]) ** 2 for h in hours)
slope = sum((h - mean[0]) * (m - mean[1]) for h, m in half) / across if across else 0.0
print(f"second half: {slope:+.1f} MB an hour, at {mean[1]:.0f} MB")
sys.exit(slope > MOST)
