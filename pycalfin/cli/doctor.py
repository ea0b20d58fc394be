"""`pycalfin doctor`: what pycalfin needs on this machine, and whether it is there."""

from __future__ import annotations

import argparse
import json

from pycalfin.cli import console
from pycalfin.errors import EXIT_NOTHING, EXIT_OK

HELP = "check this installation, and say what to do where something is wrong"
DESCRIPTION = (
    "Check Python, packages, network, projections, folders, and what MATLAB and Octave need.\n"
    "A note is about something optional. Nothing is installed or left behind."
)
EPILOG = (
    "example: pycalfin doctor\n\n"
    "exit status: 0 what is needed is there; 1 something needed is broken; 2 wrong command line"
)
SCHEMA = 1
"""Version of what --json prints."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder for results."""
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="folder that results shall go to (default: pycalfin_output)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Check, and say what was found as it is found."""
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
        return f"{problems} problem{'s' * (problems > 1)}: pycalfin will not work as it should"
    if notes:
        return f"pycalfin is ready; {notes} note{'s' * (notes > 1)} on what is optional"
    return "pycalfin is ready"
