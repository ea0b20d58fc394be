"""`pycalfin run` at the prompt: what it takes, and what it says while it works."""

import json
import re
from pathlib import Path

import pytest

from pycalfin.batch.result import progress_line
from pycalfin.cli import build_parser, main
from pycalfin.cli.options import settings_from
from pycalfin.errors import NoOverlapError
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult
from pycalfin.settings import Settings

FRONT = Front([[0, 0], [1, 1]], crs="EPSG:3413", date="2016-06-30")


def parsed(*arguments):
    return settings_from(build_parser().parse_args(["run", "a.tif", *arguments]))


@pytest.mark.parametrize("value", ["all", "worst", "none"])
def test_options_become_settings(value):
    found = parsed("--figures", value, "--max-cloud", "0.3", "--min-confidence", "0.7")
    assert found == Settings(scenes=("a.tif",), figures=value, max_cloud=0.3, min_confidence=0.7)
    assert parsed() == Settings(scenes=("a.tif",))


def test_options_win_over_the_file():
    Path("s.toml").write_text('figures = "none"\nmax-cloud = 0.2\n')
    assert parsed("--settings", "s.toml").figures == "none"
    found = parsed("--settings", "s.toml", "--figures", "worst", "--max-cloud", "0.4")
    assert (found.figures, found.max_cloud) == ("worst", 0.4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--figures", "alll"],
            "command line: figures is 'alll'; expected one of: all, worst, none; "
            "did you mean 'all'?",
        ),
        (["--max-cloud", "2"], "command line: max_cloud is 2.0; expected 0 to 1"),
        (["--min-confidence", "-1"], "command line: min_confidence is -1.0; expected 0 to 1"),
        (["--settings", "s.toml"], "unknown setting 'figuers'; did you mean 'figures'?"),
        (["--settings", "s.toml"], "did you mean 'min_confidence'?"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments, sentence, capsys):
    Path("s.toml").write_text('figuers = "all"\nmin_confidnce = 1\n')
    assert main(["run", "a.tif", *arguments, "--output", "out"]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--figure-s", "all"], "unknown option --figure-s; did you mean --figures?"),
        (["--max-clouds", "1"], "unknown option --max-clouds; did you mean --max-cloud?"),
        (["--min-confidnce", "1"], "unknown option --min-confidnce; did you mean --min-confidence"),
        (["--figures"], "--figures"),
        (["--max-cloud", "much"], "--max-cloud"),
    ],
)
def test_a_wrong_option_exits_2(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "a.tif", *arguments])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"status": "done", "fronts": (FRONT,), "timings": {"read": 0.25, "network": 2.0}},
            "3 of 9: 2016-06-30 scene Bræ: done, 1 front, 2.2 s",
        ),
        ({"status": "done", "fronts": (FRONT, FRONT)}, "2016-06-30 scene Bræ: done, 2 fronts, 0"),
        ({"status": "no_front"}, "scene Bræ: no front, 0.0 s"),
        ({"status": "no_front", "domain": "scene"}, "2016-06-30 scene: no front, 0.0 s"),
        ({"status": "skipped", "domain": ""}, "3 of 9: 2016-06-30 scene: skipped, 0.0 s"),
        ({"status": "failed", "date": ""}, "3 of 9: scene Bræ: failed, 0.0 s"),
    ],
)
def test_a_line_for_every_pair(fields, line):
    given = {"domain": "Bræ", "date": "2016-06-30", "fronts": (), **fields}
    identity, found = Identity("scene", date=given.pop("date")), Extraction(given.pop("fronts"))
    pair = PairResult(identity, path="scene.tif", extraction=found, **given)
    assert line in progress_line(3, 9, pair)


def test_no_line_for_a_scene_and_a_domain_that_do_not_meet():
    apart = PairResult(Identity("scene"), "Bræ", "scene.tif", "skipped", error=NoOverlapError.code)
    assert progress_line(1, 2, apart) == ""


def test_lines_go_to_stderr_and_the_summary_to_stdout(painted_scene, capsys):
    arguments = [str(painted_scene.path), "missing.tif", "--output", "out", "--figures", "none"]
    assert main(["run", *arguments, "--json"]) == 3
    printed = capsys.readouterr()
    assert json.loads(printed.out)["exit_status"] == 3
    lines = printed.err.splitlines()
    assert re.fullmatch(
        rf"pycalfin: 1 of 2: {painted_scene.date} \S+: done, 1 front, \d+\.\d s", lines[0]
    )
    assert lines[1] == "pycalfin: 2 of 2: missing.tif: failed, 0.0 s"
    assert not Path("out/quality_assurance").exists()
    assert json.loads(Path("out/run.json").read_text())["settings"]["figures"] == "none"
