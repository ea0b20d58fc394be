from pathlib import Path

import numpy as np
import pytest

from pycalfin.datasets import ICE, LAND, OCEAN, LabelledImage
from pycalfin.network import calfin, light
from pycalfin.train.targets import prepare


@pytest.fixture(scope="session")
def labelled():
    """Dark ocean above bright ice, a grey bank at the right; the front follows a sine."""
    height, width = 120, 100
    rows, cols = np.mgrid[:height, :width]
    middle = 55 + 12 * np.sin(cols / 15)
    bank = cols >= 80
    zones = np.where(rows < middle, OCEAN, ICE).astype(np.uint8)
    zones[bank] = LAND
    grey = np.select([zones == OCEAN, zones == ICE], [40.0, 200.0], 110.0).astype(np.float32)
    return LabelledImage(
        name="sine",
        glacier="none",
        sensor="none",
        date="2020-01-01",
        image=grey,
        front=(abs(rows - middle) <= 1.5) & ~bank,
        zones=zones,
        edge_known=np.ones(grey.shape, bool),
        source=Path("sine.png"),
    )


@pytest.fixture(scope="session")
def sample(labelled):
    return prepare(labelled)


@pytest.fixture
def shallow(monkeypatch):
    """Take networks with layers of every kind, but few of them: each one costs time."""
    repeats = [2 if number == 1 else 1 for number in range(len(light.STAGES))]
    few = (stage._replace(repeats=n) for stage, n in zip(light.STAGES, repeats, strict=True))
    monkeypatch.setattr(light, "STAGES", tuple(few))
    monkeypatch.setattr(calfin, "MIDDLE_UNITS", 1)
