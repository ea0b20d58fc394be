import os
import subprocess
import sys

import pytest

from pycalfin import __version__, cli
from pycalfin.cli import COMMANDS, build_parser, main, matlab_path
from pycalfin.errors import EXIT_NOTHING, EXIT_OK, EXIT_USAGE, SceneError, SettingsError

HEAVY = {"numpy", "scipy", "tensorflow", "keras", "rasterio", "matplotlib", "shapely", "pyproj"}
"""Packages that --help must not wait for."""


def modules_after(*arguments):
    """Names of the top-level modules loaded by `python -m pycalfin ARGUMENTS`."""
    code = (
        "import sys; from pycalfin.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('|', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("|")[2].split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["matlab-path"], ["settings"]]
)
def test_quick_commands_import_nothing_heavy(arguments):
    loaded = modules_after(*arguments)
    assert "pycalfin" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"] if command else ["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert "example: " in printed
    assert "pycalfin " + (command or "") in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_debug(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "--debug" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["no-such-command"], ["--no-such-option"], ["matlab-path", "--no-such"]]
)
def test_a_wrong_command_line_exits_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == EXIT_USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"pycalfin {__version__}\n"


def test_matlab_path_prints_one_line(capsys):
    assert main(["matlab-path"]) == 0
    printed = capsys.readouterr()
    assert printed.out.endswith("matlab\n")
    assert printed.out.count("\n") == 1
    assert printed.err == ""


@pytest.fixture
def failing(monkeypatch):
    """Make matlab-path raise what a test gives."""

    def arrange(error):
        def execute(_):
            raise error

        monkeypatch.setattr(matlab_path, "execute", execute)

    return arrange


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SceneError("a.tif: not a raster; check the file"), EXIT_NOTHING),
        (SettingsError("unknown setting 'job'"), EXIT_USAGE),
    ],
)
def test_an_expected_error_is_one_line_without_traceback(failing, capsys, error, status):
    failing(error)
    assert main(["matlab-path"]) == status
    printed = capsys.readouterr()
    assert printed.err == f"pycalfin: {error}\n"
    assert printed.out == ""


@pytest.mark.parametrize(
    ("error", "status"),
    [(SceneError("a.tif: not a raster"), EXIT_NOTHING), (SettingsError("unknown"), EXIT_USAGE)],
)
def test_debug_shows_the_traceback_and_changes_no_status(failing, capsys, error, status):
    failing(error)
    assert main(["matlab-path", "--debug"]) == status
    printed = capsys.readouterr()
    assert printed.err.startswith("Traceback")
    assert printed.err.endswith(f"pycalfin: {error}\n")
    assert printed.out == ""


def test_interruption_says_how_to_go_on(failing, capsys):
    failing(KeyboardInterrupt())
    assert main(["matlab-path"]) == 130
    assert "continues where it stopped" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="closes a pipe as POSIX shells do")
def test_a_closed_pipe_is_no_traceback():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "pycalfin", "matlab-path"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "a.tif", "--domian", "d.geojson"], "--domian; did you mean --domain?"),
        (["run", "a.tif", "--domian=d.geojson"], "--domian; did you mean --domain?"),
        (["run", "a.tif", "--ouput", "o", "--jbos", "2"], "did you mean --output?; unknown option"),
        (["levelset", "--mehs", "m", "--mesh", "m", "--fronts", "f", "--output", "o"], "--mesh?"),
        (["run", "a.tif", "--zzzzzzz"], "unknown option --zzzzzzz"),
        (["rnu", "a.tif"], "unknown command 'rnu'; did you mean run?"),
        (["weights", "lsit"], "did you mean list?"),
        (["demo", "somewhere"], "unexpected argument 'somewhere'"),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest_word(arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_everything_that_is_wrong_is_told_at_once(tmp_path, capsys):
    options = ["--domain", "no.geojson", "--fjord", "no.tif", "--network", "no", "--crs", "EPSG:0"]
    assert main(["run", "a.tif", *options, "--output", "out"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("pycalfin: ") for line in lines)
    (tmp_path / "s.toml").write_text("jbos = 2\nmax_cloud = 7\nwindow = 'x'\n")
    assert main(["run", "a.tif", "--settings", "s.toml"]) == 2
    said = capsys.readouterr().err
    for words in ("did you mean 'jobs'", "max_cloud is 7", "window is 'x'"):
        assert words in said


def test_every_module_of_a_command_has_the_same_face():
    parser = build_parser()
    assert parser.prog == "pycalfin"
    for name in COMMANDS.values():
        module = __import__(f"pycalfin.cli.{name}", fromlist=[name])
        for attribute in ("HELP", "DESCRIPTION", "EPILOG", "add_arguments", "execute"):
            assert hasattr(module, attribute), f"{name}.{attribute}"
    assert EXIT_OK == 0


@pytest.mark.parametrize("here", [True, False])
def test_processes_take_no_modules_from_the_working_folder(monkeypatch, tmp_path, here):
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path if here else tmp_path / "bin"), "/lib"])
    monkeypatch.setattr(os, "environ", dict(os.environ))
    cli.keep_folder_out()
    # a program that takes them itself goes on as it is
    assert ("PYTHONSAFEPATH" in os.environ) != here


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no safe path")
def test_a_module_of_a_stranger_is_not_imported(tmp_path):
    for name in ("random", "multiprocessing", "numpy", "json", "h5py"):
        (tmp_path / f"{name}.py").write_text("open('MARK', 'w')")
    script = (
        "import subprocess, sys; from pycalfin.cli import main; sys.argv[1:] = ['matlab-path'];"
        "main(); subprocess.run([sys.executable, '-c', 'import json, random'], check=True)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert not (tmp_path / "MARK").exists()
