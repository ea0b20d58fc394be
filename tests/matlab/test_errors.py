"""What calfin.m says when something is wrong, and how it is stopped."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from tests import holding

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"


ERRORS = {
    "no Python": (
        "cf.python='/no/py thon'; cf.scenes='a.tif';",
        "calfin:nopython",
        "/no/py thon (from the property python) is not a working Python; set cf.python or",
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
    "misspelt setting of figures": (
        "cf.scenes='a.tif'; cf.settings.figuers='worst';",
        "calfin:settings",
        "unknown setting 'figuers'; did you mean 'figures'?",
    ),
    "misspelt word": (
        "cf.scenes='a.tif'; cf.settings.figures='wrost';",
        "calfin:settings",
        "figures is 'wrost'; expected one of: all, worst, none; did you mean 'worst'?",
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
        "scenes is neither text nor a cell array of text",
    ),
    "endless jobs": (
        "cf.scenes='a.tif'; cf.jobs=Inf;",
        "calfin:settings",
        "jobs is not a whole number",
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
        ("exit 9", "calfin:nopython", "is not a working Python"),
        (
            'echo \'{"contract":2,"error":"","remarks":[]}\' > "$(dirname "$5")/answer.json"',
            "calfin:contract",
            "needs version 1 of the contract, but pycalfin answered in version 2",
        ),
        (
            'echo "{" > "$(dirname "$5")/answer.json"',
            "calfin:contract",
            "the answer cannot be read",
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


@pytest.fixture
def held(tmp_path, made, start):
    """Start a solve whose tasks never end; wait until so many processes hold one."""
    scene, domains = made
    for name in ("scenes", "tasks", "jobs"):
        (tmp_path / name).mkdir()
    for number in range(2):
        copy = tmp_path / "scenes" / f"scene_2020-01-{number + 1:02}.tif"
        copy.write_bytes(scene.read_bytes() + bytes([number]))
    begin = shlex.join(holding.command(tmp_path / "tasks"))
    python = fake(tmp_path, f'shift 3; exec {begin} "$@"')

    def solve(jobs):
        process = start(
            f"""
            cf=calfin('scenes','scenes','domain','{domains}','output','out','jobs',{jobs});
            try; cf.solve(); {CATCH}
            printf('goes on\\n');
            """,
            cwd=tmp_path,
            python=str(python),
            TMPDIR=str(tmp_path / "jobs"),
        )
        return process, holding.held(tmp_path / "tasks", jobs, process)

    return solve


def check_interrupted(process, workers, folder):
    stdout, stderr = process.communicate(timeout=holding.HANG)
    said = "calfin:interrupted|interrupted; the same settings continue where it stopped"
    assert said in stdout, (stdout, stderr)
    assert "goes on" in stdout
    assert not list((folder / "jobs").iterdir())
    holding.wait_for_end(workers)


def test_interrupt_ends_the_child(held, tmp_path):
    """Ctrl-C in a terminal goes to Octave and to what it runs."""
    process, workers = held(1)
    os.killpg(process.pid, signal.SIGINT)
    check_interrupted(process, workers, tmp_path)


def test_repeated_interrupts_end_all_workers(held, tmp_path):
    """Impatient fingers, several processes: nothing is left, and Octave goes on."""
    process, workers = held(2)
    (head,) = {worker.parent() for worker in workers}
    os.killpg(process.pid, signal.SIGINT)
    # Octave itself might go on before the second one reaches it: the others get it alone
    for one in (*workers, head):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGINT)
    check_interrupted(process, [head, *workers], tmp_path)


def test_what_lies_in_the_working_folder_is_not_pythons(octave_run, tmp_path):
    if sys.version_info < (3, 11):
        pytest.skip("PYTHONSAFEPATH came with Python 3.11")
    (tmp_path / "random.py").write_text("raise SystemExit(7)")
    stdout, _ = octave_run(
        f"cf=calfin('scenes','none.tif'); try; cf.solve(); {CATCH}", cwd=tmp_path
    )
    assert "calfin:scene|none.tif: no such file" in stdout


@pytest.fixture(scope="module")
def other(demo_scenes):
    """Another scene of the same glacier."""
    return next(item.path for item in demo_scenes if item.date == "2016-07-14")


def test_a_typo_or_another_scene_leaves_what_is_there(made, other, solved, octave_run, tmp_path):
    scene, domains = made
    folder = shutil.copytree(solved.output, tmp_path / "out")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
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


def test_scenes_are_added_to_what_is_there(made, other, solved, octave_run, tmp_path):
    _, domains = made
    folder = shutil.copytree(solved.output, tmp_path / "out")
    stdout, _ = octave_run(
        f"""
        cf=calfin('scenes','{other}','domain','{domains}','output','{folder}','mode','append');
        cf.solve();
        printf('%d fronts\\n',numel(cf.fronts));
        """
    )
    assert "2 fronts" in stdout
