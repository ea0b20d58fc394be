"""A request is always answered, whatever becomes of it."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io

from calfin_bridge.contract import Answer, Remark
from calfin_bridge.serve import serve
from pycalfin.batch.result import RunResult
from pycalfin.errors import OutputError
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult
from tests.holding import HANG

FRONT = Front([[0, 0], [100, 0]], "EPSG:3413", date="2016-06-30")
DONE = PairResult(
    Identity("a", date="2016-06-30"), "d", "a.tif", "done", extraction=Extraction((FRONT,))
)
NONE = PairResult(Identity("b"), "d", "b.tif", "no_front", "no edge in the prediction")
SKIPPED = PairResult(Identity("c"), "d", "c.tif", "skipped", "too much cloud", error="skipped")
BAD = PairResult(Identity("e"), "", "e.tif", "failed", "e.tif: no CRS; pass --crs", error="crs")
GONE = PairResult(Identity("f"), "", "f.tif", "failed", "f.tif: no such file", error="scene")


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Serve a request with a pipeline that ends as told."""

    def call(*pairs, error=None, **content):
        def prepare(*_):
            return SimpleNamespace(scenes=3, domains=1, mine=3, todo=range(2))

        def work_on(_, progress):
            if error is not None:
                raise error
            progress(0, len(pairs), None)
            for number, pair in enumerate(pairs, start=1):
                progress(number, len(pairs), pair)
            return RunResult(tmp_path / "out", pairs, tmp_path / "out" / "report.html")

        monkeypatch.setattr("pycalfin.batch.prepare.prepare", prepare)
        monkeypatch.setattr("pycalfin.batch.pipeline.work_on", work_on)
        request = tmp_path / "request.json"
        given = {"contract": 1, "task": "run", "settings": {"scenes": ["a.tif"]}, **content}
        request.write_text(json.dumps(given))
        lines = []
        status = serve(request, lines.append)
        answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
        assert answer["contract"] == 1
        assert answer["exit_status"] == status
        return answer, lines

    return call


def test_done(ask, tmp_path):
    answer, lines = ask(DONE, NONE, SKIPPED)
    assert answer["exit_status"] == 0
    assert answer["output"] == str(tmp_path / "out")
    assert (answer["error"], answer["remarks"]) == ("", [])
    assert lines[:2] == [
        "3 scenes, 1 domain; 1 of 3 finished before",
        "1 of 3: 2016-06-30 a d: 1 front",
    ]
    assert lines[2:4] == ["2 of 3: b d: no front", "3 of 3: c d: skipped"]
    assert lines[4].startswith("1 front in 1 of 3 scenes, 1 domain")


def test_what_is_assumed_for_a_domain_is_a_remark(ask, tmp_path):
    square = np.array([[0, 0], [3e3, 0], [3e3, 3e3], [0, 3e3], [0, 0]]) - [3e5, 1.2e6]
    arrays = {"x": square[:, 0], "y": square[:, 1], "count": [5.0]}
    scipy.io.savemat(tmp_path / "arrays.mat", arrays)
    contours = {"kind": "contours", "names": ["Bræ"]}
    answer, _ = ask(DONE, arrays="arrays.mat", domain=contours)
    (remark,) = answer["remarks"]
    assert remark["message"].startswith("domain: no coordinate reference system, assumed EPSG:3413")
    answer, _ = ask(DONE, arrays="arrays.mat", domain={**contours, "crs": "EPSG:3413"})
    assert not answer["remarks"]


def test_partly(ask):
    answer, _ = ask(DONE, BAD, GONE)
    assert answer["exit_status"] == 3
    assert answer["remarks"] == [{"code": "partial", "message": f"{BAD.reason}\n{GONE.reason}"}]


def test_no_front(ask):
    answer, _ = ask(NONE)
    assert answer["exit_status"] == 0
    (remark,) = answer["remarks"]
    assert remark["code"] == "nofront"
    assert "no edge in the prediction" in remark["message"]


@pytest.mark.parametrize(
    ("pairs", "word", "sentence"),
    [
        ([GONE], "scene", "f.tif: no such file"),
        ([BAD], "crs", "pass --crs"),
        ([BAD, GONE], "failed", "pass --crs; pass"),
        ([SKIPPED], "skipped", "c.tif: skipped, too much cloud"),
        ([], "failed", "no pair of scene and domain"),
    ],
)
def test_nothing_done(ask, pairs, word, sentence):
    answer, _ = ask(*pairs)
    assert answer["exit_status"] == 1
    assert answer["error"] == word
    assert sentence.split("; pass")[0] in answer["message"]


def test_a_thousand_failures_make_a_short_message(ask):
    pairs = [
        PairResult(Identity("s"), "", f"{n}.tif", "failed", f"{n}.tif: bad") for n in range(1000)
    ]
    answer, _ = ask(*pairs)
    lines = answer["message"].splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 990 more; see run.json"


@pytest.mark.parametrize(
    ("content", "error", "status", "word", "sentence"),
    [
        ({"contract": 9}, None, 1, "contract", "version 9 of the contract"),
        ({"settings": {"jbos": 1}}, None, 2, "settings", "did you mean 'jobs'"),
        ({}, OutputError("x: cannot write"), 1, "output", "x: cannot write"),
        ({}, ZeroDivisionError("oh"), 1, "failed", "unexpected ZeroDivisionError: oh"),
    ],
)
def test_errors_are_answers(ask, content, error, status, word, sentence):
    answer, _ = ask(DONE, error=error, **content)
    assert (answer["exit_status"], answer["error"]) == (status, word)
    assert sentence in answer["message"]


def test_an_answer_holds_any_text(tmp_path):
    Answer(0, "/tmp/Bræ\udcff", remarks=(Remark("log", 'it\'s "so"'),)).write(tmp_path)
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert answer["output"].startswith("/tmp/Bræ")
    assert answer["remarks"][0]["message"] == 'it\'s "so"'


def test_work_stops_when_the_request_is_taken_away(tmp_path):
    code = (
        "import signal,sys,time;from calfin_bridge import serve\n"
        "from pycalfin.batch import prepare\n"
        # a suite that runs in the background of a script hands down that it is ignored
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def run(*_, **__):\n"
        "    print('working', flush=True)\n"
        "    try:\n"
        "        while True: time.sleep(1)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', flush=True)\n"
        "        raise\n"
        "prepare.prepare=run\n"
        "sys.exit(serve.serve(sys.argv[1]))\n"
    )
    request = tmp_path / "request.json"
    request.write_text('{"contract": 1, "task": "run"}')
    working = subprocess.Popen(
        [sys.executable, "-c", code, str(request)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert working.stdout.readline() == "working\n"
    request.unlink()
    try:
        # the work has no end of its own: however slow the machine, only being stopped ends it
        printed, said = working.communicate(timeout=HANG)
    finally:
        working.kill()
    # it was asked to stop; the last resort, an exit without a word, prints nothing
    assert printed == "interrupted\n"
    assert working.returncode == 130
    assert "Traceback" not in said
    assert not (tmp_path / "answer.json").exists()


def test_the_command_line_serves(tmp_path):
    request = tmp_path / "request.json"
    request.write_text('{"contract": 1, "task": "run", "settings": {"scenes": ["none.tif"]}}')
    done = subprocess.run(
        [sys.executable, "-m", "pycalfin", "bridge", str(request)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("pycalfin: 0 fronts in 0 of 1 scene")
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert answer["error"] == "scene"
    assert answer["message"].startswith("none.tif: no such file")
    missing = subprocess.run(
        [sys.executable, "-m", "pycalfin", "bridge", str(tmp_path / "none.json")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert missing.returncode == 1
    assert "none.json: cannot read the request" in missing.stderr
    assert "Traceback" not in missing.stderr
