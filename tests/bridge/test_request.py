"""Requests: what a client writes, and every way in which it can be wrong."""

import json

import numpy as np
import pytest
import shapely
from scipy.io import savemat
from scipy.spatial import Delaunay

from calfin_bridge.request import read_request
from pycalfin.errors import ContractError, DomainError, SettingsError

SQUARE = np.array([[0.0, 0], [0, 100], [100, 100], [100, 0], [0, 0]])


def write(folder, arrays=None, **content):
    request = {"contract": 1, "client": "test", "task": "run", "settings": {}, **content}
    request = {key: value for key, value in request.items() if value is not ...}
    if arrays is not None:
        request["arrays"] = "arrays.mat"
        savemat(folder / "arrays.mat", arrays)
    path = folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    return path


def contours(*rings):
    xy = np.concatenate(rings) if rings else np.empty((0, 2))
    return {"x": xy[:, :1], "y": xy[:, 1:], "count": [[len(ring) for ring in rings]]}


def test_settings_are_those_of_run(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/glaciologist")
    given = {
        "scenes": ["~/scenes/a.tif", "b.tif"],
        "date": ["2016-06-30", "2017-06-30"],
        "output": "out",
        "fjord": "",
        "crs": None,
        "domain": [],
        "clip": 1,
        "resume": 0,
        "max_cloud": 0.5,
    }
    request = read_request(write(tmp_path, settings=given))
    assert request.task == "run"
    assert request.domains is None
    settings = request.settings
    assert settings.scenes == ("/home/glaciologist/scenes/a.tif", "b.tif")
    assert settings.date == ("2016-06-30", "2017-06-30")
    assert (settings.fjord, settings.crs, settings.domain) == (None, None, None)
    assert (settings.clip, settings.resume, settings.max_cloud) == (True, False, 0.5)


def test_a_settings_file_gives_way_to_the_request(tmp_path):
    (tmp_path / "s.toml").write_text('scenes = ["a.tif"]\njobs = 3\nmax_cloud = 0.1\n')
    path = write(tmp_path, settings={"jobs": 2}, settings_file=str(tmp_path / "s.toml"))
    settings = read_request(path).settings
    assert (settings.jobs, settings.max_cloud, settings.scenes) == (2, 0.1, ("a.tif",))


def test_contours_become_domains(tmp_path):
    shape = {"kind": "contours", "names": ["Bræ one", ""]}
    path = write(
        tmp_path, contours(SQUARE, SQUARE + 500), domain=shape, settings={"crs": "EPSG:3031"}
    )
    first, second = read_request(path).domains
    assert (first.name, second.name) == ("Bræ_one", "domain_2")
    assert first.crs == second.crs == "EPSG:3031"
    assert second.polygon.equals(shapely.box(500, 500, 600, 600))


def mesh(seed=3, hole=True):
    """A mesh of a square with a hole, as MATLAB hands it over: elements from 1."""
    random = np.random.default_rng(seed)
    points = np.concatenate([random.uniform(0, 1000, (300, 2)), 10 * SQUARE[:4]])
    triangles = Delaunay(points).simplices
    if hole:
        middle = points[triangles].mean(axis=1)
        triangles = triangles[np.hypot(*(middle - 500).T) > 200]
    return points, triangles


def test_a_mesh_becomes_its_outline(tmp_path):
    points, triangles = mesh()
    arrays = {"x": points[:, :1], "y": points[:, 1:], "elements": triangles + 1.0}
    shape = {"kind": "mesh", "name": "Helheim", "crs": "EPSG:3413"}
    request = read_request(write(tmp_path, arrays, domain=shape))
    (domain,) = request.domains
    assert (domain.name, domain.crs) == ("Helheim", "EPSG:3413")
    exact = shapely.union_all(shapely.polygons(points[triangles]))
    assert domain.polygon.symmetric_difference(exact).area == pytest.approx(0, abs=1e-6)
    assert len(domain.polygon.interiors) == 1
    assert request.settings.out_crs == "EPSG:3413"
    chosen = write(tmp_path, arrays, domain=shape, settings={"out_crs": "EPSG:32624"})
    assert read_request(chosen).settings.out_crs == "EPSG:32624"
    unknown = write(tmp_path, arrays, domain={**shape, "crs": ""}, settings={"crs": "EPSG:3031"})
    assert read_request(unknown).domains[0].crs == "EPSG:3031"


BAD = {
    "version": ({"contract": 2}, ContractError, "by test for version 2 .* needs version 1"),
    "no version": ({"contract": ...}, ContractError, "version None"),
    "true version": ({"contract": True}, ContractError, "version True"),
    "task": ({"task": "solve"}, ContractError, "task is 'solve'; expected one of: run, demo"),
    "settings": ({"settings": [1]}, ContractError, "settings is not an object"),
    "unknown": ({"settings": {"job": 2}}, SettingsError, "unknown setting 'job'.*'jobs'"),
    "value": ({"settings": {"jobs": 0}}, SettingsError, "jobs is 0"),
    "file": ({"settings_file": "none.toml"}, SettingsError, "none.toml: cannot read"),
    "kind": ({"domain": {"kind": "box"}}, ContractError, "domain is of kind 'box'"),
    "no arrays": ({"domain": {"kind": "mesh"}}, ContractError, "cannot read the arrays"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_request_is_refused_in_a_sentence(tmp_path, case):
    content, kind, sentence = BAD[case]
    path = write(tmp_path, **content)
    with pytest.raises(kind, match=sentence) as caught:
        read_request(path)
    assert str(path) in str(caught.value) or kind is not ContractError or case == "no arrays"
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("content", ["", "{", "[1]", "\ud800", "nothing"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "request.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ContractError, match=r"request\.json: the request is"):
        read_request(path)
    with pytest.raises(ContractError, match="cannot read the request"):
        read_request(tmp_path / "none.json")


def test_bad_contours_and_meshes(tmp_path):
    shape = {"kind": "contours", "names": ["a"]}
    for arrays, names, kind, sentence in [
        (contours(SQUARE[:4]), ["a"], DomainError, "contour 1 .a. is an open line"),
        (contours(SQUARE), [], ContractError, "0 names for 1 contours"),
        (contours(), [], DomainError, "no polygon"),
        ({**contours(SQUARE), "count": [[7]]}, ["a"], ContractError, "count adds up to 7"),
        ({**contours(SQUARE), "x": ["text"]}, ["a"], ContractError, "'x' is not numeric"),
        ({"x": [0]}, ["a"], ContractError, "lack 'count'"),
    ]:
        with pytest.raises(kind, match=sentence):
            read_request(write(tmp_path, arrays, domain={**shape, "names": names}))
    points, triangles = mesh(hole=False)
    for x, elements, sentence in [
        (points[:5, 0], triangles + 1, "5 x and 304 y"),
        (points[:, 0], triangles, "name vertices 0 to 303 of 304"),
        (points[:, 0] * np.nan, triangles + 1, "not finite"),
        (points[:, 0], np.empty((0, 3)), "0 elements"),
    ]:
        arrays = {"x": x, "y": points[:, 1], "elements": elements}
        with pytest.raises(DomainError, match=sentence):
            read_request(write(tmp_path, arrays, domain={"kind": "mesh"}))
    (tmp_path / "arrays.mat").write_bytes(b"no arrays")
    with pytest.raises(ContractError, match="cannot read the arrays"):
        read_request(write(tmp_path, domain={"kind": "mesh"}, arrays=None) and write_same(tmp_path))


def write_same(folder):
    """A request whose arrays are there already."""
    path = folder / "request.json"
    content = {"contract": 1, "task": "run", "domain": {"kind": "mesh"}, "arrays": "arrays.mat"}
    path.write_text(json.dumps(content))
    return path
