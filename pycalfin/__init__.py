"""Calving fronts of marine-terminating glaciers, from satellite images to ice-sheet models.

Public names are imported on first use, so `import pycalfin` stays quick:

>>> import pycalfin
>>> front = pycalfin.Front(xy=[[0, 0], [100, 0]], crs="EPSG:3413", date="2016-06-30")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycalfin import issm, network
    from pycalfin.batch.api import open, read_fronts, run
    from pycalfin.batch.result import RunResult
    from pycalfin.front.extract import extract_fronts
    from pycalfin.records import Front
    from pycalfin.settings import Settings

__version__ = "0.1.0"

_PUBLIC = {
    "Front": "pycalfin.records",
    "RunResult": "pycalfin.batch.result",
    "Settings": "pycalfin.settings",
    "extract_fronts": "pycalfin.front.extract",
    "open": "pycalfin.batch.api",
    "read_fronts": "pycalfin.batch.api",
    "run": "pycalfin.batch.api",
}
__all__ = [
    "Front",
    "RunResult",
    "Settings",
    "__version__",
    "extract_fronts",
    "issm",
    "network",
    "open",
    "read_fronts",
    "run",
]


_PACKAGES = ("issm", "network")
"""Packages with public names of their own, such as `pycalfin.issm.levelset`."""


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"pycalfin.{name}")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pycalfin' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC, *_PACKAGES})
