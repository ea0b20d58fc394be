"""Fronts to .exp files and back."""

import numpy as np
import pytest

import pycalfin.issm
from pycalfin.errors import ContourError, CRSMismatchError
from pycalfin.expfile import Contour
from pycalfin.issm import read_exp, write_exp
from pycalfin.issm.contour import contours
from pycalfin.records import Front


def front(date="2016-06-30", domain="Bræ", crs="EPSG:3413"):
    return Front(xy=[[0.1, 0.2], [100, -3e5]], crs=crs, date=date, domain=domain)


@pytest.mark.parametrize(
    ("fronts", "names"),
    [
        ([], []),
        ([front()], ["Bræ_2016-06-30"]),
        ([front(), front()], ["Bræ_2016-06-30_1", "Bræ_2016-06-30_2"]),
        ([front(), front(domain="B")], ["Bræ_2016-06-30", "B_2016-06-30"]),
        ([front("", "")], ["front"]),
        ([front(domain="two words")], ["two_words_2016-06-30"]),
        ([Contour.from_xy("mine", [[0, 0], [1, 1]]), front()], ["mine", "Bræ_2016-06-30"]),
    ],
)
def test_names(tmp_path, fronts, names):
    path = write_exp(tmp_path / "fronts.exp", fronts)
    assert [item.name for item in read_exp(path)] == names


def test_coordinates_survive(tmp_path):
    (found,) = read_exp(write_exp(tmp_path / "fronts.exp", [front()]))
    np.testing.assert_allclose(found.xy, front().xy, atol=1e-10)
    assert not found.closed


def test_one_file_has_one_coordinate_reference_system(tmp_path):
    with pytest.raises(CRSMismatchError, match="EPSG:3031"):
        write_exp(tmp_path / "fronts.exp", [front(), front(crs="EPSG:3031")])
    assert not list(tmp_path.glob("*.exp"))


def test_other_things_are_refused():
    with pytest.raises(ContourError, match="ndarray"):
        contours([np.zeros((2, 2))])


def test_public_names_are_functions():
    for name in pycalfin.issm.__all__:
        assert callable(getattr(pycalfin.issm, name))
    with pytest.raises(AttributeError, match="nothing"):
        _ = pycalfin.issm.nothing
