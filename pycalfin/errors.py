"""Every error that pycalfin raises on purpose.

Each says what arrived, what was expected and what to do, in at most three lines. All derive from
`PycalfinError`; each is also the built-in exception that a caller would expect in its place.
`code` names the kind in one word where no exception can travel: in run.json, and in MATLAB as
`calfin:<code>`. `exit_status` is that of a command that the error ends.
"""

from __future__ import annotations

import logging
from typing import ClassVar

log = logging.getLogger(__name__)

EXIT_OK, EXIT_NOTHING, EXIT_USAGE, EXIT_PARTLY = 0, 1, 2, 3
"""Exit statuses: something was done and nothing failed; nothing was done; what was asked for is
wrong, and nothing was started; some done, some failed."""


class PycalfinError(Exception):
    """Base of all errors that pycalfin raises on purpose."""

    code: ClassVar[str] = "failed"
    exit_status: ClassVar[int] = EXIT_NOTHING


class SceneError(PycalfinError, OSError):
    """A scene file is missing, unreadable or of a kind that is refused."""

    code = "scene"


class ImageError(PycalfinError, ValueError):
    """An array is not an image that fronts can be looked for in."""

    code = "image"


class MissingCRSError(PycalfinError, ValueError):
    """A raster or a vector file has no coordinate reference system and none was given."""

    code = "crs"
    exit_status = EXIT_USAGE


class MissingDateError(PycalfinError, ValueError):
    """Neither name, metadata nor settings give the date of a scene."""

    code = "date"


class CRSMismatchError(PycalfinError, ValueError):
    """Two geometries of different coordinate reference systems met."""

    code = "crs"


class DomainError(PycalfinError, ValueError):
    """A domain file cannot be read, or a domain polygon is empty or invalid."""

    code = "domain"
    exit_status = EXIT_USAGE


class SettingsError(PycalfinError, ValueError):
    """A setting is unknown or has a value that cannot be used."""

    code = "settings"
    exit_status = EXIT_USAGE


class WeightsError(PycalfinError, ValueError):
    """A weights file is corrupt, or belongs to another network."""

    code = "weights"
    exit_status = EXIT_USAGE


class OutputError(PycalfinError, OSError):
    """Results cannot be written where they should go."""

    code = "output"


class OutputFolderError(OutputError):
    """An output folder cannot be made or written; nothing was started."""

    exit_status = EXIT_USAGE


class ContourError(PycalfinError, ValueError):
    """A contour file (.exp) is malformed, or a contour would crash a reader of ISSM."""

    code = "contour"


class MeshError(PycalfinError, ValueError):
    """A file holds no mesh that level sets can be made on."""

    code = "mesh"


class FrontsError(PycalfinError, ValueError):
    """A file holds no fronts that a level set can be made of, or nothing tells their ocean side."""

    code = "fronts"


class LevelSetError(PycalfinError, ValueError):
    """Fronts or a mesh cannot be turned into level sets."""

    code = "levelset"


class MissingDependencyError(PycalfinError, ImportError):
    """An optional package is needed for what was asked."""

    code = "dependency"
    exit_status = EXIT_USAGE


class EngineError(PycalfinError, RuntimeError):
    """MATLAB or Octave, which results were to be pushed into, does not answer or refuses."""

    code = "engine"


class PrunedError(PycalfinError):
    """A subset is not worth predicting (no-data, cloud, constant); not a failure."""

    code = "skipped"


class NoOverlapError(PrunedError):
    """A scene and a domain do not meet; nothing that a user should be alarmed by."""

    code = "no_overlap"


class RunError(PycalfinError, RuntimeError):
    """Scenes of a run failed, or nothing of it could be worked on."""

    code = "run"


class ContractError(PycalfinError, ValueError):
    """A file of the bridge is damaged, or made for another version of its contract."""

    code = "contract"


def explain(error: Exception, path: str) -> str:
    """One sentence for what went wrong with a scene; the traceback goes to the debug log."""
    log.debug("traceback of a failed pair", exc_info=error)
    if isinstance(error, PycalfinError):
        return str(error)
    what = f"{path}: unexpected {type(error).__name__}: {error}"
    return f"{' '.join(what.split())}; please report it, with --debug's output"
