"""`pycalfin doctor`: check this installation."""

from __future__ import annotations

import argparse
import json

from pycalfin.cli import console
from pycalfin.errors import EXIT_NOTHING, EXIT_OK

HELP = "check this installation, and say how to repair problems"
DESCRIPTION = (
    "Check Python, packages, network, projections, folders, MATLAB and Octave. A note is about\n"
    "something optional. Nothing is installed, and no files are left behind."
)
EPILOG = (
    "example: pycalfin doctor\n\n"
    "exit status: 0 no problem; 1 something needed is missing or broken; 2 wrong command line"
)
SCHEMA = 1
"""Version of the output of --json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="folder to check for results (default: pycalfin_output)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the checks, and print each result at once."""
    from pycalfin.doctor import NOTE, PROBLEM, examine

    findings = []
    for finding in examine(arguments.output):
        findings.append(finding)
        if not arguments.json:
            console.finding(finding.state, finding.name, finding.text, finding.remedy)
    problems = sum(finding.state == PROBLEM for finding in findings)
    notes = sum(finding.state == NOTE for finding in findings)
    status = EXIT_NOTHING if problems else EXIT_OK
    if arguments.json:
        summary = {
            "schema": SCHEMA,
            "exit_status": status,
            "problems": problems,
            "notes": notes,
            "checks": [vars(finding) for finding in findings],
        }
        print(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        print(f"\n{_verdict(problems, notes)}")
    return status


def _verdict(problems: int, notes: int) -> str:
    if problems:
        return f"{problems} problem{'s' * (problems > 1)}: pycalfin will not work properly"
    if notes:
        return f"pycalfin is ready; {notes} note{'s' * (notes > 1)} on optional parts"
    return "pycalfin is ready"
