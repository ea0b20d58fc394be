import dataclasses
import datetime
import json
import re

import pytest

from pycalfin.errors import SettingsError
from pycalfin.settings import CHOICES, Settings, describe, parse_shard

TOML = 'date = "2021-09-26"\nscenes = ["a.tif", "b.tif"]\nmax-cloud = 0.3\njobs = 2\n'


def test_defaults_are_valid_and_described():
    settings = Settings()
    described = describe()
    assert [row[0] for row in described] == [item.name for item in dataclasses.fields(settings)]
    assert all(meaning for _, _, _, meaning, _ in described)


def test_numbers_of_the_method_have_a_unit():
    for name, default, unit, _, _ in describe():
        if isinstance(getattr(Settings(), name), (int, float)) and default not in ("True", "False"):
            assert unit, name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.toml", TOML),
        (
            "run.json",
            '{"date": "2021-09-26", "scenes": ["a.tif", "b.tif"], "max_cloud": 0.3, "jobs": 2}',
        ),
    ],
)
def test_read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    settings = Settings.read(path)
    assert settings == Settings(date="2021-09-26", scenes=("a.tif", "b.tif"), max_cloud=0.3, jobs=2)


def test_keyword_arguments_win_over_the_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(TOML, encoding="utf-8")
    settings = Settings.read(path, jobs=3, date=None)
    assert (settings.jobs, settings.date) == (3, "2021-09-26")


def test_to_dict_round_trip_through_json():
    settings = Settings(scenes=("a.tif",), domain="box.geojson", jobs=4, min_confidence=0.25)
    assert Settings.from_mapping(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("run.toml", "jobs = ", "run.toml: not valid TOML"),
        ("run.json", "{", "run.json: not valid JSON"),
        ("run.json", "[" * 100_000, "run.json: not valid JSON"),
        ("run.json", "[1]", "run.json: not a table of settings"),
        ("run.toml", "job = 2", "run.toml: unknown setting 'job'; did you mean 'jobs'"),
        ("run.toml", "jobs = 0", "run.toml: jobs is 0; expected 1 to 4096"),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(message)):
        Settings.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("name", "text"), [("a.toml", "domain_name = 'Bræ'\r\n"), ("a.json", '{"domain_name": "Bræ"}')]
)
def test_a_file_in_any_encoding(tmp_path, caplog, encoding, name, text):
    (tmp_path / name).write_bytes(text.encode(encoding))
    assert Settings.read(tmp_path / name).domain_name == "Bræ"
    assert ("read as Windows-1252" in caplog.text) is (encoding == "cp1252")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: cannot read .*; check --settings"):
        Settings.read(tmp_path / "none.toml")


def test_every_unknown_name_is_reported_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping({"max_clud": 1, "domian": "x", "qwertz": 2}, origin="cf")
    message = str(caught.value)
    assert message.startswith("cf: ")
    assert "'max_clud'; did you mean 'max_cloud'?" in message
    assert "'domian'; did you mean 'domain'?" in message
    assert "'qwertz'" in message


def test_every_bad_value_is_reported_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings(jobs=0, date="26.9.2021", shard="3/2", min_confidence=float("nan"), clip="yes")
    message = str(caught.value)
    for name in ("jobs", "date", "shard", "min_confidence", "clip"):
        assert f"{name} is " in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jobs", 1.5),
        ("jobs", True),
        ("jobs", "2"),
        ("max_cloud", "0.1"),
        ("max_cloud", True),
        ("flips", 1),
        ("scenes", "scene.tif"),
        ("scenes", (1,)),
        ("domain", 3),
        ("network", None),
        ("date", "2021-02-30"),
        ("date", "20210926"),
        ("date", "2021-W39-7"),
        ("shard", "0/2"),
        ("shard", "half"),
        ("max_nodata", 1.01),
        ("edge_threshold", float("inf")),
        ("mode", 3),
        ("output", ""),
    ],
)
def test_a_bad_value_is_named(name, value):
    with pytest.raises(SettingsError, match=f"{name} is .*; expected") as caught:
        Settings(**{name: value})
    assert str(caught.value).count(f"{name} is") == 1


def test_none_leaves_the_default():
    assert Settings.from_mapping({"jobs": None, "domain": None}) == Settings()


def other_value(name):
    value = getattr(Settings(), name)
    chosen = {
        "scenes": ("other.tif",),
        "date": "2001-02-03",
        "shard": "1/2",
        "smoothing_order": 2,
        "crs": "EPSG:3413",
        "nodata": "-9999",
        "edge_threshold": 0.2,
        "second_threshold": 0.2,
        "tile": 1024,
        "calfin_zero": 7.0,
        "calfin_power": 1.4,
        "calfin_side": 2.0,
    }
    if name in chosen:
        return chosen[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9
    return CHOICES[name][-1] if name in CHOICES else "other"


@pytest.mark.parametrize("item", dataclasses.fields(Settings), ids=lambda item: item.name)
def test_digest_changes_only_with_what_can_change_a_front(item):
    changed = Settings(**{item.name: other_value(item.name)})
    assert (changed.digest() != Settings().digest()) is item.metadata["science"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ("none", "none"),
        (" None", "none"),
        ("NaN", "nan"),
        (-9999, "-9999"),
        (-9999.0, "-9999"),
        ("-9999.0", "-9999"),
        ("0.5", "0.5"),
        ("1e20", "1e+20"),
    ],
)
def test_a_value_of_no_data_is_written_in_one_way(value, written):
    assert Settings(nodata=value).nodata == written


@pytest.mark.parametrize("value", ["other", "", "inf", "1,5", "0x10", True, ["1"], float("inf")])
def test_what_is_no_value_of_no_data_is_refused(value):
    with pytest.raises(SettingsError, match=r"nodata is .*; expected"):
        Settings.from_mapping({"nodata": value})


def test_thresholds_go_with_the_preset_unless_they_are_given():
    assert Settings().thresholds("calfin") == (0.33, 0.25)
    assert Settings().thresholds("light") == (0.25, 0.25)
    assert Settings(edge_threshold=0.4).thresholds("calfin") == (0.4, 0.25)
    assert Settings(second_threshold=0.0).thresholds("light") == (0.25, 0.0)


def test_where_and_how_fast_is_not_science():
    """Files count by their content, which the ledger hashes, not by their names."""
    plain = {item.name for item in dataclasses.fields(Settings) if not item.metadata["science"]}
    by_content = {"scenes", "domain", "domain_name", "fjord", "glaciers", "network"}
    assert plain == by_content | {"output", "mode", "figures", "jobs", "shard", "resume"}


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "-1/3", "a/b", "1/3/5"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"invalid literal|/"):
        parse_shard(text)


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().jobs = 2


def test_dates_are_one_for_all_or_one_for_each_scene():
    two = Settings(scenes=("a.tif", "b.tif"), date=["2020-01-01", datetime.date(2021, 1, 1)])
    assert two.date == ("2020-01-01", "2021-01-01")
    with pytest.raises(SettingsError, match="date is '20210101'; expected YYYY-MM-DD"):
        Settings(scenes=("a.tif", "b.tif"), date=("2020-01-01", "20210101"))
    with pytest.raises(SettingsError, match="date has 1 values for 2 scenes"):
        Settings(scenes=("a.tif", "b.tif"), date=("2020-01-01",))
    with pytest.raises(SettingsError, match="'yesterday'; expected YYYY-MM-DD"):
        Settings(scenes=("a.tif", "b.tif"), date=("2020-01-01", "yesterday"))
    with pytest.raises(SettingsError, match="expected str or list of str"):
        Settings(date=3)
    with pytest.raises(SettingsError, match="domain is"):
        Settings(domain=("a.geojson", "b.geojson"))


@pytest.mark.parametrize("value", ["", None])
def test_empty_text_in_a_file_is_a_setting_that_is_not_set(tmp_path, value):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"domain": value, "edge-threshold": value, "date": value}))
    assert Settings.read(path) == Settings()
    # elsewhere it is a mistake: a variable of a shell that was not set, say
    with pytest.raises(SettingsError, match="edge_threshold is ''"):
        Settings.from_mapping({"edge_threshold": ""})


@pytest.mark.parametrize("name", ["output", "network", "figures", "jobs", "scenes"])
def test_empty_text_is_no_value_of_a_setting_that_has_one(tmp_path, name):
    path = tmp_path / "a.toml"
    path.write_text(f'{name} = ""\n')
    if name == "network":  # refused where it is looked for
        assert Settings.read(path).network == ""
        return
    with pytest.raises(SettingsError, match=f"a.toml: {name} is ''; expected"):
        Settings.read(path)


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [
        ("figures", "alll", "all"),
        ("figures", "wrost", "worst"),
        ("figures", "non", "none"),
        ("mode", "apend", "append"),
        ("preset", "lihgt", "light"),
        ("engine", "openvin", "openvino"),
        ("precision", "f23", "f32"),
        ("figures", "qqqq", None),
        ("figures", "", None),
        ("figures", "All", "all"),
    ],
)
def test_a_misspelt_word_is_told_with_the_nearest(name, value, near):
    with pytest.raises(SettingsError) as caught:
        Settings(**{name: value})
    message = str(caught.value)
    assert f"{name} is {value!r}; expected one of: {', '.join(CHOICES[name])}" in message
    assert message.endswith(f"; did you mean {near!r}?") if near else "did you" not in message


@pytest.mark.parametrize("value", [True, 3, None, ("all",)])
def test_figures_is_a_word(value):
    with pytest.raises(SettingsError, match=r"figures is .*; expected str"):
        Settings(figures=value)


def test_the_public_path_of_the_settings_stays():
    import pycalfin.settings

    for name in ("Settings", "describe", "parse_nodata", "parse_shard", "CHOICES", "THRESHOLDS"):
        assert hasattr(pycalfin.settings, name)
