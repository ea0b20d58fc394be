"""Every type that crosses the bridge: Python -> Octave -> Python, one table."""

import json

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from pycalfin.products.fronts_h5 import write_exchange
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult

# what Python sends, and what comes back where it is not the same: JSON in MATLAB and Octave
# knows no list of one number, and has one empty value for all
TYPES = [
    ("text", "plain", ...),
    ("text_empty", "", ...),
    ("text_letters", "Harald Moltke Bræ ΔΩ 冰 \U0001f9ca", ...),
    ("text_quotes", 'it\'s "so" \\ / %d %s \\n', ...),
    ("text_lines", "one\ntwo\ttab", ...),
    ("number_zero", 0, ...),
    ("number_integer", -123456789, ...),
    ("number_real", 0.1 + 0.2, ...),
    ("number_small", -1.2345678901234567e-300, ...),
    ("number_large", 1.7976931348623157e308, ...),
    ("yes", True, ...),
    ("no", False, ...),
    ("nothing", None, []),
    ("texts_none", [], ...),
    ("texts_one", ["a b"], ...),
    ("texts_many", ["a", "", "Bræ's"], ...),
    ("numbers_one", [2.5], 2.5),
    ("numbers_many", [1, 2.5, -3e10], ...),
    ("numbers_with_a_gap", [1, None, 3], ...),
    ("struct", {"a": 1, "b": {"c": "deep"}}, ...),
    ("structs_none", [], ...),
    ("structs_one", [{"a": 1, "b": "x"}], {"a": 1, "b": "x"}),
    (
        "structs_many",
        [{"a": 1, "b": None}, {"a": 2, "b": "y"}],
        [{"a": 1, "b": []}, {"a": 2, "b": "y"}],
    ),
]

FRONTS = {
    "none": [],
    "one": [(2, 1.0)],
    "many": [(2, 0.1), (5, 1e6), (40, -1e-3)],
}


def make_front(number, count, scale):
    random = np.random.default_rng([7, number])
    return Front(
        xy=random.normal(size=(count, 2)) * scale,
        crs="EPSG:3413" if number else None,
        date="2016-06-30",
        time=None if number else "10:20:30",
        domain="Bræ",
        scene="it's",
        subset="s",
        number=number + 1,
        pixels=random.normal(size=(count, 2)) if number != 1 else np.empty((0, 2)),
        # the last end of a front of 40 vertices is uncertain
        uncertainty=random.uniform(0, 1 + 9 * (np.arange(count) >= 30)) if number != 1 else [],
        confidence=float(random.uniform()),
        partial=number == 0,
        synthetic=number == 2,
    )


def as_result(fronts):
    return PairResult(
        Identity("it's", date="2016-06-30"),
        "Bræ",
        "p",
        "done" if fronts else "no_front",
        extraction=Extraction(tuple(fronts)),
    )


@pytest.fixture(params=list(FRONTS))
def fronts(request):
    return [make_front(i, *item) for i, item in enumerate(FRONTS[request.param])]


def there_and_back(octave, folder, fronts, table):
    """Read fronts.h5 in Octave and send everything back as a request with contours."""
    path = folder / "fronts.h5"
    write_exchange(path, [as_result(fronts)], {}, "report.html")
    with h5py.File(path, "r+") as file:
        document = json.loads(file["document"][0].tobytes())
        document["table"] = table
        text = np.frombuffer(json.dumps(document, ensure_ascii=False).encode(), np.uint8)
        del file["document"]
        file["document"] = text[None, :]
    octave(
        f"""
        [fronts,document]=calfinlib.readresult('{path}');
        assert(size(fronts,1)==1);
        arrays=struct('x',vertcat(fronts.x),'y',vertcat(fronts.y), ...
            'count',[fronts.nods],'pixels',vertcat(fronts.pixels), ...
            'uncertainty',vertcat(fronts.uncertainty));
        for i=1:numel(fronts)
            assert(size(fronts(i).x),[fronts(i).nods 1]);
            assert(size(fronts(i).y),[fronts(i).nods 1]);
            assert(size(fronts(i).pixels),[fronts(i).nods 2]);
            assert(fronts(i).closed,0);
            assert(fronts(i).density,1);
        end
        request=struct('table',document.table,'fronts',[]);
        if ~isempty(fronts)
            % jsonencode of Octave 7 writes nothing at all for a struct array of none
            request.fronts=rmfield(fronts,{{'x','y','pixels','uncertainty'}});
        end
        calfinlib.writerequest('{folder}',request,arrays);
        """
    )
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    return request, loadmat(folder / request["arrays"])


def test_every_type_comes_back(octave, tmp_path):
    table = {name: value for name, value, _ in TYPES}
    request, _ = there_and_back(octave, tmp_path, [], table)
    for name, value, back in TYPES:
        expected = value if back is ... else back
        if isinstance(value, float):
            # jsonencode of Octave keeps 15 digits: what must be exact travels in arrays
            expected = pytest.approx(expected, rel=1e-14, abs=0)
        assert request["table"][name] == expected, name
        if isinstance(value, bool):
            assert isinstance(request["table"][name], bool), name


def test_the_table_of_fronts_has_an_uncertain_end():
    ends = [make_front(i, *item).uncertain_end for i, item in enumerate(FRONTS["many"])]
    assert ends == [0, 0, 2]


def test_a_file_that_does_not_tell_uncertain_ends_is_read(octave, tmp_path):
    path = tmp_path / "fronts.h5"
    write_exchange(path, [as_result([make_front(0, 3, 1.0)])], {}, "report.html")
    with h5py.File(path, "r+") as file:
        document = json.loads(file["document"][0].tobytes())
        del document["fronts"][0]["uncertain_end"], file["document"]
        file["document"] = np.frombuffer(json.dumps(document).encode(), np.uint8)[None, :]
    octave(f"fronts=calfinlib.readresult('{path}'); assert(fronts.uncertain_end,0);")


def test_fronts_come_back_to_the_last_bit(octave, tmp_path, fronts):
    request, arrays = there_and_back(octave, tmp_path, fronts, {"a": 1})
    xy = np.concatenate([front.xy for front in fronts]) if fronts else np.empty((0, 2))
    np.testing.assert_array_equal(arrays["x"].ravel(), xy[:, 0])
    np.testing.assert_array_equal(arrays["y"].ravel(), xy[:, 1])
    np.testing.assert_array_equal(arrays["count"].ravel(), [len(front.xy) for front in fronts])
    pixels = [
        front.pixels if len(front.pixels) else np.full_like(front.xy, np.nan) for front in fronts
    ]
    np.testing.assert_array_equal(
        arrays["pixels"].reshape(-1, 2), np.concatenate(pixels) if pixels else np.empty((0, 2))
    )
    found = request["fronts"]
    found = [found] if isinstance(found, dict) else found
    assert len(found) == len(fronts)
    for item, front in zip(found, fronts, strict=True):
        assert item["confidence"] == pytest.approx(front.confidence, rel=1e-14)
        for name in ("id", "date", "scene", "domain", "number", "partial", "uncertain_end"):
            assert item[name] == getattr(front, name), name
        assert item["crs"] == (front.crs or "")
        assert item["time"] == (front.time or "")
        assert isinstance(item["synthetic"], bool)


# arrays of a request and of its answer, by name: what Octave holds, and its shape there
FIELDS = {
    "x": (3, 1),
    "elements": (2, 3),
    "times": (1, 4),
    "start_time": (1, 1),
    "ice_levelset": (3, 1),
    "levelset": (3, 1),
    "time": (1, 2),
    "spclevelset": (4, 2),
    "column": (3, 1),
}


def test_level_sets_come_back_to_the_last_bit(octave, tmp_path):
    """Octave -> Python by .mat, and Python -> Octave -> Python by HDF5, in the shapes of MATLAB."""
    from pycalfin.issm.export import write_levelsets

    random = np.random.default_rng(3)
    values = {name: random.normal(size=shape) * 1e6 for name, shape in FIELDS.items()}
    values["levelset"][0] = -0.0
    series = values["spclevelset"]
    for name, third in {"two": series, "one": values["column"][:, 0]}.items():
        path = tmp_path / f"{name}.h5"
        write_levelsets(
            path, values["levelset"][:, 0], values["time"][0], third, "EPSG:3413", packed=False
        )
    savemat(tmp_path / "given.mat", values)
    octave(
        f"""
        given=load('{tmp_path}/given.mat');
        calfinlib.writerequest('{tmp_path}',struct('contract',1),given);
        names={{'levelset','time','spclevelset'}};
        two=calfinlib.readnumbers('{tmp_path}/two.h5',names);
        one=calfinlib.readnumbers('{tmp_path}/one.h5',names);
        column=one.spclevelset; levelset=two.levelset; time=two.time; spclevelset=two.spclevelset;
        save('-v7','{tmp_path}/back.mat','column','levelset','time','spclevelset');
        """
    )
    back = loadmat(tmp_path / "arrays.mat") | loadmat(tmp_path / "back.mat")
    for name, shape in FIELDS.items():
        assert back[name].shape == shape, name
        assert back[name].tobytes() == values[name].tobytes(), name
