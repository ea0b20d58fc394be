"""The demo's batch: synthetic scenes with known fronts, and the settings of their run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pycalfin.batch.prepare import prepare
from pycalfin.records import Domain
from pycalfin.settings import Settings
from pycalfin.synthetic import painting

SCENES = "scenes"
"""Folder of the scenes within the output folder."""


def check(output: str | Path, settings: Settings | None = None) -> None:
    """Check that the demo can run, before a scene is painted.

    Parameters
    ----------
    output : path
    settings : Settings, optional
        See `make`.

    Raises
    ------
    PycalfinError
        See `pycalfin.batch.prepare.prepare`.
    """
    planned = painting.planned(Path(output) / SCENES)
    domains = [Domain(name, polygon, crs) for name, polygon, crs in painting.domains()]
    prepare(replace(_ready(output, settings, planned), domain=None), domains)


def make(
    output: str | Path, settings: Settings | None = None
) -> tuple[list[painting.SyntheticScene], Settings]:
    """Write the demo's scenes and return the settings to run them.

    Parameters
    ----------
    output : path
        Output folder of the run; the scenes go to its subfolder `scenes`.
    settings : Settings, optional
        All settings except scenes, domain, date and output, which are replaced.

    Returns
    -------
    scenes : list of SyntheticScene
    settings : Settings
        For `pycalfin.run`.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    scenes = painting.generate(Path(output) / SCENES)
    return scenes, _ready(output, settings, [scene.path for scene in scenes])


def _ready(output: str | Path, settings: Settings | None, scenes: Sequence[Path]) -> Settings:
    return replace(
        settings or Settings(),
        scenes=tuple(str(path) for path in scenes),
        domain=str(Path(output) / SCENES / painting.DOMAINS),
        domain_name=None,
        date=None,
        output=str(output),
    )
