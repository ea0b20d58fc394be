"""Whole-process time and peak memory of `pycalfin run` on one scene, and where the time goes.

Every measurement starts a new process, so the start-up is included. Example:

    python benchmarks/run_scene.py scene.tif --domain box.geojson --date 2021-09-26 --repeat 3

Unknown arguments are passed to `pycalfin run`. The script needs a POSIX system.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import NamedTuple

IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
"""A line of `python -X importtime`: microseconds of the module alone, and its name."""
LISTED_PACKAGES = 6
WITHIN_PAIRS = {"ledger"}
"""Steps of the run that are part of its step `pairs`."""


class Process(NamedTuple):
    """Time, memory and output of a process."""

    seconds: float
    megabytes: float
    output: str
    log: str


def measure(*arguments: str) -> Process:
    """Run Python with these arguments; measure wall time and peak resident memory."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as log:
        start = time.perf_counter()
        child = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        log.seek(0)
        kibibytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        process = Process(seconds, kibibytes / 1024, output.read(), log.read())
    if child.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {child.returncode}:\n{process.log}")
    return process


def imports(log: str) -> Counter[str]:
    """Return the seconds of importing by top-level package, from the log of `-X importtime`."""
    packages: Counter[str] = Counter()
    for microseconds, module in IMPORT_LINE.findall(log):
        packages[module.partition(".")[0]] += int(microseconds)
    return Counter({name: spent / 1e6 for name, spent in packages.items()})


def show(title: str, seconds: float, whole: float) -> None:
    """Print a line of the table."""
    print(f"{title:<36}{seconds:8.2f} s{seconds / whole:8.0%}")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("scene")
    parser.add_argument("--repeat", type=int, default=3, help="runs; the median is reported")
    options, others = parser.parse_known_args()
    pycalfin = ("-m", "pycalfin")
    with tempfile.TemporaryDirectory() as folder:
        run = (*pycalfin, "run", options.scene, *others, "--output", folder, "--no-resume")
        helps = [measure(*pycalfin, "--help") for _ in range(options.repeat)]
        runs = [measure(*run, "--json") for _ in range(options.repeat)]
        packages = imports(measure("-X", "importtime", *run).log)
    middle = sorted(runs)[len(runs) // 2]
    summary = json.loads(middle.output)
    steps = summary["timings"]
    pairs: Counter[str] = Counter({name: steps.pop(name) for name in WITHIN_PAIRS & steps.keys()})
    for pair in summary["pairs"]:
        pairs.update(pair["timings"])
    whole = middle.seconds

    print(
        f"median of {options.repeat}, {os.cpu_count()} processors, Python {sys.version.split()[0]}"
    )
    show("pycalfin --help", sorted(helps)[len(helps) // 2].seconds, whole)
    show("pycalfin run, whole process", whole, whole)
    print(f"{'peak memory':<36}{max(process.megabytes for process in runs):8.0f} MiB")
    print("\nsteps of the run (the rest is Python, and imports before the first step)")
    for name, seconds in steps.items():
        show(f"  {name}", seconds, whole)
    show("  rest", whole - sum(steps.values()), whole)
    print("\nsteps of its pairs (including imports within a step)")
    for name, seconds in pairs.most_common():
        show(f"  {name}", seconds, whole)
    print("\nimports, by package (a separate run, with -X importtime)")
    show("  all", packages.total(), whole)
    for name, seconds in packages.most_common(LISTED_PACKAGES):
        show(f"  {name}", seconds, whole)


if __name__ == "__main__":
    main()
