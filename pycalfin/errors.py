"""Every error that pycalfin raises on purpose.

A message says what arrived, what was expected and what to do, in at most three lines. All errors
derive from `PycalfinError`, and each from the built-in exception that a caller would expect.

- `code` names the kind of error in one word, for run.json and for MATLAB (`calfin:<code>`).
- `exit_status` is the exit status of a command that stops with the error.
"""

from __future__ import annotations

import logging
from typing import ClassVar

log = logging.getLogger(__name__)

EXIT_OK, EXIT_NOTHING, EXIT_USAGE, EXIT_PARTLY = 0, 1, 2, 3
"""Exit statuses.

====== ========================================================
Status Meaning
====== ========================================================
0      something was done and nothing failed
1      nothing was done
2      the command or a setting is wrong; nothing was started
3      something was done and something failed
====== ========================================================
"""


class PycalfinError(Exception):
    """Base class of all errors that pycalfin raises on purpose."""

    code: ClassVar[str] = "failed"
    exit_status: ClassVar[int] = EXIT_NOTHING


class SceneError(PycalfinError, OSError):
    """A scene file is missing, unreadable or of a kind that pycalfin refuses."""

    code = "scene"


class ImageError(PycalfinError, ValueError):
    """An array is not an image in which fronts can be found."""

    code = "image"


class MissingCRSError(PycalfinError, ValueError):
    """A raster or a vector file has no coordinate reference system and none was given."""

    code = "crs"
    exit_status = EXIT_USAGE


class MissingDateError(PycalfinError, ValueError):
    """A scene's date is in neither its name, its metadata nor the settings."""

    code = "date"


class CRSMismatchError(PycalfinError, ValueError):
    """Two geometries have different coordinate reference systems."""

    code = "crs"


class DomainError(PycalfinError, ValueError):
    """A domain file cannot be read, or a domain polygon is empty or invalid."""

    code = "domain"
    exit_status = EXIT_USAGE


class SettingsError(PycalfinError, ValueError):
    """A setting is unknown or its value is invalid."""

    code = "settings"
    exit_status = EXIT_USAGE


class WeightsError(PycalfinError, ValueError):
    """A weights file is corrupt, or belongs to another network."""

    code = "weights"
    exit_status = EXIT_USAGE


class OutputError(PycalfinError, OSError):
    """Results cannot be written to the output folder."""

    code = "output"


class OutputFolderError(OutputError):
    """The output folder cannot be made or written to; nothing was started."""

    exit_status = EXIT_USAGE


class ContourError(PycalfinError, ValueError):
    """A contour file (.exp) is malformed, or a contour would crash ISSM's readers."""

    code = "contour"


class MeshError(PycalfinError, ValueError):
    """A file holds no mesh for level sets."""

    code = "mesh"


class FrontsError(PycalfinError, ValueError):
    """A file holds no fronts for a level set, or their ocean side is unknown."""

    code = "fronts"


class LevelSetError(PycalfinError, ValueError):
    """Fronts or a mesh cannot be turned into level sets."""

    code = "levelset"


class MissingDependencyError(PycalfinError, ImportError):
    """A request needs an optional package that is not installed."""

    code = "dependency"
    exit_status = EXIT_USAGE


class EngineError(PycalfinError, RuntimeError):
    """MATLAB or Octave does not answer, or refuses results that are pushed to it."""

    code = "engine"


class PrunedError(PycalfinError):
    """A subset is skipped before prediction (no-data, cloud, constant); this is no failure."""

    code = "skipped"


class NoOverlapError(PrunedError):
    """A scene and a domain do not overlap; expected in any batch, so no cause for a warning."""

    code = "no_overlap"


class RunError(PycalfinError, RuntimeError):
    """Scenes of a run failed, or no scene could be processed."""

    code = "run"


class ContractError(PycalfinError, ValueError):
    """A file of the MATLAB bridge is damaged, or made for another version of its contract."""

    code = "contract"


def explain(error: Exception, path: str) -> str:
    """Describe in one sentence why a scene failed; log the traceback at debug level."""
    log.debug("traceback of a failed pair", exc_info=error)
    if isinstance(error, PycalfinError):
        return str(error)
    what = f"{path}: unexpected {type(error).__name__}: {error}"
    return f"{' '.join(what.split())}; please report it, with --debug's output"
