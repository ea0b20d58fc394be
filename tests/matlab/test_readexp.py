"""calfinlib.readexp against the Python reader, in a real Octave."""

import json

import numpy as np
import pytest

from pycalfin.expfile import Contour, read_exp, write_exp_contours
from pycalfin.issm import write_exp
from pycalfin.records import Front

pytestmark = pytest.mark.octave

FIELDS = ["name", "nods", "density", "x", "y", "closed"]


def read_in_octave(octave, path):
    return json.loads(
        octave(
            f"""
c=calfinlib.readexp('{path}');
assert(size(c,1)<=1);
for i=1:numel(c)
    assert(isequal(size(c(i).x),[c(i).nods 1]) && isequal(size(c(i).y),[c(i).nods 1]));
    c(i).x=num2cell(c(i).x);
    c(i).y=num2cell(c(i).y);
end
printf('%s',jsonencode(struct('fields',{{fieldnames(c)}},'count',numel(c),'contours',{{num2cell(c)}})));
"""
        )
    )


def assert_same(octave, path):
    found = read_in_octave(octave, path)
    expected = read_exp(path)
    assert found["fields"] == FIELDS
    assert found["count"] == len(expected)
    for mine, theirs in zip(expected, found["contours"], strict=True):
        assert theirs["name"] == mine.name
        assert theirs["nods"] == len(mine.x)
        assert theirs["closed"] == int(mine.closed)
        # jsonencode writes 15 significant digits
        np.testing.assert_allclose(theirs["x"], mine.x, rtol=1e-14)
        np.testing.assert_allclose(theirs["y"], mine.y, rtol=1e-14)
    return found


def test_reads_what_pycalfin_writes(octave, tmp_path):
    shared = {"crs": "EPSG:3413", "domain": "Bræ"}
    fronts = [
        Front(xy=[[-5e5, -1.2e6], [-5e5 + 1 / 3, -1.2e6 - 1e-9]], date="2016-06-30", **shared),
        Front(xy=[[0, 0], [1, 2], [3, 4]], date="2016-07-16", **shared),
    ]
    path = write_exp(tmp_path / "Bræ.exp", fronts)
    assert_same(octave, path)


def test_tells_closed_contours_from_open_ones(octave, tmp_path):
    ring = Contour.from_xy("ring", [[0, 0], [1, 0], [1, 1], [0, 0]])
    point = Contour.from_xy("point", [[5, 6]])
    path = write_exp_contours(tmp_path / "closed.exp", [ring, point])
    found = assert_same(octave, path)
    assert [item["closed"] for item in found["contours"]] == [1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "## Name:a\r\n## Icon:0\r\n# Points Count Value\r\n2 1.\r\n# X pos Y pos\r\n0 1\r\n2 3",
        "## Name: two words\n# Points Count Value\n2 1.\n# X\tpos\tY pos\n0\t1\n\n2\t3\n",
        "## Name:a\n# Points Count Value\n1 2.5\n1e3 -2E-3\n## Name:b\n# Points\n1 1\n\n0 0\n\n",
        "##Name:no blank\n## Icon:0\n# Points Count Value\n1 1.\n# X pos Y pos\n7, 8\n\n\n",
    ],
    ids=["empty", "blank", "windows", "blanks-and-tabs", "two", "commas"],
)
def test_reads_what_others_write(octave, tmp_path, text):
    path = tmp_path / "other.exp"
    path.write_bytes(text.encode())
    assert_same(octave, path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Name:a\n# Points Count Value\n3 1.\n# X pos Y pos\n0 0\n1 1\n", "1 more points"),
        ("## Name:a\n# Points Count Value\n2 1.\n# X pos Y pos\n0 0\nnorth 1\n", "line 6"),
        ("## Name:a\n# Points Count Value\n2 1.\n# X pos Y pos\n0 0\nNaN 1\n", "line 6"),
        ("## Name:a\n# Points Count Value\n0 1.\n# X pos Y pos\n", "number of points"),
        ("## Name:a\n# Points Count Value\n1\n# X pos Y pos\n0 0\n", "a density"),
    ],
)
def test_names_file_and_reason_of_a_malformed_file(octave, tmp_path, text, expected):
    path = tmp_path / "bad.exp"
    path.write_text(text)
    printed = octave(
        f"try; calfinlib.readexp('{path}'); catch e; printf('%s|%s',e.identifier,e.message); end"
    )
    assert printed.startswith(f"calfinlib:readexp|{path}")
    assert expected in printed


def test_a_missing_file_is_named(octave, tmp_path):
    printed = octave(
        f"try; calfinlib.readexp('{tmp_path}/none.exp'); catch e; printf('%s',e.message); end"
    )
    assert "none.exp: cannot open" in printed


def test_help_shows_usage(octave):
    assert "Usage:" in octave("disp(get_help_text('calfinlib.readexp'));")
