"""What calfin.m says when something is wrong, and how it is stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"


ERRORS = {
    "no Python": (
        "cf.python='/no/py thon'; cf.scenes='a.tif';",
        "calfin:nopython",
        "/no/py thon (from the property python) is no Python that runs; set cf.python or",
    ),
    "missing scene": (
        "cf.scenes='/no/scene.tif';",
        "calfin:scene",
        "/no/scene.tif: no such file or folder; check the path",
    ),
    "no date": ("cf.scenes=tif; cf.date='';", "calfin:date", "pass --date YYYY-MM-DD"),
    "unknown setting": (
        "cf.scenes='a.tif'; cf.settings.max_clod=1;",
        "calfin:settings",
        "unknown setting 'max_clod'; did you mean 'max_cloud'?",
    ),
    "missing domain": (
        "cf.scenes=tif; cf.domain='none.geojson';",
        "calfin:domain",
        "none.geojson: no such file",
    ),
    "open contour": (
        "cf.scenes=tif; cf.domain=struct('name','a','x',[0;1;1],'y',[0;0;1]);",
        "calfin:domain",
        "contour 1 (a) is an open line",
    ),
    "output": (
        "cf.scenes=tif; cf.output=[tif '/out'];",
        "calfin:output",
        "cannot make this output folder",
    ),
    "several wrong types": (
        "cf.scenes=3; cf.jobs=0; cf.domain=7; cf.date=1; cf.settings=2;",
        "calfin:settings",
        "scenes is neither text nor a cell array of texts",
    ),
    "endless jobs": (
        "cf.scenes='a.tif'; cf.jobs=Inf;",
        "calfin:settings",
        "jobs is no whole number",
    ),
    "not a number": (
        "cf.scenes='a.tif'; cf.settings.max_cloud=NaN;",
        "calfin:settings",
        "settings.max_cloud is not finite",
    ),
    "empty name": ("cf.scenes={'a.tif',''};", "calfin:settings", "scenes has an empty name"),
    "unequal contour": (
        "cf.scenes=tif; cf.domain=struct('name','a','x',[0;1;1;0],'y',[0;0;1]);",
        "calfin:domain",
        "contour 1 (a) has 4 x (double) and 3 y (double); expected numbers, one y for every x",
    ),
    "contour of cells": (
        "cf.scenes=tif; cf.domain=struct('name','a','x',{{0,1}},'y',[0;0]);",
        "calfin:domain",
        "has 2 x (cell)",
    ),
    "mesh without elements": (
        "cf.scenes=tif; md.mesh.x=[0;1]; md.mesh.y=[0;1]; cf.domain=md;",
        "calfin:domain",
        "has no elements",
    ),
    "elements": (
        "cf.scenes=tif; md.mesh=struct('x',[0;1],'y',[0;1],'elements',[1 2 NaN]); cf.domain=md;",
        "calfin:domain",
        "is not finite; expected triangles",
    ),
    "load": ("cf.load('none');", "calfin:noresult", "none/fronts.h5: no such file"),
    "plot": ("cf.plot();", "calfin:nofront", "there is no front to plot"),
}


@pytest.mark.parametrize("case", list(ERRORS))
def test_errors_have_an_identifier_and_a_sentence(octave_run, tmp_path, case):
    import rasterio

    plain = tmp_path / "plain.tif"
    with rasterio.open(
        plain, "w", driver="GTiff", width=64, height=64, count=1, dtype="uint16",
        crs="EPSG:32622", transform=rasterio.Affine(30, 0, 5e5, 0, -30, 7e6),
    ) as file:  # fmt: skip
        file.write(np.arange(4096, dtype="uint16").reshape(1, 64, 64) + 1000)
    script, identifier, sentence = ERRORS[case]
    setup = f"tif='{plain}'; cf=calfin(); cf.date='2020-01-01';"
    after = "\nprintf('%d %s\\n',numel(cf.fronts),cf.report);"
    stdout, _ = octave_run(
        f"{setup}\ntry; {script} cf.solve(); printf('no error\\n'); {CATCH}{after}", cwd=tmp_path
    )
    *_, said, results = [line for line in stdout.splitlines() if line]
    if case == "several wrong types":
        assert stdout.count("\n") >= 5
        said = f"{identifier}|" + stdout.split("|")[1]
        for name in ("jobs", "domain", "date", "settings"):
            assert name in stdout
    assert said.startswith(f"{identifier}|")
    assert sentence in said
    assert results.strip() == "0"


def test_python_without_pycalfin(octave_run, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    python = bare / "bin" / "python"
    stdout, _ = octave_run(
        f"cf=calfin(); cf.scenes='a.tif'; try; cf.solve(); {CATCH}", python=str(python)
    )
    assert (
        f"calfin:nopycalfin|{python} (from the environment variable PYCALFIN_PYTHON), a Python 3"
        in stdout
    )
    assert "has no pycalfin; install it there" in stdout


def fake(tmp_path, body):
    """A stand-in for a Python whose pycalfin answers in another way."""
    path = tmp_path / "fake python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("body", "identifier", "sentence"),
    [
        ("exit 9", "calfin:nopython", "is no Python that runs"),
        (
            'echo \'{"contract":2,"error":"","remarks":[]}\' > "$(dirname "$5")/answer.json"',
            "calfin:contract",
            "speaks version 1 of the contract, the pycalfin that answered version 2",
        ),
        (
            'echo "{" > "$(dirname "$5")/answer.json"',
            "calfin:contract",
            "no answer that can be read",
        ),
        ('test "$1" = -c && echo calfin-probe 3.12.0 True False', "calfin:contract", "older"),
        (
            'test "$1" = -c && echo calfin-probe 3.12.0 True True || kill -9 $$',
            "calfin:crashed",
            "status",
        ),
    ],
    ids=["no Python", "contract", "damaged answer", "old pycalfin", "killed"],
)
def test_what_else_python_may_do(octave_run, tmp_path, body, identifier, sentence):
    python = fake(tmp_path, body)
    stdout, _ = octave_run(
        f"cf=calfin('scenes','a.tif','python','{python}'); try; cf.solve(); {CATCH}"
    )
    assert f"{identifier}|" in stdout
    assert sentence in stdout


def test_damaged_and_foreign_results(solved, octave_run, tmp_path):
    import h5py

    whole = (solved.output / "fronts.h5").read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"no HDF5",
        "half": whole[: len(whole) // 2],
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "fronts.h5").write_bytes(content)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fronts.h5").write_bytes(whole)
    with h5py.File(tmp_path / "other" / "fronts.h5", "r+") as file:
        file["contract"][...] = 7
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "fronts.h5").write_bytes(whole)
    with h5py.File(tmp_path / "torn" / "fronts.h5", "r+") as file:
        del file["x"]
    stdout, _ = octave_run(
        "names={'empty','text','half','torn','other'}; cf=calfin();\n"
        f"for i=1:5; try; cf.load(names{{i}}); {CATCH} end",
        cwd=tmp_path,
    )
    lines = stdout.splitlines()
    for name, line in zip(["empty", "text", "half", "torn"], lines[:4], strict=True):
        assert line.startswith(f"calfin:badresult|{name}/fronts.h5: a damaged file")
    assert lines[4].startswith("calfin:contract|other/fronts.h5: written for version 7")


def test_the_child_has_neither_matlabs_libraries_nor_its_own_python_home(octave_run, tmp_path):
    python = fake(
        tmp_path,
        'echo "child: ${LD_LIBRARY_PATH-none} ${PYTHONHOME-none}"\n'
        'test "$1" = -c && echo calfin-probe 3.12.0 True True',
    )
    stdout, _ = octave_run(
        f"cf=calfin('scenes','a.tif','python','{python}'); try; cf.solve(); {CATCH}",
        LD_LIBRARY_PATH="/matlab/bin/glnxa64",
        PYTHONHOME="/matlab",
    )
    assert "child: none none" in stdout


def children(job):
    """Pythons that work on a request below a folder."""
    lines = [" ".join(item.info["cmdline"] or []) for item in psutil.process_iter(["cmdline"])]
    return [line for line in lines if "-m pycalfin bridge" in line and str(job) in line]


def copies(scene, folder, count):
    """Scenes of other dates beside each other: a run that lasts longer than a signal needs."""
    for number in range(count):
        path = folder / f"scene_2020-01-{number + 1:02}.tif"
        path.write_bytes(scene.read_bytes() + bytes([number]))


def test_interrupt_ends_the_child(made, start, tmp_path):
    """Ctrl-C in a terminal goes to Octave and to what it runs."""
    scene, domains = made
    job = tmp_path / "jobs"
    job.mkdir()
    copies(scene, tmp_path, 28)
    process = start(
        f"""
        cf=calfin('scenes','{tmp_path}','domain','{domains}','output','out');
        try; cf.solve(); {CATCH}
        printf('goes on\\n');
        """,
        cwd=tmp_path,
        TMPDIR=str(job),
    )
    began = time.monotonic()
    while not list(job.rglob("request.json")):
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    while not children(job):
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert not children(job)
    assert (
        "calfin:interrupted|interrupted; the same settings continue where it stopped" in stdout
    ), (
        stdout,
        stderr,
    )
    assert "goes on" in stdout
    assert not list(job.iterdir())


def test_repeated_interrupts_end_all_workers(made, start, tmp_path):
    """Impatient fingers, several processes: nothing is left, and Octave goes on."""
    scene, domains = made
    job = tmp_path / "jobs"
    job.mkdir()
    copies(scene, tmp_path, 6)
    process = start(
        f"""
        cf=calfin('scenes','{tmp_path}','domain','{domains}','output','out','jobs',2);
        try; cf.solve(); {CATCH}
        printf('goes on\\n');
        """,
        cwd=tmp_path,
        TMPDIR=str(job),
    )
    head = psutil.Process(process.pid)

    def workers():
        return [
            item for item in head.children(recursive=True) if "spawn" in " ".join(item.cmdline())
        ]

    began = time.monotonic()
    while len(workers()) < 2:
        assert time.monotonic() - began < 60
        time.sleep(0.1)
    time.sleep(1)
    alive = workers()
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    stdout, _ = process.communicate(timeout=30)
    assert "calfin:interrupted|" in stdout
    assert "goes on" in stdout
    assert not list(job.iterdir())
    assert not psutil.wait_procs(alive, timeout=5)[1]


def test_what_lies_in_the_working_folder_is_not_pythons(octave_run, tmp_path):
    if sys.version_info < (3, 11):
        pytest.skip("PYTHONSAFEPATH came with Python 3.11")
    (tmp_path / "random.py").write_text("raise SystemExit(7)")
    stdout, _ = octave_run(
        f"cf=calfin('scenes','none.tif'); try; cf.solve(); {CATCH}", cwd=tmp_path
    )
    assert "calfin:scene|none.tif: no such file" in stdout


def test_a_typo_or_another_scene_leaves_what_is_there(made, solved, octave_run, tmp_path):
    scene, domains = made
    folder = shutil.copytree(solved.output, tmp_path / "out")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = sorted(path for path in scene.parent.glob("LC08*012010*.TIF") if path != scene)[0]
    stdout, _ = octave_run(
        f"""
        cf=calfin('scenes','{scene}','domain','{domains}','output','{folder}');
        cf.load('{folder}');
        fronts=cf.fronts;
        names={{'domain','network','fjord','mode','scenes'}};
        values={{'domians.geojson','lihgt','fjrod.tif','apend','{other}'}};
        for i=1:numel(names)
            kept=cf.(names{{i}});
            cf.(names{{i}})=values{{i}};
            try; cf.solve(); {CATCH}
            cf.(names{{i}})=kept;
            printf('same %d\\n',isequal(cf.fronts,fronts));
        end
        """
    )
    words = [line.split("|")[0] for line in stdout.splitlines() if line.startswith("calfin:")]
    kinds = ["domain", "weights", "domain", "settings", "settings"]
    assert words == [f"calfin:{kind}" for kind in kinds]
    assert "1 earlier scene" in stdout
    assert stdout.count("same 1") == len(kinds)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_scenes_are_added_to_what_is_there(made, solved, octave_run, tmp_path):
    scene, domains = made
    folder = shutil.copytree(solved.output, tmp_path / "out")
    other = sorted(path for path in scene.parent.glob("LC08*012010*.TIF") if path != scene)[0]
    stdout, _ = octave_run(
        f"""
        cf=calfin('scenes','{other}','domain','{domains}','output','{folder}','mode','append');
        cf.solve();
        printf('%d fronts\\n',numel(cf.fronts));
        """
    )
    assert "2 fronts" in stdout
