"""Contours and level sets for ice-sheet models.

Public functions are imported on first use. No module shares a name with one of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycalfin.issm.contour import read_exp, write_exp
    from pycalfin.issm.decimal import decimal_year
    from pycalfin.issm.model import apply
    from pycalfin.issm.rates import FrontRates, front_rates
    from pycalfin.issm.series import levelset, spclevelset

_PUBLIC = {
    "FrontRates": "pycalfin.issm.rates",
    "apply": "pycalfin.issm.model",
    "decimal_year": "pycalfin.issm.decimal",
    "front_rates": "pycalfin.issm.rates",
    "levelset": "pycalfin.issm.series",
    "read_exp": "pycalfin.issm.contour",
    "spclevelset": "pycalfin.issm.series",
    "write_exp": "pycalfin.issm.contour",
}
__all__ = [
    "FrontRates",
    "apply",
    "decimal_year",
    "front_rates",
    "levelset",
    "read_exp",
    "spclevelset",
    "write_exp",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pycalfin.issm' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
