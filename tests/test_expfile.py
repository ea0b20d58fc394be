import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pycalfin.errors import ContourError, OutputError
from pycalfin.expfile import Contour, read_exp, write_exp_contours
from pycalfin.files import replacing, safe_name

ISSM = """## Name:front_2016
## Icon:0
# Points Count Value
3 1.000000
# X pos Y pos
0.0000000000 0.0000000000
10.0000000000 0.5000000000
20.0000000000 0.0000000000

"""


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "contours.exp"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        ISSM,
        ISSM.rstrip("\n"),
        ISSM.replace("\n", "\r\n"),
        ISSM.replace("# X pos Y pos", "#\tX pos\tY pos").replace(" 0.5", "\t0.5"),
        ISSM + "\n\n\n",
        "\ufeff" + ISSM,
        ISSM.replace("## Name:", "##Name: "),
        ISSM.replace("10.0000000000", "  1e1"),
    ],
)
def test_variants_of_the_format_are_read(tmp_path, text):
    (contour,) = read_exp(write(tmp_path, text))
    assert contour.name == "front_2016"
    np.testing.assert_array_equal(contour.xy, [[0, 0], [10, 0.5], [20, 0]])
    assert not contour.closed


def test_written_as_issm_writes_it(tmp_path):
    path = tmp_path / "new" / "a.exp"
    write_exp_contours(path, [Contour("front_2016", [0, 10, 20], [0, 0.5, 0])])
    assert path.read_text() == ISSM
    assert [item.name for item in path.parent.iterdir()] == ["a.exp"]


def test_names_with_blanks_and_other_alphabets(tmp_path):
    names = ["Kangiata Nunaata Sermia", "Bræ_Ø", "", "x" * 999]
    path = write_exp_contours(tmp_path / "a.exp", [Contour(n, [0, 1], [2, 3]) for n in names])
    written = [contour.name for contour in read_exp(path)]
    assert written == ["Kangiata_Nunaata_Sermia", "Bræ_Ø", "contour_3", "x" * 200]
    blank = write(tmp_path, ISSM.replace("front_2016", "Store Gletsjer ø"), "latin-1")
    assert read_exp(blank)[0].name == "Store Gletsjer ø"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hello", "line 1"),
        (ISSM.replace("3 1.0", "4 1.0"), "line 8"),
        (ISSM.replace("3 1.0", "2 1.0"), "line 8"),
        (ISSM.replace("3 1.0", "0 1.0"), "line 4"),
        (ISSM.replace("10.0000000000", "NaN"), "line 7"),
        (ISSM.replace("3 1.0", "5 1.0") + ISSM, "line 10"),
        (ISSM.replace("0.5000000000", ""), "line 7"),
    ],
)
def test_malformed(tmp_path, text, line):
    path = write(tmp_path, text)
    with pytest.raises(ContourError) as caught:
        read_exp(path)
    assert str(path) in str(caught.value)
    assert line in str(caught.value)


def test_missing_and_binary(tmp_path):
    with pytest.raises(ContourError, match=r"none\.exp: cannot read"):
        read_exp(tmp_path / "none.exp")
    (tmp_path / "b.exp").write_bytes(b"\0\1\2")
    with pytest.raises(ContourError, match="binary"):
        read_exp(tmp_path / "b.exp")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_in_any_encoding(tmp_path, caplog, encoding):
    path = tmp_path / "a.exp"
    path.write_bytes("## Name:Bræ\n2 1\n0 0\n1 1\n".encode(encoding))
    assert [contour.name for contour in read_exp(path)] == ["Bræ"]
    assert ("read as Windows-1252" in caplog.text) is (encoding == "cp1252")


@pytest.mark.parametrize(("x", "y"), [([], []), ([0, np.nan], [0, 1]), ([0, np.inf], [0, 1])])
def test_what_crashes_issm_is_not_written(tmp_path, x, y):
    with pytest.raises(ContourError, match=r"a\.exp: contour c"):
        write_exp_contours(tmp_path / "a.exp", [Contour("c", x, y)])
    assert not (tmp_path / "a.exp").exists()


def test_x_and_y_of_different_length():
    with pytest.raises(ContourError, match="2 x and 3 y"):
        Contour("c", [0, 1], [0, 1, 2])


POINTS = hnp.arrays(
    float,
    st.tuples(st.integers(1, 20), st.just(2)),
    elements=st.floats(-1e7, 1e7, allow_nan=False, width=64),
)


@given(st.lists(POINTS, max_size=4))
def test_round_trip(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("exp") / "a.exp"
    contours = [Contour.from_xy(f"c_{number}", points) for number, points in enumerate(arrays)]
    write_exp_contours(path, contours)
    back = read_exp(path)
    assert [contour.name for contour in back] == [contour.name for contour in contours]
    for one, other in zip(contours, back, strict=True):
        np.testing.assert_allclose(other.xy, one.xy, atol=1e-9)
        assert other.closed or not one.closed


def test_closed_is_found():
    assert Contour("c", [0, 1, 1, 0], [0, 0, 1, 0]).closed
    assert not Contour("c", [0], [0]).closed


@given(st.text())
def test_safe_name_is_safe_and_stable(text):
    name = safe_name(text)
    assert name == safe_name(name)
    assert 0 < len(name.encode()) <= 200
    assert name not in {".", ".."}
    assert not any(char.isspace() or char in "/\\:\0" for char in name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sverdrup", "Sverdrup"),
        ("Kangerlussuaq Ø", "Kangerlussuaq_Ø"),
        ("a/b\\c:d", "a_b_c_d"),
        ("  \t\n", "unnamed"),
        ("...", "unnamed"),
        ("ø" * 150, "ø" * 100),
        ("Sermeq-Kujalleq_2", "Sermeq-Kujalleq_2"),
    ],
)
def test_safe_name(text, name):
    assert safe_name(text) == name


def test_replacing_leaves_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_replacing_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"), replacing(tmp_path / "file" / "a"):
        pass
