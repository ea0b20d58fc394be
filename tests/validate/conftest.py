"""Synthetic images with known fronts, found once."""

from __future__ import annotations

import pytest

from pycalfin.datasets.synthetic import iterate
from pycalfin.network import load
from pycalfin.settings import Settings
from pycalfin.validate.score import measure


@pytest.fixture(scope="session")
def network():
    return load()


@pytest.fixture(scope="session")
def image():
    return next(one for one in iterate(8, seed=3) if one.front.any())


@pytest.fixture(scope="session")
def measured(image, network):
    return measure(image, network, Settings())
