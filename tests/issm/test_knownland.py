"""Land that a model knows: no front is extended over it, and its vertices stay as they are."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from pycalfin.errors import FrontsError
from pycalfin.issm import apply, levelset, spclevelset
from pycalfin.issm.build import make_levelsets
from pycalfin.issm.knownland import area_without
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.sources import Source
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST

STEP = 400.0
COLUMNS, ROWS = 24, 20
"""Vertices of the mesh from west to east, and from south to north."""
SHORES = 2600.0, 5400.0
"""The fjord lies between, metres from the southern side."""
COAST = 5100.0
"""Seaward of it, metres from the western side, the land beside the fjord is bare rock."""
DATES = [f"20{year}-0{month}-15" for year in (16, 17, 18, 19) for month in (2, 8)]


def grid(columns=COLUMNS, rows=ROWS, step=STEP):
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    corner = np.add.outer(np.arange(rows - 1) * columns, np.arange(columns - 1)).ravel() + 1
    one = np.column_stack([corner, corner + 1, corner + columns])
    other = np.column_stack([corner + 1, corner + columns + 1, corner + columns])
    return x.ravel() + WEST, y.ravel() + SOUTH, np.concatenate([one, other])


def front(number, date, reach=0.0, **fields):
    """A front from shore to shore whose ends point up and down the fjord by turns; ocean west."""
    south, north = SHORES
    y = np.linspace(south - reach, north + reach, 30)
    share = np.linspace(-1, 1, 30)
    middle = 3500 + 500 * np.sin(1.3 * number)
    bend = 900 * np.cos(2.1 * number) * share**3 + 700 * np.sin(0.9 * number) * share**2
    return Front(
        np.column_stack([WEST + middle + bend, SOUTH + y]), "EPSG:3413", date, domain="Bræ",
        **fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fronts():
    return [front(number, date) for number, date in enumerate(DATES)]


def outlet(layers=1):
    """A model: ocean and ice in a fjord, rock beside the ocean, ice beside the ice."""
    x, y, elements = grid()
    beside = (y - SOUTH < SHORES[0]) | (y - SOUTH > SHORES[1])
    seaward = x - WEST < COAST
    rock, sea = beside & seaward, ~beside & (x - WEST < 3000)
    md = SimpleNamespace(
        mesh=SimpleNamespace(x=x, y=y, elements=elements, epsg=3413),
        mask=SimpleNamespace(
            ice_levelset=np.where(rock | sea, 1.0, -1.0), ocean_levelset=np.where(sea, -1.0, 1.0)
        ),
        geometry=SimpleNamespace(bed=np.nan),
        levelset=SimpleNamespace(spclevelset=np.nan),
        transient=SimpleNamespace(ismovingfront=0),
        timestepping=SimpleNamespace(start_time=2017.3, interp_forcing=1),
    )
    return md, rock, beside


def values(md):
    """Level sets at the start and on all dates, (nt + 1, nv)."""
    return np.vstack([md.mask.ice_levelset, md.levelset.spclevelset[:-1].T])


def test_rock_of_the_masks_stays_rock(fronts):
    md, rock, beside = outlet()
    assert rock.sum() > 150
    free = spclevelset(fronts, md.mesh.x, md.mesh.y, crs="EPSG:3413", elements=md.mesh.elements)
    changing = np.ptp(np.sign(free[:-1]), axis=1) > 0
    # without the wall fronts are extended over the rock
    print(rock.sum(), (free[:-1][rock] > 0).all(axis=1).sum(), (changing & beside).sum())
    apply(md, fronts)
    assert (values(md)[:, rock] == 1).all()
    assert (values(md)[:, beside & ~rock] < 0).all()
