import pytest

from pycalfin.errors import SettingsError
from pycalfin.validate.conditions import Note, is_slc_off, read_conditions


def write(tmp_path, text):
    path = tmp_path / "conditions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_words_and_metres_by_name_with_or_without_extension(tmp_path):
    path = write(tmp_path, "image,conditions,metres\na.png,melange; shadow,30\nb,,\nother,x,\n")
    assert read_conditions(path, ["a", "b", "c"]) == {
        "a": Note(("melange", "shadow"), 30.0),
        "b": Note((), None),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,conditions\na,b\n", "no column image; expected the columns image"),
        ("image,conditions\nz,shadow\n", "names none of the images .its first is 'z'"),
        ("image,conditions,metres\na,shadow,wide\n", "metres of a is 'wide'; expected a number"),
        ("image,conditions,metres\na,shadow,-3\n", "expected a number > 0"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        read_conditions(write(tmp_path, text), ["a"])


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SettingsError, match="check --conditions"):
        read_conditions(tmp_path / "none.csv", ["a"])


@pytest.mark.parametrize(
    ("sensor", "date", "expected"),
    [("LE07", "2010-01-01", True), ("LE07", "2000-01-01", False), ("LC08", "2015-01-01", False)],
)
def test_slc_off(sensor, date, expected):
    assert is_slc_off(sensor, date) is expected
