"""Level sets and contours at a request, as any client may ask for them."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from calfin_bridge.contract import LEVELSET_FILE
from calfin_bridge.serve import serve
from pycalfin.issm import levelset, read_exp, spclevelset
from pycalfin.issm.sources import read_fronts
from tests.matlab.outlet import DATES, mesh, write_run

FIRST, SECOND, *_, LAST = DATES


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "fjord")


@pytest.fixture
def ask(tmp_path, run_folder):
    """Serve a request; return the answer, its arrays, and what was said."""

    def serve_it(task="levelset", *, arrays=None, fronts=None, **content):
        x, y, elements = mesh()
        given = {"x": x, "y": y, "elements": elements.astype(float)}
        savemat(tmp_path / "arrays.mat", given | (arrays or {}))
        request = {
            "contract": 1, "task": task, "arrays": "arrays.mat",
            "fronts": {"folder": str(run_folder)} | (fronts or {}),
        }  # fmt: skip
        request |= {"mesh": {"crs": "EPSG:3413"}} | content
        (tmp_path / "request.json").write_text(json.dumps(request))
        said = []
        status = serve(tmp_path / "request.json", said.append)
        answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
        assert answer["exit_status"] == status
        found = {}
        if answer["arrays"]:
            with h5py.File(tmp_path / answer["arrays"]) as file:
                found = {name: file[name][...] for name in file}
        return answer, found, said

    return serve_it


def test_level_sets_are_those_of_python(ask, run_folder):
    answer, found, said = ask(options={"mask": False})
    x, y, elements = mesh()
    fronts = read_fronts(run_folder).fronts
    expected = spclevelset(fronts, x, y, crs="EPSG:3413", elements=elements)
    assert answer["arrays"] == LEVELSET_FILE
    np.testing.assert_array_equal(found["spclevelset"].T, expected)
    np.testing.assert_array_equal(found["levelset"][0], expected[:-1, 0])
    np.testing.assert_array_equal(found["time"].ravel(), expected[-1])
    details = answer["details"]
    assert details["dates"] == list(DATES)
    assert (details["fronts"], details["synthetic"], details["series"]) == (5, 0, True)
    assert said == ["5 fronts of 2016-01-15 to 2017-09-15; 5 times"]


def test_the_date_that_was_taken_is_told(ask, run_folder):
    answer, found, said = ask(options={"date": SECOND})
    x, y, elements = mesh()
    fronts = [front for front in read_fronts(run_folder).fronts if front.date == SECOND]
    expected = levelset(fronts, x, y, crs="EPSG:3413", elements=elements)
    np.testing.assert_array_equal(found["levelset"][0], expected)
    assert "spclevelset" not in found
    assert (answer["details"]["date"], answer["details"]["series"]) == (SECOND, False)
    assert said == [f"1 front of {SECOND}; the ice ends at the front of {SECOND}"]
    answer, *_ = ask(arrays={"start_time": 2016.2})
    assert (answer["details"]["date"], answer["details"]["start"]) == ("", 2016.2)
    answer, *_ = ask(arrays={"start_time": 2016.2}, options={"times": f"{FIRST},2017-01-01"})
    assert answer["details"]["dates"] == list(DATES)
    answer, _, said = ask(options={"date": "2016-03-01"})
    assert answer["details"]["date"] == ""
    assert answer["remarks"][0]["message"].startswith("no front of 2016-03-01; interpolated")


def test_some_of_the_fronts(ask, run_folder):
    fronts = read_fronts(run_folder).fronts
    answer, found, _ = ask(fronts={"ids": fronts[0].id}, options={"mask": False})
    assert answer["details"]["dates"] == [FIRST]
    assert found["spclevelset"].shape == (1, len(mesh()[0]))
    answer, *_ = ask(fronts={"ids": [fronts[0].id, "no such"]})
    assert answer["error"] == "fronts"
    assert "1 of 2 fronts are not on the map there" in answer["message"]


def test_contours_fall_into_files_as_those_of_the_run(ask, run_folder, tmp_path):
    answer, _, said = ask("contours", output=str(tmp_path / "Bræ out"))
    (path,) = answer["details"]["files"]
    assert said == [f"5 contours in 1 files in {tmp_path / 'Bræ out'}"]
    assert [item.name for item in read_exp(path)] == [f"Outlet_{date}" for date in DATES]
    own = (run_folder / "issm" / "Outlet.exp").read_bytes()
    assert (tmp_path / "Bræ out" / "Outlet.exp").read_bytes() == own


BAD = {
    "no folder": ({"fronts": {"folder": ""}}, "contract", "fronts names no folder"),
    "no run": ({"fronts": {"folder": "/none"}}, "fronts", "no such file or folder"),
    "option": ({"options": {"dates": 1}}, "contract", "unknown option dates; expected some of"),
    "options": ({"options": [1]}, "contract", "options is [1]; expected an object"),
    "no output": ({"task": "contours"}, "output", "no folder for the contours"),
    "elements": ({"arrays": {"elements": np.ones((3, 2))}}, "mesh", "the elements have shape"),
    "whole": ({"arrays": {"elements": np.full((3, 3), np.nan)}}, "mesh", "hold fractions"),
    "text": ({"arrays": {"x": ["text"]}}, "contract", "the array 'x' is not numeric"),
    "elsewhere": ({"mesh": {"crs": "EPSG:3031"}}, "fronts", "none of the 5 fronts lies on"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_request_is_answered_in_a_sentence(ask, case):
    content, word, sentence = BAD[case]
    answer, found, _ = ask(**content)
    assert (answer["error"], found) == (word, {})
    assert sentence in answer["message"]


def test_synthetic_fronts_are_refused_unless_allowed(ask, tmp_path):
    made = {"folder": str(write_run(tmp_path / "made", [FIRST], synthetic=True))}
    answer, *_ = ask(fronts=made)
    assert answer["error"] == "fronts"
    assert "1 of 1 fronts come from synthetic scenes" in answer["message"]
    answer, _, said = ask(fronts=made, options={"allow_synthetic": 1})
    assert answer["details"]["synthetic"] == 1
    assert said[-1].startswith("1 SYNTHETIC front of")
