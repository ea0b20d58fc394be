"""One table, and everything that is made of it or must agree with it."""

import argparse
import contextlib
import io
import json
import re
import runpy
from inspect import getdoc

import pytest

import pycalfin
from pycalfin.batch.figure_choice import WORST
from pycalfin.cli import COMMANDS, build_parser, main
from pycalfin.cli.options import add_setting
from pycalfin.resources import folder
from pycalfin.settings import CHOICES, Settings
from pycalfin.settings.table import GROUPS, ROWS, help_text
from pycalfin.settings.writing import docstring, page, template, toml_value

MATLAB_TEXTS = {"domain", "date", "crs"}
"""Settings that take more in MATLAB than elsewhere, and say so there."""


def words(text):
    """Texts that are equal but for their line ends."""
    return " ".join(text.split())


def test_the_docstring_is_that_of_the_table(root):
    assert getdoc(Settings) == docstring().rstrip("\n")
    written = runpy.run_path(str(root / "docs" / "settings_table.py"))
    source = (root / "pycalfin" / "settings" / "record.py").read_text(encoding="utf-8")
    assert source == written["module"](), "run python docs/settings_table.py"
    # what reads sources, and imports nothing, finds it there
    assert "    max_cloud : float, default 0.15\n" in source


def test_help_of_the_class_names_every_setting_with_unit_and_default():
    text = getdoc(pycalfin.Settings)
    assert max(map(len, text.splitlines())) <= 96
    for name, row in ROWS.items():
        entry = words(re.search(rf"^{name} : (.+?)(?=^\w|\Z)", text, re.M | re.S)[1])
        assert words(row.meaning[1:]) in entry, name
        assert not row.unit or f"({row.unit})" in entry, name
        default = "optional" if row.default is None else f"default {row.default!r}"
        assert default in entry, name
        assert all(repr(word) in entry for word in CHOICES.get(name, ())), name


def test_meanings_are_written_as_help_texts_are():
    for name, row in ROWS.items():
        assert row.meaning, name
        assert row.meaning.isascii(), name
        assert not row.meaning.endswith("."), name
        assert row.meaning[0].islower() or row.meaning.split()[0] in ("CRS", "Savitzky-Golay"), name
    assert list(GROUPS) == re.findall(r"^## (.+)$", page(), re.M)
    assert WORST == 10, "the meaning of figures says ten"


def test_options_take_their_help_from_the_table():
    (commands,) = (action for action in build_parser()._actions if isinstance(action.choices, dict))
    shared = {"run": 17, "subset": 8, "validate": 9}
    for command, least in shared.items():
        options = {
            action.dest: words(action.help)
            for action in commands.choices[command]._actions
            if action.dest in ROWS and action.dest not in ("mode", "scenes")
        }
        told = [name for name, text in options.items() if words(ROWS[name].meaning) in text]
        assert len(told) >= least, command
        own = {"date"} if command == "validate" else set()
        assert set(options) - set(told) == own, command


def test_an_option_of_each_kind():
    parser = argparse.ArgumentParser()
    for name in ("max_cloud", "jobs", "clip", "resume", "edge_threshold", "figures"):
        add_setting(parser, name, "X")
    assert vars(parser.parse_args([])) == dict.fromkeys(
        ("max_cloud", "jobs", "clip", "resume", "edge_threshold", "figures")
    )
    numbers = ["--max-cloud", "0.3", "--jobs", "2", "--edge-threshold", "0.2"]
    given = parser.parse_args([*numbers, "--clip", "--no-resume", "--figures", "none"])
    assert vars(given) == {
        "max_cloud": 0.3, "jobs": 2, "clip": True, "resume": False, "edge_threshold": 0.2,
        "figures": "none",
    }  # fmt: skip
    assert "(fraction; default: 0.15)" in words(parser.format_help())


def test_a_unit_that_stands_for_the_value_is_not_said_twice():
    assert help_text("max_cloud", "FRACTION").endswith("(default: 0.15)")
    assert help_text("shard", "i/n").endswith("(default: all of it)")


def printed(*arguments):
    """What a command prints on stdout."""
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        assert main(["settings", *arguments]) == 0
    return stdout.getvalue()


def changed(text, how):
    """The template as it is printed, or with its settings, or one # of every line, taken out."""
    if how == "settings":
        return re.sub(r"^# (\w+ = )", r"\1", text, flags=re.M)
    return re.sub(r"^# ?", "", text, flags=re.M) if how == "every line" else text


@pytest.mark.parametrize("how", ["as it is", "settings", "every line"])
def test_the_template_reads_back_as_the_defaults(tmp_path, how):
    text = printed()
    path = tmp_path / "settings.toml"
    path.write_text(changed(text, how), encoding="utf-8")
    assert Settings.read(path) == Settings()
    assert Settings.read(path, jobs=3) == Settings(jobs=3)
    uncommented = re.findall(r"^(\w+) = ", path.read_text(encoding="utf-8"), re.M)
    assert uncommented == ([] if how == "as it is" else list(ROWS))


def test_the_template_has_every_setting_under_its_heading():
    text = printed()
    assert re.findall(r"^## ---- (.+) ----$", text, re.M) == list(GROUPS)
    flat = words(re.sub(r"^##\s+", "", text, flags=re.M))
    for name, row in ROWS.items():
        assert f"\n# {name} = {toml_value(row.default)}\n" in text
        assert words(row.meaning[1:]) in flat, name
        assert row.unit in flat
        assert row.unset in flat
    assert text.isascii()
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("name", list(ROWS))
def test_one_line_of_the_template_changes_one_setting(tmp_path, name):
    path = tmp_path / "one.toml"
    (line,) = re.findall(rf"^# ({name} = .*)$", template(), re.M)
    path.write_text(line + "\n", encoding="utf-8")
    assert Settings.read(path) == Settings()


def test_defaults_as_json_are_a_settings_file(tmp_path):
    text = printed("--json")
    assert json.loads(text)["max_cloud"] == 0.15
    assert list(json.loads(text)) == list(ROWS)
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    assert Settings.read(path) == Settings()


def test_the_template_of_the_command_is_that_of_the_module():
    assert "settings" in COMMANDS
    assert printed() == template()


def test_matlab_says_what_the_table_says():
    text = (folder("matlab") / "calfin.m").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\t+show\(self,'(\w+)','(.+)'\);$", text, re.M))
    results = {"fronts", "levelset", "figures", "report", "log", "settings", "python"}
    settings = set(shown) - results
    assert settings <= set(ROWS)
    for name in settings - MATLAB_TEXTS:
        assert shown[name] == ROWS[name].meaning, name
    defaults = dict(re.findall(r"^\t+self\.(\w+)=(.+);$", text, re.M))
    for name in settings:
        row = ROWS[name]
        written = defaults[name].strip("'")
        if name == "output":
            assert written == f"fullfile('.','{row.default}')"
        else:
            assert written == ("{}" if row.default == () else str(row.default or "")), name
