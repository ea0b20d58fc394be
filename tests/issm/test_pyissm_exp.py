"""Contours to pyISSM's reader and from its writer."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pycalfin.expfile import Contour, read_exp, write_exp_contours
from pycalfin.issm import write_exp
from tests.issm.drawn import across


@pytest.fixture(scope="module")
def exp():
    """pyISSM's module for contours."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("USER", "somebody")
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "pyissm", reason="pyissm (extra issm) is not installed"
        ).tools.exp


def test_pyissm_reads_what_is_written(exp, tmp_path):
    contours = [
        Contour.from_xy("Sermeq Kujalleq_2016-06-30", across(1000)),
        Contour("closed", [0, 1, 1, 0], [0, 0, 1e-9, 0]),
        Contour("point", [-1e7], [1e7]),
        Contour("x" * 999, [0, 1], [0, 1]),
    ]
    path = write_exp(tmp_path / "a.exp", contours)
    found = exp.exp_read(str(path))
    assert [item["name"] for item in found[:3]] == [
        "Sermeq_Kujalleq_2016-06-30", "closed", "point",
    ]  # fmt: skip
    assert len(found[3]["name"]) <= 255
    for one, other in zip(found, contours, strict=True):
        np.testing.assert_allclose(one["x"], other.x, atol=1e-9)
        np.testing.assert_allclose(one["y"], other.y, atol=1e-9)
        assert one["closed"] == other.closed
        assert one["density"] == 1


@pytest.mark.parametrize("density", [None, 3, 2.5])
@pytest.mark.parametrize("name", [None, "front", "a name with blanks"])
def test_what_pyissm_writes_is_read(exp, tmp_path, density, name):
    line = across(1000)
    contour = {"x": line[:, 0], "y": line[:, 1]}
    contour |= {} if density is None else {"density": density}
    contour |= {} if name is None else {"name": name}
    path = tmp_path / "a b.exp"
    exp.exp_write([contour, contour], str(path))
    found = read_exp(path)
    assert [item.name for item in found] == [name or str(path)] * 2
    for item in found:
        np.testing.assert_allclose(item.xy, line, atol=1e-9)


POINTS = hnp.arrays(
    float, st.tuples(st.integers(1, 9), st.just(2)), elements=st.floats(-1e7, 1e7, width=64)
)


@given(st.lists(POINTS, min_size=1, max_size=3))
def test_there_and_back(exp, tmp_path_factory, arrays):
    place = tmp_path_factory.mktemp("exp")
    contours = [Contour.from_xy(f"c_{number}", points) for number, points in enumerate(arrays)]
    path = write_exp_contours(place / "one.exp", contours)
    exp.exp_write(exp.exp_read(str(path)), str(place / "two.exp"))
    for one, other in zip(contours, read_exp(place / "two.exp"), strict=True):
        assert one.name == other.name
        np.testing.assert_allclose(one.xy, other.xy, atol=1e-8)
