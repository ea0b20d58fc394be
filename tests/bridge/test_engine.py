"""Results pushed into a real GNU Octave; and into a stand-in for MATLAB, whose licence forbids it.

The stand-in is a package `matlab` with the functions of MATLAB's Engine API for Python that
pycalfin calls. It evaluates nothing: the tests see which statements MATLAB would get, and Octave
runs the same ones.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys

import pytest

from calfin_bridge import engine
from pycalfin.cli import main
from pycalfin.errors import EngineError, SettingsError
from tests.matlab.outlet import write_model, write_run

FAKE = """
import pathlib
class EngineError(Exception): pass
log = pathlib.Path(__file__).with_name("log.txt")
def say(text):
    with log.open("a", encoding="utf-8") as file:
        file.write(text + "\\n")
class MatlabEngine:
    looks = 0
    def eval(self, script, nargout=1):
        assert nargout == 0
        if script == "0;":
            MatlabEngine.looks += 1
            if MatlabEngine.looks > 1:
                raise EngineError("MATLAB was closed")
        if "refuse" in script:
            raise EngineError("Error: refused\\n  by MATLAB")
        say(script)
    def quit(self):
        say("quit")
def find_matlab():
    return tuple(SHARED)
def connect_matlab(name):
    say("connect " + name)
    return MatlabEngine()
def start_matlab(option):
    say("start " + option)
    return MatlabEngine()
"""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "it's a fjørd")


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Make a stand-in for matlab.engine; it is none of MATLAB (see the top of this file)."""

    def make(*shared, code=FAKE):
        package = tmp_path / "fake" / "matlab"
        (package / "engine").mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "engine" / "__init__.py").write_text(f"SHARED = {shared!r}\n{code}")
        monkeypatch.syspath_prepend(package.parent)
        monkeypatch.setattr(engine, "POLL", 0.01)
        return package / "engine" / "log.txt"

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] == "matlab"]:
        del sys.modules[name]


def alone(function, *given):
    """Call a function in a fresh process, as `pycalfin run --push-to` does.

    oct2py forks, and a fork of this process, which may run TensorFlow, can crash.
    """
    process = multiprocessing.get_context("spawn").Process(target=function, args=given)
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    assert code == 0, "see what the process wrote to stderr"


@pytest.fixture(scope="session")
def octave():
    """Require Octave and oct2py, which starts an Octave of its own when it is imported."""
    pytest.importorskip("oct2py", reason="oct2py (extra octave) is not installed")
    if shutil.which("octave") is None:
        pytest.skip("GNU Octave is not installed")


def _octave_gets_the_fronts_as_a_variable(run_folder):
    session = engine.connect("octave")
    try:
        engine.push(session, run_folder)
        session.run("n=numel(cf.fronts); c=class(cf); x=cf.fronts(2).x; p=cf.python;")
        assert (session.value("n"), session.value("c")) == (5, "calfin")
        assert session.value("p") == sys.executable
        assert len(session.value("x")) == 41
        engine.push(session, run_folder, "other")
        session.run("assert(isequal({other.fronts.id},{cf.fronts.id}));")
        with pytest.raises(EngineError, match=r"GNU Octave: .*none/fronts\.h5: no such file"):
            engine.push(session, run_folder / "none")
        for name in ("1x", "_x", "a b", "ø", ""):
            with pytest.raises(EngineError, match="not a name for a variable"):
                engine.push(session, run_folder, name)
    finally:
        session.close()


@pytest.mark.octave
@pytest.mark.usefixtures("octave")
def test_octave_gets_the_fronts_as_a_variable(run_folder):
    alone(_octave_gets_the_fronts_as_a_variable, run_folder)


NAMES = (
    "it's", "a\nsystem('touch MARK');x='", "a\r\nb", "$(touch MARK)", "`touch MARK`", "100 %d %s",
    "a; touch MARK", '"x"', "a\\nb", "a...", "'];system('touch MARK');['", "a\tb\x1b",
    "!touch MARK",
)  # fmt: skip
"""Of folders, each legal on Linux."""


def _the_name_of_a_folder_is_no_statement(run_folder, tmp_path):
    session = engine.connect("octave")
    try:
        for name in NAMES:
            shutil.copytree(run_folder, tmp_path / name)
            engine.push(session, tmp_path / name)
            session.run("n=numel(cf.fronts); where=double(fileparts(cf.report));")
            assert session.value("n") == 5
            found = bytes(int(value) for value in session.value("where").ravel())
            assert found.decode() == str(tmp_path / name)
    finally:
        session.close()
    assert not list(tmp_path.rglob("MARK"))


@pytest.mark.octave
@pytest.mark.usefixtures("octave")
def test_the_name_of_a_folder_is_no_statement(run_folder, tmp_path):
    alone(_the_name_of_a_folder_is_no_statement, run_folder, tmp_path)


def _octave_goes_on_with_a_model(run_folder, tmp_path):
    session = engine.connect("octave")
    try:
        engine.push(session, run_folder)
        session.run(f"load('{write_model(tmp_path / 'md.mat')}'); md.timestepping.start_time=2017;")
        session.run("md=cf.initialize(md); n=size(md.levelset.spclevelset,2);")
        assert session.value("n") == 5
    finally:
        session.close()


@pytest.mark.octave
@pytest.mark.usefixtures("octave")
def test_octave_goes_on_with_a_model(run_folder, tmp_path):
    alone(_octave_goes_on_with_a_model, run_folder, tmp_path)


def test_a_folder_called_matlab_is_no_matlab(tmp_path, monkeypatch):
    (tmp_path / "matlab").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingsError, match="pip install matlabengine") as caught:
        engine.require("matlab")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["ImportError", "OSError", "RuntimeError"])
def test_an_engine_that_does_not_load_is_told(fake, kind):
    """With the stand-in for MATLAB's engine."""
    fake(code=f"raise {kind}('libmex.so: no such file')")
    with pytest.raises(SettingsError, match=r"does not load .libmex\.so: no such"):
        engine.connect("matlab")


def test_a_shared_matlab_is_used_and_left_alone(fake, run_folder):
    """With the stand-in for MATLAB's engine."""
    log = fake("first", "second")
    for target, name in [("matlab", "first"), ("matlab:second", "second")]:
        session = engine.connect(target)
        assert (session.name, session.lasting) == (f"MATLAB {name}", True)
        engine.push(session, run_folder)
        session.close()
        connected, script, ended = log.read_text(encoding="utf-8").splitlines()
        assert (connected, ended) == (f"connect {name}", "quit")
        assert script.startswith("addpath('")
        quoted = str(run_folder).replace("'", "''")
        assert script.endswith(f"cf=calfin('python','{sys.executable}'); cf.load('{quoted}');")
        log.unlink()
    with pytest.raises(SettingsError, match=r"as 'third' .shared are: first, second\)"):
        engine.require("matlab:third")


@pytest.mark.usefixtures("octave")
def test_the_statements_for_matlab_do_in_octave_what_they_say(fake, run_folder, tmp_path):
    """With the stand-in for MATLAB's engine; Octave runs what it got."""
    log = fake("it")
    engine.push(engine.connect("matlab"), run_folder)
    script = log.read_text(encoding="utf-8").splitlines()[1]
    (tmp_path / "s.m").write_text(f"{script}\ndisp(numel(cf.fronts));", encoding="utf-8")
    done = subprocess.run(
        ["octave", "--no-gui", "--quiet", tmp_path / "s.m"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "5\n"


def test_a_matlab_that_was_started_stays_until_it_is_closed(fake, run_folder, capsys):
    """With the stand-in for MATLAB's engine."""
    log = fake()
    assert main(["push", str(run_folder), "--to", "matlab"]) == 0
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "start -desktop"
    assert lines[2:] == ["0;", "quit"]
    assert capsys.readouterr().out.startswith("MATLAB: cf holds the fronts of ")


def test_what_matlab_refuses_is_one_sentence(fake, tmp_path, capsys):
    """With the stand-in for MATLAB's engine."""
    fake("it")
    assert main(["push", str(tmp_path / "refuse"), "--to", "matlab:it"]) == 1
    assert capsys.readouterr().err == "pycalfin: MATLAB it: Error: refused by MATLAB\n"


@pytest.mark.parametrize("target", ["maple", "", "octave:a", "octave,matlab"])
def test_unknown_targets_are_refused(target, capsys):
    assert main(["push", "x", "--to", target]) == 2
    assert "expected matlab, matlab:NAME or octave" in capsys.readouterr().err


@pytest.mark.usefixtures("octave")
def test_octave_without_its_programs_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match="Octave is not on the search path"):
        engine.connect("octave")
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="pip install oct2py"):
        engine.require("octave")


def test_nothing_heavy_and_no_other_hdf5_is_loaded():
    code = (
        "import calfin_bridge.engine, pycalfin.cli.push, sys; pycalfin.cli.build_parser();"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "h5py", "matlab", "oct2py"} & set(loaded)


def run_and_push(target, scene, output, said=None, **env):
    return subprocess.run(
        [sys.executable, "-m", "pycalfin", "run", scene, "--output", output, "--push-to", target],
        capture_output=True, text=True, check=False, input=said, env=os.environ | env,
    )  # fmt: skip


@pytest.mark.usefixtures("octave")
def test_run_pushes_to_octave_which_then_takes_statements(painted_scene, tmp_path):
    said = "printf('%d fronts\\n',numel(cf.fronts));\nx=no_such_thing;\nexit\n"
    done = run_and_push("octave", painted_scene.path, tmp_path / "out", said)
    assert done.returncode == 0, done.stderr
    assert "GNU Octave: cf holds the fronts of " in done.stdout
    assert "1 fronts" in done.stdout
    assert "no_such_thing" in done.stdout


def test_run_without_the_program_says_so_before_any_work(painted_scene, tmp_path):
    done = run_and_push("matlab", painted_scene.path, tmp_path / "out")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "matlab: needs MATLAB and its Engine API" in done.stderr
    assert not (tmp_path / "out").exists()


def test_run_whose_results_are_not_taken_ends_in_part(painted_scene, tmp_path, fake):
    """With the stand-in for MATLAB's engine."""
    log = fake("it")
    path = os.pathsep.join([str(log.parents[2]), os.environ.get("PYTHONPATH", "")])
    done = run_and_push("matlab:it", painted_scene.path, tmp_path / "refuse", PYTHONPATH=path)
    assert done.returncode == 3
    assert "pycalfin: MATLAB it: Error: refused by MATLAB" in done.stderr
    assert (tmp_path / "refuse" / "fronts.h5").is_file()
