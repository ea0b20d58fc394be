"""Whole-process time and peak memory of `pycalfin run` on one scene, and where the time goes.

Start-up is included: every measurement is a process of its own. Example:

    python benchmarks/run_scene.py scene.tif --domain box.geojson --date 2021-09-26 --repeat 3

Arguments that this script does not know go to `pycalfin run`. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
"""One line of `python -X importtime`: microseconds of the module itself, and its name."""
LISTED_PACKAGES = 6


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    megabytes: float


def measure(command: list[str], errors: Path) -> Cost:
    """Run a command to its end; its wall time and its peak resident memory."""
    with errors.open("wb") as log:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{errors.read_text()}")
    return Cost(seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def imports(errors: Path) -> Counter[str]:
    """Seconds of importing, by top-level package, from the log of `-X importtime`."""
    packages: Counter[str] = Counter()
    for microseconds, module in IMPORT_LINE.findall(errors.read_text()):
        packages[module.partition(".")[0]] += int(microseconds)
    return Counter({name: spent / 1e6 for name, spent in packages.items()})


def steps(run_json: Path) -> Counter[str]:
    """Seconds by step, summed over the pairs and the run itself."""
    document = json.loads(run_json.read_text())
    seconds: Counter[str] = Counter()
    for timings in [document.get("timings", {}), *(p["timings"] for p in document["pairs"])]:
        seconds.update(timings)
    return seconds


def show(title: str, seconds: float, whole: float) -> None:
    """Print a line of the table."""
    print(f"{title:<32}{seconds:8.2f} s{seconds / whole:8.0%}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("scene")
    parser.add_argument("--repeat", type=int, default=3, help="runs; the median is reported")
    options, others = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        errors, output = Path(folder, "stderr"), Path(folder, "out")
        python = [sys.executable]
        run = ["-m", "pycalfin", "run", options.scene, *others, "--output", str(output)]
        run.append("--no-resume")
        command_help = [*python, "-m", "pycalfin", "--help"]
        helps = [measure(command_help, errors) for _ in range(options.repeat)]
        runs = [measure(python + run, errors) for _ in range(options.repeat)]
        spent = steps(output / "run.json")
        measure([*python, "-X", "importtime", *run], errors)
        packages = imports(errors)
    whole = statistics.median(cost.seconds for cost in runs)
    print(
        f"median of {options.repeat}, {os.cpu_count()} processors, Python {sys.version.split()[0]}"
    )
    print(f"pycalfin --help{statistics.median(cost.seconds for cost in helps):25.2f} s")
    show("pycalfin run, whole process", whole, whole)
    print(f"peak memory{max(cost.megabytes for cost in runs):29.0f} MiB")
    print("\nimporting, by package (a run of its own, with -X importtime)")
    show("  all", packages.total(), whole)
    for name, seconds in packages.most_common(LISTED_PACKAGES):
        show(f"  {name}", seconds, whole)
    print("\nsteps, as run.json tells (importing included where a step imports)")
    for name, seconds in spent.most_common():
        show(f"  {name}", seconds, whole)


if __name__ == "__main__":
    main()
