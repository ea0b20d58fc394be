"""A small glacier in each hemisphere: results as a run would have them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from affine import Affine
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from pycalfin.products import figures
from pycalfin.records import Front, Identity, Subset
from pycalfin.results import Coast, Extraction, PairResult, Prediction

NORTH = ("EPSG:3413", -565_000.0, -1_346_000.0)
SOUTH = ("EPSG:3031", -2_400_000.0, 1_250_000.0)


def make_front(place=NORTH, date="2016-06-30", number=1, scene=None, domain="Bræ", **fields):
    """Walk south: the ocean, in the east, lies on the left."""
    crs, x, y = place
    xy = [[x + 40 * np.sin(k), y - 100 * k - 5000 * (number - 1)] for k in range(21)]
    scene = scene or f"LC08_{date}"
    given = {
        "uncertainty": np.linspace(20, 40, 21),
        "confidence": 0.8,
        "quality": 10,
        "sensor": "LC08",
        "network": "light:0123456789ab",
        "subset": f"{domain}_LC08_L1TP_{date}",
        **fields,
    }
    return Front(xy=xy, crs=crs, date=date, number=number, scene=scene, domain=domain, **given)


def make_result(fronts=None, place=NORTH, date="2016-06-30", domain="Bræ", **fields):
    """One `done` pair with the ocean east of its fronts."""
    if fronts is None:
        fronts = (make_front(place, date, domain=domain),)
    oceans, coast = [], []
    for front in fronts:
        east = front.xy[:, 0].max() + 3000
        ring = [*front.xy.tolist(), [east, front.xy[-1, 1]], [east, front.xy[0, 1]]]
        oceans.append(Polygon(ring))
        coast += [Coast(front.xy, True), Coast(np.array([front.xy[-1], ring[-2]]), False)]
    of_scene = {"scene": f"LC08_{date}", "sensor": "LC08", "date": date, "time": None}
    found = {"ocean": MultiPolygon(oceans), "coast": tuple(coast), "crs": place[0]}
    given = {
        "path": f"/data/LC08_{date}.tif",
        "status": "done",
        "subset": f"{domain}_LC08_L1TP_{date}",
        "timings": {"read": 0.25},
        **{name: value for name, value in fields.items() if name not in {*of_scene, *found}},
    }
    of_scene |= {name: value for name, value in fields.items() if name in of_scene}
    found |= {name: value for name, value in fields.items() if name in found}
    name = of_scene.pop("scene")
    return PairResult(
        Identity(name, **of_scene), domain, extraction=Extraction(tuple(fronts), **found), **given
    )


def make_subset(shape=(90, 120), **fields):
    """Bright ice in the west, dark ocean in the east, a front in the middle."""
    crs, x, y = NORTH
    pixels = np.full(shape, 200, np.float32)
    pixels[:, shape[1] // 2 :] = 20
    pixels += np.arange(shape[0], dtype=np.float32)[:, None] / 9
    given = {
        "name": "Bræ_LC08_L1TP_2016-06-30",
        "pixels": pixels,
        "valid": np.ones(shape, bool),
        "transform": Affine(30, 0, x - 30 * shape[1] / 2, 0, -30, y + 300),
        "crs": crs,
        "identity": Identity("LC08", sensor="LC08", kind="optical", date="2016-06-30"),
        "domain": "Bræ",
        **fields,
    }
    return Subset(**given)


def make_extraction(*fronts, **fields):
    """What was found in `make_subset`, with a prediction."""
    shape = (30, 40)
    ocean = np.zeros(shape, np.float32)
    ocean[:, 20:] = 1
    edge = np.zeros(shape, np.float32)
    edge[:, 19:21] = 0.9
    prediction = Prediction(edge, ocean, None, np.ones(shape, bool), ocean, (1.0, 1.0), (3.0, 3.0))
    _, x, y = NORTH
    given = {"ocean": box(x, y - 2300, x + 1700, y + 200), "crs": NORTH[0], **fields}
    return Extraction(fronts=fronts, prediction=prediction, **given)


@pytest.fixture(scope="session")
def make():
    """Makers of fronts, results, subsets and extractions."""
    return SimpleNamespace(
        north=NORTH,
        south=SOUTH,
        front=make_front,
        result=make_result,
        subset=make_subset,
        extraction=make_extraction,
        line=lambda front: LineString(front.xy),
    )


@pytest.fixture
def drawn(make):
    """Return a result with its figures, as a worker hands it over."""
    front = make.front()
    pictures = figures.render(make.subset(), make.extraction(front))
    return make.result((front,), figures=pictures)


INFO = {
    "settings": {"network": "light", "scenes": ["a & b.tif", "<c>.tif"]},
    "versions": {"pycalfin": "0.1.0", "python": "3.11"},
    "started": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def info():
    """What a caller knows of the run."""
    return dict(INFO)
