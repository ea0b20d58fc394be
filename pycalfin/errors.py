"""Every error that pycalfin raises on purpose.

Each says what arrived, what was expected and what to do, in at most three lines. All derive from
`PycalfinError`; each is also the built-in exception that a caller would expect in its place.
"""

from __future__ import annotations


class PycalfinError(Exception):
    """Base of all errors that pycalfin raises on purpose."""


class SceneError(PycalfinError, OSError):
    """A scene file is missing, unreadable or of a kind that is refused."""


class ImageError(PycalfinError, ValueError):
    """An array is not an image that fronts can be looked for in."""


class MissingCRSError(PycalfinError, ValueError):
    """A raster or a vector file has no coordinate reference system and none was given."""


class MissingDateError(PycalfinError, ValueError):
    """Neither name, metadata nor settings give the date of a scene."""


class CRSMismatchError(PycalfinError, ValueError):
    """Two geometries of different coordinate reference systems met."""


class DomainError(PycalfinError, ValueError):
    """A domain file cannot be read, or a domain polygon is empty or invalid."""


class SettingsError(PycalfinError, ValueError):
    """A setting is unknown or has a value that cannot be used."""


class WeightsError(PycalfinError, ValueError):
    """A weights file is corrupt, or belongs to another network."""


class OutputError(PycalfinError, OSError):
    """Results cannot be written where they should go."""


class ContourError(PycalfinError, ValueError):
    """A contour file (.exp) is malformed, or a contour would crash a reader of ISSM."""


class MissingDependencyError(PycalfinError, ImportError):
    """An optional package is needed for what was asked."""


class PrunedError(PycalfinError):
    """A subset is not worth predicting (no-data, cloud, constant, no overlap); not a failure."""
