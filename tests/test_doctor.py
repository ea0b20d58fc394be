"""The checks of an installation: what is told when something is absent or broken."""

import json
import os
import re
import shutil

import pytest

from pycalfin import doctor, network, resources
from pycalfin.cli import main
from pycalfin.doctor import NOTE, OK, PROBLEM, installation, machine, programs
from pycalfin.network import engine


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Cache and configuration of its own, and no model on this machine."""
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ISSM_DIR", raising=False)


def test_this_machine_is_ready(capsys, tmp_path):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "problem" not in out
    assert "\npycalfin is ready" in out
    assert list(tmp_path.iterdir()) == []


def test_everything_as_json(capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["exit_status"], found["problems"]) == (0, 0)
    checks = {check["name"]: check for check in found["checks"]}
    assert {"Python", "packages", "engine", "bf16", "network", "cache", "GDAL"} <= set(checks)
    assert checks["network"]["details"]["milliseconds"] > 0
    assert checks["engine"]["details"]["reason"]
    assert checks["packages"]["details"]["numpy"]


def test_a_problem_exits_1(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["doctor", "--output", str(tmp_path / "file" / "results")]) == 1
    out = capsys.readouterr().out
    assert re.search(r"problem +output .*\n? .*-> choose another --output", out, re.S)
    assert "\n1 problem: " in out


def test_the_packages_are_those_of_the_metadata(root):
    config = (root / "setup.cfg").read_text(encoding="utf-8")
    needed = re.search(r"install_requires =\n((?:    .+\n)+)", config)
    listed = re.findall(r"^ +([\w-]+)(?:>=([\d.]+))?", needed[1], re.M)
    assert dict(listed) == installation.PACKAGES
    assert set(installation.OPTIONAL) < set(installation.PACKAGES)


@pytest.mark.parametrize(
    ("version", "state"), [((3, 9), PROBLEM), ((3, 10), OK), ((3, 13), OK), ((3, 14), NOTE)]
)
def test_other_pythons(monkeypatch, version, state):
    monkeypatch.setattr(installation.sys, "version_info", version)
    assert installation.check_python().state == state


@pytest.mark.parametrize(
    ("package", "version", "state", "text"),
    [
        ("rich", None, PROBLEM, "rich is not installed"),
        ("numpy", "1.2", PROBLEM, "numpy 1.2 is older than 1.26"),
        ("openvino", None, NOTE, "openvino is not installed ("),
        ("shapely", "2.0.10rc1", OK, "shapely 2.0.10rc1"),
    ],
)
def test_packages_that_are_absent_or_old(monkeypatch, package, version, state, text):
    real = installation.installed_version
    monkeypatch.setattr(
        installation, "installed_version", lambda name: version if name == package else real(name)
    )
    found = installation.check_packages()
    assert found.state == state
    assert text in found.text
    assert bool(found.remedy) == (state != OK)


def test_a_package_that_does_not_import(monkeypatch):
    def fail(name):
        if name == "skimage":
            raise OSError("libgomp.so.1:\n cannot open")

    monkeypatch.setattr(installation, "import_module", fail)
    found = installation.check_packages()
    assert found.state == PROBLEM
    assert "scikit-image cannot be imported (libgomp.so.1: cannot open)" in found.text


def test_without_openvino_tensorflow_is_used(monkeypatch):
    monkeypatch.setattr(engine, "available", lambda: False)
    found = installation.check_engine()
    assert found.state == NOTE
    assert "tensorflow" in found.text
    assert "OpenVINO is not installed" in found.text
    assert installation.check_bf16().state == NOTE


def test_without_any_engine_nothing_works(monkeypatch):
    monkeypatch.setattr(installation, "find_spec", lambda _: None)
    assert installation.check_engine().state == PROBLEM


@pytest.mark.parametrize("fast", [True, False])
def test_bf16_is_what_the_processor_has(monkeypatch, fast):
    class Core:
        def get_property(self, _, name):
            features = ["FP32", "BF16"] if fast else ["FP32"]
            return features if name == "OPTIMIZATION_CAPABILITIES" else "A processor "

    class Module:
        pass

    Module.Core = Core
    monkeypatch.setattr(engine, "import_openvino", lambda: Module)
    found = installation.check_bf16()
    assert found.state == OK
    assert found.details["worthwhile"] is fast
    assert "A processor, " in found.text


def find(name):
    return next(item for item in doctor.examine() if item.name == name)


def test_a_damaged_network_is_a_problem_with_its_remedy(monkeypatch, tmp_path, root):
    shutil.copytree(root / "weights", tmp_path / "weights")
    path = tmp_path / "weights" / "light.h5"
    path.write_bytes(path.read_bytes()[:1000])
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / name)
    found = find("network")
    assert found.state == PROBLEM
    assert "damaged" in found.text
    assert found.remedy == "reinstall pycalfin"


def test_what_is_unexpected_is_a_problem_and_the_rest_goes_on(monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the CPU\nplugin is gone")

    monkeypatch.setattr(network, "load", fail)
    found = {item.name: item for item in doctor.examine()}
    assert found["network"].state == PROBLEM
    assert "RuntimeError: the CPU plugin is gone" in found["network"].text
    assert found["ISSM"].state == NOTE


def test_the_cache_is_measured(tmp_path):
    assert "empty" in machine.check_cache().text
    (tmp_path / "cache" / "weights").mkdir(parents=True)
    (tmp_path / "cache" / "weights" / "a.h5").write_bytes(bytes(2_000_000))
    assert machine.check_cache().text == f"{tmp_path / 'cache'}, 2.0 MB in 1 files"


def test_a_cache_that_cannot_be_written_is_a_note(tmp_path):
    (tmp_path / "cache").write_text("")
    found = machine.check_cache()
    assert found.state == NOTE
    assert "PYCALFIN_CACHE" in found.remedy


def test_little_room_is_a_note(monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    assert machine.check_output(tmp_path / "new" / "results").state == NOTE
    assert not (tmp_path / "new").exists()


def test_projections_that_are_led_astray_name_the_variable(monkeypatch):
    import pyproj

    def fail(*_, **__):
        raise pyproj.exceptions.CRSError("no database context")

    monkeypatch.setattr(pyproj.Transformer, "from_crs", fail)
    for name in ("PROJ_DATA", "GDAL_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROJ_LIB", "/old")
    found = machine.check_projections()
    assert found.state == PROBLEM
    assert found.remedy == "unset PROJ_LIB"


@pytest.mark.parametrize(
    ("content", "state", "text"),
    [
        (None, OK, "matlab"),
        ("{", PROBLEM, "damaged"),
        ('{"python": "/gone/python"}', PROBLEM, "names /gone/python, which does not exist"),
    ],
)
def test_the_python_of_matlab(content, state, text):
    config = resources.user_config() / resources.MATLAB_CONFIG
    if content is not None:
        config.parent.mkdir(parents=True)
        config.write_text(content)
    found = programs.check_matlab_files()
    assert found.state == state
    assert text in found.text


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="writes programs as POSIX shells run them")
@pytest.mark.parametrize(
    ("text", "state", "expected"),
    [
        ("echo GNU Octave, version 9.2.0", OK, "9.2.0"),
        ("echo GNU Octave, version 6.1.0", NOTE, "6.1.0"),
        ("exit 3", NOTE, "does not start"),
    ],
)
def test_octave_tells_its_version(tmp_path, monkeypatch, text, state, expected):
    program(tmp_path, "octave-cli", text)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = programs.check_octave()
    assert found.state == state
    assert expected in found.text


def test_what_is_optional_and_absent_is_a_note(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for found in (programs.check_matlab(), programs.check_octave(), programs.check_issm()):
        assert found.state == NOTE
        assert found.remedy


def test_matlab_with_and_without_its_engine(tmp_path, monkeypatch):
    if os.name != "posix":
        pytest.skip("writes programs as POSIX shells run them")
    program(tmp_path, "matlab", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    # a folder of files for MATLAB is no package
    (tmp_path / "place" / "matlab").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "place"))
    found = programs.check_matlab()
    assert found.state == NOTE
    assert "no matlabengine (not installed)" in found.text
    (tmp_path / "place" / "matlab" / "__init__.py").write_text("raise RuntimeError('no release')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "place"))
    assert "no matlabengine (RuntimeError: no release)" in programs.check_matlab().text
    (tmp_path / "place" / "matlab" / "__init__.py").write_text("")
    (tmp_path / "place" / "matlab" / "engine.py").write_text("")
    found = programs.check_matlab()
    assert found.state == OK
    assert found.text.endswith("matlabengine of unknown version")


def test_pyissm_is_imported(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "installed_version", lambda _: None)
    assert programs.check_pyissm().text == "not installed"
    monkeypatch.setattr(programs, "installed_version", lambda _: "9.9")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "pyissm.py").write_text("")
    assert (programs.check_pyissm().state, programs.check_pyissm().text) == (OK, "9.9")
    (tmp_path / "pyissm.py").write_text("import os; os.environ['USER']")
    monkeypatch.delenv("USER", raising=False)
    found = programs.check_pyissm()
    assert found.state == NOTE
    assert "USER" in found.remedy


@pytest.mark.parametrize(
    ("version", "state", "text"),
    [
        (None, NOTE, "TensorFlow is not installed"),
        ("2.16.2", NOTE, "older than 2.17"),
        ("2.21.0", OK, "TensorFlow 2.21.0"),
    ],
)
def test_without_tensorflow_the_extra_is_named(monkeypatch, version, state, text):
    monkeypatch.setattr(programs, "installed_version", lambda _: version)
    found = programs.check_training()
    assert (found.state, text in found.text) == (state, True)
    assert ("pycalfin[train]" in found.remedy) == (state == NOTE)


def test_the_oldest_tensorflow_is_that_of_the_metadata(root):
    config = (root / "setup.cfg").read_text(encoding="utf-8")
    assert f"tensorflow>={programs.OLDEST_TENSORFLOW};" in config


def test_the_folder_of_issm(tmp_path, monkeypatch):
    monkeypatch.setenv("ISSM_DIR", str(tmp_path))
    assert programs.check_issm().state == OK
    monkeypatch.setenv("ISSM_DIR", str(tmp_path / "gone"))
    assert "which is not a folder" in programs.check_issm().text
