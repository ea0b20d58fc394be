"""Products of a run: vectors, level-1 shapefiles, figures and report.

`write_all` is imported on first use, because workers draw figures without GDAL.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycalfin.products.write import write_all

__all__ = ["write_all"]


def __getattr__(name: str) -> Any:
    if name != "write_all":
        raise AttributeError(f"module 'pycalfin.products' has no attribute {name!r}")
    return import_module("pycalfin.products.write").write_all
