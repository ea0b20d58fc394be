"""Networks that find calving fronts: `load` one, then `Network.predict`."""

from pycalfin.network.loading import (
    DEFAULT,
    DEFAULT_THREADS,
    ENGINES,
    Choice,
    choose_engine,
    load,
    load_for,
)
from pycalfin.network.model import Network

__all__ = [
    "DEFAULT",
    "DEFAULT_THREADS",
    "ENGINES",
    "Choice",
    "Network",
    "choose_engine",
    "load",
    "load_for",
]
