"""Uncertainties of the vertices, read back from the GeoPackage of a run."""

import logging
import shutil

import numpy as np
import pytest
from shapely.geometry import LineString, Point

import pycalfin
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.issm.sources import read_fronts
from tests.issm.drawn import across, write_vector

OURS = {"PYCALFIN_SCHEMA": "1"}
UNCERTAINTY = {"a": [10.0, 20.0, 30.0, 40.0], "b": [5.0, 6.0, 7.0, 8.0]}


def points(shuffled=None, ids=("a", "b"), **changes):
    """Rows of the layer of points: geometries and columns."""
    rows = [
        (name, number, value, Point(xy))
        for name, east in zip(ids, (1000, 2000), strict=True)
        for number, (value, xy) in enumerate(zip(UNCERTAINTY[name], across(east), strict=True))
    ]
    if shuffled is not None:
        np.random.default_rng(shuffled).shuffle(rows)
    names, numbers, values, geometries = (list(column) for column in zip(*rows, strict=True))
    columns = {"front_id": names, "vertex": numbers, "uncertainty": values, **changes}
    return geometries, {name: column for name, column in columns.items() if column is not None}


def package(path, geometries=(), columns=None, metadata=OURS):
    lines = [LineString(across(east)) for east in (1000, 2000)]
    row = {"id": ["a", "b"], "date": ["2016-06-30", "2017-06-30"], "domain": ["Bræ"] * 2}
    write_vector(path, lines, layer="fronts", metadata=metadata, **row)
    if columns is not None:
        write_vector(path, list(geometries), layer="front_points", **columns)
    return path


@pytest.mark.parametrize("shuffled", [None, 1, 2])
def test_uncertainties_come_back_in_any_order_of_rows(tmp_path, shuffled, caplog):
    path = package(tmp_path / "fronts.gpkg", *points(shuffled))
    write_exp_contours(
        tmp_path / "issm" / "Bræ.exp", [Contour.from_xy("Bræ_2016-06-30", across(1000))]
    )
    for place in (path, tmp_path):
        for fronts in (read_fronts(place).fronts, pycalfin.read_fronts(place)):
            assert {front.id: front.uncertainty.tolist() for front in fronts} == UNCERTAINTY
    (front,) = read_fronts(tmp_path / "issm" / "Bræ.exp").fronts
    assert front.uncertainty.tolist() == UNCERTAINTY["a"]
    assert caplog.text == ""


@pytest.mark.parametrize("metadata", [OURS, None])
def test_without_the_layer_there_are_none(tmp_path, metadata, caplog):
    path = package(tmp_path / "fronts.gpkg", metadata=metadata)
    fronts = pycalfin.read_fronts(path, ocean="left")
    assert [len(front.uncertainty) for front in fronts] == [0, 0]
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("change", "known", "said"),
    [
        ({"front_id": ["a"] * 4 + ["c"] * 4}, ["a"], "1 fronts have other vertices"),
        ({"front_id": ["a"] * 5 + ["b"] * 3}, [], "2 fronts have other vertices"),
        ({"vertex": [3, 2, 1, 0, 0, 1, 2, 3]}, ["b"], "1 fronts have other vertices"),
        ({"vertex": [0, 0, 0, 0, 0, 1, 2, 3]}, ["a", "b"], ""),  # in the order of the rows
        ({"vertex": None}, [], "needs front_id, vertex, uncertainty with numbers"),
        ({"uncertainty": None}, [], "needs front_id, vertex, uncertainty with numbers"),
        ({"front_id": None}, [], "needs front_id, vertex, uncertainty with numbers"),
        ({"uncertainty": ["10 m"] * 8}, [], "needs front_id, vertex, uncertainty with numbers"),
        ({"vertex": ["one"] * 8}, [], "needs front_id, vertex, uncertainty with numbers"),
        ({"uncertainty": [np.nan] * 4 + UNCERTAINTY["b"]}, ["b"], ""),
    ],
)
def test_a_layer_that_does_not_fit_gives_no_wrong_uncertainty(
    tmp_path, change, known, said, caplog
):
    fronts = pycalfin.read_fronts(package(tmp_path / "fronts.gpkg", *points(**change)))
    found = {front.id: front.uncertainty.tolist() for front in fronts if len(front.uncertainty)}
    assert found == {name: UNCERTAINTY[name] for name in known}
    assert said in caplog.text
    assert bool(said) == bool(caplog.text)


def test_a_front_that_was_edited_loses_its_uncertainty_and_says_so(tmp_path, caplog):
    geometries, columns = points()
    geometries[2] = Point(np.array(geometries[2].coords[0]) + [5, 0])
    with caplog.at_level(logging.WARNING):
        first, second = pycalfin.read_fronts(package(tmp_path / "fronts.gpkg", geometries, columns))
    assert len(first.uncertainty) == 0
    assert second.uncertainty.tolist() == UNCERTAINTY["b"]
    assert "1 fronts have other vertices than in the layer front_points" in caplog.text


def test_lines_of_others_are_not_given_uncertainties(tmp_path):
    path = package(tmp_path / "fronts.gpkg", *points(), metadata=None)
    fronts = pycalfin.read_fronts(path, ocean="left")
    assert [len(front.uncertainty) for front in fronts] == [0, 0]
    shutil.copyfile(path, tmp_path / "other.gpkg")
    assert len(pycalfin.read_fronts(tmp_path / "other.gpkg", ocean="left")) == 2
