"""The line that starts Python, for three platforms; and which Python it is."""

import json
import os
import shlex
import subprocess
import sys

import pytest

WORDS = ['/py th/it\'s "here"/python', "-m", "pycalfin", "/tmp/Bræ $x;`y` \\ &|<>*?/request.json"]
UNSET = "env -u LD_LIBRARY_PATH -u LD_PRELOAD -u PYTHONHOME PYTHONSAFEPATH=1 "
UNSET_MACOS = (
    "env -u DYLD_LIBRARY_PATH -u DYLD_FRAMEWORK_PATH -u DYLD_INSERT_LIBRARIES -u PYTHONHOME "
    "PYTHONSAFEPATH=1 "
)


def text(value):
    return "'" + value.replace("'", "''") + "'"


def command(octave, words, platform):
    rest = ",".join(text(word) for word in words[1:])
    return octave(f"printf('%s',calfinlib.command({text(words[0])},{{{rest}}},{text(platform)}))")


@pytest.mark.parametrize(("platform", "unset"), [("linux", UNSET), ("macos", UNSET_MACOS)])
def test_any_posix_shell_gets_the_words_as_they_are(octave, platform, unset):
    line = command(octave, WORDS, platform)
    assert line.startswith(unset)
    assert shlex.split(line[len(unset) :]) == WORDS


def test_the_line_does_in_a_shell_what_it_says(octave):
    code = "import os,sys;print(os.environ.get('LD_LIBRARY_PATH'),sys.argv[1:])"
    line = command(octave, [sys.executable, "-c", code, *WORDS[1:]], "linux")
    said = subprocess.run(
        line,
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"LD_LIBRARY_PATH": "/nowhere", "PYTHONHOME": "/nowhere"},
    )
    assert said.stdout.strip() == f"None {WORDS[1:]}"


def test_windows(octave):
    words = ["C:\\Program Files\\py\\python.exe", "-m", "pycalfin", "C:\\Users\\Bjørn\\a b\\"]
    line = command(octave, words, "windows")
    assert line == (
        'set "PYTHONHOME=" & set "PYTHONSAFEPATH=1" & '
        '"C:\\Program Files\\py\\python.exe" "-m" "pycalfin" '
        '"C:\\Users\\Bjørn\\a b\\\\"'
    )
    assert not line.startswith('"')  # cmd /c would strip the first and the last quote
    # how Windows programs split their command line (subprocess has the inverse)
    rest = line.split(" & ")[-1].replace('"-m" "pycalfin"', "-m pycalfin")
    assert rest == subprocess.list2cmdline(words)


FIND = "[p,o]=calfinlib.findpython('%s'); printf('%%s|%%s',p,o)"


def test_python_is_looked_up_in_order(octave, tmp_path):
    config = tmp_path / "pycalfin" / "matlab.json"
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert octave(FIND % "/given/python", **home) == "/given/python|the property python"
    said = octave(FIND % "", python="/env/python", **home)
    assert said == "/env/python|the environment variable PYCALFIN_PYTHON"
    config.parent.mkdir()
    config.write_text(json.dumps({"python": "/con fig/pythøn"}), encoding="utf-8")
    assert octave(FIND % "", python="", **home) == f"/con fig/pythøn|{config}"
    config.write_text("{")
    said = octave(
        f"try; {FIND % ''}; catch e; printf('%s|%s',e.identifier,e.message); end", python="", **home
    )
    assert said.startswith(f"calfin:config|{config}: damaged")
    assert "matlab-path --configure" in said


@pytest.mark.parametrize(
    ("matlab", "environment", "python"),
    [
        ("env/lib/python3.11/site-packages/pycalfin/matlab", "env", "env/bin/python"),
        ("env/Lib/site-packages/pycalfin/matlab", "env", "env/Scripts/python.exe"),
        ("clone/matlab", "clone/.venv", "clone/.venv/bin/python"),
    ],
)
def test_the_environment_around_calfin_is_found(
    octave, root, tmp_path, matlab, environment, python
):
    import shutil

    copy = tmp_path / matlab
    shutil.copytree(root / "matlab", copy)
    place = tmp_path / python
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("")
    home = {"XDG_CONFIG_HOME": str(tmp_path / "none")}
    # a folder bin/python that belongs to no environment is not taken
    said = octave(FIND % "", python="", matlab=copy, **home)
    assert said == "python3|the search path of programs"
    (tmp_path / environment / "pyvenv.cfg").write_text("")
    said = octave(FIND % "", python="", matlab=copy, **home)
    assert said == f"{place}|the environment of calfin.m"


def test_what_matlab_path_configures_is_found(octave, tmp_path):
    env = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pycalfin", "matlab-path", "--configure"],
        capture_output=True, text=True, check=True, env=env,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 1
    assert str(tmp_path) in done.stderr
    said = octave(FIND % "", python="", XDG_CONFIG_HOME=str(tmp_path))
    assert said.split("|")[0] == sys.executable


def test_nearest_name(octave):
    script = (
        "names={'scenes','domain','date','output'};"
        "for w={'scnes','Domian','dat','zzzzzz','outptu'};"
        "printf('%s ',calfinlib.closestname(w{1},names)); end"
    )
    assert octave(script).split(" ") == ["scenes", "domain", "date", "", "output", ""]
