"""The checks of `pycalfin doctor`: whether this machine has all that pycalfin needs.

A check returns a `Finding`: ok, a note (something optional is missing), or a problem (something
needed is missing or broken) with its remedy. Nothing is installed, and no files are left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pycalfin.doctor import installation, machine, programs
from pycalfin.doctor.finding import NOTE, OK, PROBLEM, Finding
from pycalfin.errors import PycalfinError
from pycalfin.settings import Settings

__all__ = ["NOTE", "OK", "PROBLEM", "Finding", "examine"]


def examine(output: str | Path | None = None) -> Iterator[Finding]:
    """Check this machine, one item after the other.

    Parameters
    ----------
    output : path, optional
        Folder to check for results. Default: the default output folder of `pycalfin run`.

    Yields
    ------
    Finding
    """
    folder = Path(output or Settings().output)
    checks: dict[str, Callable[[], Finding]] = {
        "Python": installation.check_python,
        "pycalfin": installation.check_pycalfin,
        "packages": installation.check_packages,
        "engine": installation.check_engine,
        "bf16": installation.check_bf16,
        "network": installation.check_network,
        "cache": machine.check_cache,
        "GDAL": machine.check_gdal,
        "projections": machine.check_projections,
        "output": lambda: machine.check_output(folder),
        "MATLAB files": programs.check_matlab_files,
        "MATLAB": programs.check_matlab,
        "Octave": programs.check_octave,
        "ISSM": programs.check_issm,
        "pyISSM": programs.check_pyissm,
        "training": programs.check_training,
    }
    for name, check in checks.items():
        try:
            yield check()
        except PycalfinError as error:
            yield Finding(name, PROBLEM, *_split_remedy(str(error)))
        except Exception as error:  # anything can be broken, and doctor must report it
            what = " ".join(f"{type(error).__name__}: {error}".split())
            yield Finding(name, PROBLEM, f"cannot be checked ({what})", "reinstall pycalfin")


def _split_remedy(sentence: str) -> tuple[str, str]:
    """Split the message of an error into text and remedy."""
    text, _, remedy = sentence.rpartition("; ")
    return (text, remedy) if text else (sentence, "reinstall pycalfin")
