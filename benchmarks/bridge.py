"""Cost of the bridge to Octave: calfin.m against the plain command line, on the same scene.

    python benchmarks/bridge.py SCENE --domain FILE [--date YYYY-MM-DD] [--repeat N]

The two take turns; the script prints the medians of N runs each. Without SCENE it makes a synthetic
one. Octave's own clock measures the time within Octave, without its start-up.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pycalfin.resources import folder
from pycalfin.synthetic.painting import DOMAINS, generate


def plain(arguments: argparse.Namespace, output: Path) -> float:
    """Return the seconds of the command line, including the start-up of Python."""
    command = [sys.executable, "-m", "pycalfin", "run", arguments.scene, "--output", str(output)]
    command += ["--domain", arguments.domain]
    command += ["--date", arguments.date] if arguments.date else []
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def bridged(arguments: argparse.Namespace, output: Path) -> tuple[float, float]:
    """Return the seconds of cf.solve() within Octave, and of the whole Octave process."""
    script = (
        f"addpath('{folder('matlab')}'); cf=calfin('scenes','{arguments.scene}',"
        f"'domain','{arguments.domain}','date','{arguments.date or ''}','output','{output}');"
        "tic; cf.solve(); printf('solve %.3f\\n',toc);"
    )
    began = time.perf_counter()
    done = subprocess.run(
        ["octave-cli", "--no-init-file", "--eval", script],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYCALFIN_PYTHON": sys.executable},
    )
    whole = time.perf_counter() - began
    found = re.search(r"^solve (\S+)$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return float(found[1]), whole


def main() -> None:
    """Measure both in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="?")
    parser.add_argument("--domain")
    parser.add_argument("--date")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        if arguments.scene is None:
            arguments.scene = str(generate(place)[1].path)
            arguments.domain = str(place / DOMAINS)
        lines, solves, wholes = [], [], []
        for number in range(arguments.repeat):
            lines.append(plain(arguments, place / f"line{number}"))
            solve, whole = bridged(arguments, place / f"bridge{number}")
            solves.append(solve)
            wholes.append(whole)
    line, solve, whole = (statistics.median(values) for values in (lines, solves, wholes))
    print(f"pycalfin run              {line:6.2f} s")
    print(f"cf.solve() in Octave      {solve:6.2f} s   {solve - line:+.2f} s")
    print(f"Octave, start-up included {whole:6.2f} s")


if __name__ == "__main__":
    main()
