"""The demo's batch: synthetic scenes with known fronts, and the settings of their run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pycalfin.scene import synthetic
from pycalfin.settings import Settings

SCENES = "scenes"
"""Folder of the scenes within the output folder."""


def prepare(
    output: str | Path, settings: Settings | None = None
) -> tuple[list[synthetic.SyntheticScene], Settings]:
    """Write the demo's scenes and say how to run them.

    Parameters
    ----------
    output : path
        Of the run; the scenes go to its folder `scenes`.
    settings : Settings, optional
        Everything but scenes, domain, dates and output.

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
    folder = Path(output) / SCENES
    scenes = synthetic.generate(folder)
    ready = replace(
        settings or Settings(),
        scenes=tuple(str(scene.path) for scene in scenes),
        domain=str(folder / synthetic.DOMAINS),
        domain_name=None,
        date=None,
        output=str(output),
    )
    return scenes, ready
