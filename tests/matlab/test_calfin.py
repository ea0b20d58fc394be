"""calfin.m as a modeller uses it: Octave runs it for real, and it runs Python for real."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from calfin_bridge.result import read_result
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.resources import folder
from pycalfin.scene.domain import read_domains
from pycalfin.scene.synthetic import generate

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A synthetic scene with one front, and the domains of the demo."""
    place = tmp_path_factory.mktemp("made scenes ø")
    scenes = generate(place)
    scene = next(item for item in scenes if item.domain_name == "DemoNorth")
    return scene.path, place / "domains.geojson"


@pytest.fixture(scope="module")
def solved(made, octave_run, tmp_path_factory):
    """One solve: its folder, and what Octave printed."""
    scene, domains = made
    output = tmp_path_factory.mktemp("solved") / "o'ut ø put"
    stdout, stderr = octave_run(
        f"""
        cf=calfin('scenes','{scene}','domain','{domains}','output','{quoted(output)}');
        cf.solve();
        printf('%s\\n',class(cf.fronts));
        printf('front %s %d %.9f %.9f\\n',cf.fronts(1).name,numel(cf.fronts),cf.fronts(1).x(1),cf.fronts(1).y(end));
        printf('figure %s\\n',cf.figures{{1}});
        printf('report %s\\n',cf.report);
        printf('%s',cf.log);
        """
    )
    return output, stdout, stderr


def quoted(path):
    return str(path).replace("'", "''")


def test_solve_brings_the_fronts(solved):
    output, stdout, _ = solved
    front = read_result(output).fronts[0]
    found = re.search(r"^front (\S+) (\d+) (\S+) (\S+)$", stdout, re.MULTILINE)
    assert found is not None, stdout
    assert found[1] == f"DemoNorth_{front.date}"
    assert found[2] == "1"
    assert float(found[3]) == pytest.approx(front.xy[0, 0], abs=1e-8)
    assert float(found[4]) == pytest.approx(front.xy[-1, 1], abs=1e-8)
    for name in ("figure", "report"):
        path = re.search(rf"^{name} (.+)$", stdout, re.MULTILINE)[1]
        assert os.path.isfile(path), path  # noqa: PTH113
    assert f"{front.date} {front.scene} DemoNorth: done, fronts: 1" in stdout


def test_progress_reaches_the_console(solved):
    _, stdout, _ = solved
    assert "pycalfin: 3 pairs of scene and domain" in stdout
    assert re.search(r"^pycalfin: \d of 3: .* DemoNorth: 1 front$", stdout, re.MULTILINE)


def test_synthetic_fronts_are_told(solved):
    _, _, stderr = solved
    assert "warning: these fronts come from synthetic scenes: they are no observations" in stderr


def test_a_second_solve_resumes_and_load_runs_nothing(solved, made, octave_run):
    output, _, _ = solved
    scene, domains = made
    stdout, _ = octave_run(
        f"""
        cf=calfin('scenes',{{'{scene}'}},'domain','{domains}','output','{quoted(output)}');
        cf.solve();
        again=calfin('python','/no/python/at/all');
        again.load('{quoted(output)}');
        printf('same %d\\n',isequal(again.fronts,cf.fronts),isequal(again.log,cf.log));
        printf('same %d\\n',isequal(again.figures,cf.figures),strcmp(again.report,cf.report));
        """
    )
    assert "3 pairs of scene and domain, 3 of them finished before" in stdout
    assert stdout.count("same 1") == 4


def test_contours_and_meshes_are_domains(solved, made, octave_run, tmp_path):
    """The same area as a file, a contour, an .exp file and the mesh of a model: the same front."""
    scene, domains = made
    north = read_domains(domains)[0]
    polygon = np.asarray(north.polygon.exterior.coords)
    from pycalfin.geo import reproject

    xy = reproject(polygon, north.crs, "EPSG:3413")
    write_exp_contours(tmp_path / "north.exp", [Contour.from_xy("North", xy)])
    x, y = (" ".join(repr(float(value)) for value in column) for column in xy.T)
    count = len(xy) - 1
    fan = ";".join(f"{count + 1} {i + 1} {(i + 1) % count + 1}" for i in range(count))
    stdout, _ = octave_run(
        f"""
        x=[{x}]'; y=[{y}]';
        contour=struct('name','North','nods',numel(x),'density',1,'x',x,'y',y,'closed',1);
        md.mesh.x=[x(1:end-1);mean(x(1:end-1))];
        md.mesh.y=[y(1:end-1);mean(y(1:end-1))];
        md.mesh.elements=[{fan}];
        md.mesh.epsg=3413;
        md.miscellaneous.name='North';
        domains={{contour,'{tmp_path}/north.exp',md}};
        for i=1:3
            cf=calfin('scenes','{scene}','output',sprintf('out%d',i));
            cf.domain=domains{{i}};
            cf.solve();
            printf('domain %s %s %d\\n',cf.fronts.domain,cf.fronts.crs,cf.fronts.nods);
        end
        """,
        cwd=tmp_path,
    )
    assert len(set(re.findall(r"^domain North EPSG:3413 \d+$", stdout, re.MULTILINE))) == 1
    first, second, third = (read_result(tmp_path / f"out{i}").fronts[0] for i in (1, 2, 3))
    np.testing.assert_allclose(second.xy, first.xy, atol=1e-5)
    np.testing.assert_allclose(third.xy, first.xy, atol=1e-5)


def test_real_scene_as_in_python(harald, octave, tmp_path):
    """The vertices of calfin.m and of Python agree to 1e-5 m, from any folder."""
    import pycalfin

    result = pycalfin.run(
        pycalfin.Settings(
            scenes=(str(harald.scene),),
            date="2021-09-26",
            domain=str(harald.box),
            output=str(tmp_path / "python"),
        )
    )
    elsewhere = tmp_path / "another folder"
    elsewhere.mkdir()
    stdout = octave(
        f"""
        cf=calfin('scenes',{{'{harald.scene}'}},'date','2021-09-26','domain','{harald.box}','output','with space and ø');
        cf.solve();
        printf('xy %.9f %.9f\\n',[cf.fronts(1).x cf.fronts(1).y]');
        printf('%d fronts\\n',numel(cf.fronts));
        """,
        cwd=elsewhere,
    )
    assert "1 fronts" in stdout
    found = np.array(re.findall(r"^xy (\S+) (\S+)$", stdout, re.MULTILINE), float)
    (front,) = (front for pair in result.results for front in pair.fronts)
    np.testing.assert_allclose(found, front.xy, rtol=0, atol=1e-5)
    assert (elsewhere / "with space and ø" / "report.html").is_file()


def test_nothing_set_takes_the_folder_scenes(made, octave_run, tmp_path):
    scene, domains = made
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / scene.name).symlink_to(scene)
    stdout, _ = octave_run(
        f"cf=calfin(); cf.domain='{domains}'; cf.solve(); printf('%d fronts\\n',numel(cf.fronts));",
        cwd=tmp_path,
    )
    assert "NO SCENES WERE SET: taking those in the folder ./scenes" in stdout
    assert "1 fronts" in stdout
    assert (tmp_path / "pycalfin_output" / "fronts.gpkg").is_file()


@pytest.mark.slow
def test_nothing_set_and_nothing_there_runs_the_demo(octave_run, tmp_path):
    stdout, stderr = octave_run(
        "cf=calfin(); cf.solve(); printf('%d fronts\\n',numel(cf.fronts));", cwd=tmp_path
    )
    assert "running the DEMO on SYNTHETIC scenes" in stdout
    assert re.search(r"^[5-9] fronts$", stdout, re.MULTILINE)
    assert "they are no observations" in stderr
    record = json.loads((tmp_path / "pycalfin_output" / "run.json").read_text(encoding="utf-8"))
    assert record["counts"]["failed"] == 0


def test_dates_and_partial_success(made, octave_run, tmp_path):
    scene, domains = made
    bad = tmp_path / "text.tif"
    bad.write_text("no image")
    stdout, stderr = octave_run(
        f"""
        cf=calfin('scenes',{{'{scene}','{bad}'}},'domain','{domains}');
        cf.date={{'2001-02-03','2002-03-04'}};
        cf.settings.margin=0.1;
        cf.solve();
        printf('%s %d\\n',cf.fronts.date,numel(cf.fronts));
        [message,id]=lastwarn();
        printf('%s',cf.log);
        """,
        cwd=tmp_path,
    )
    assert "2001-02-03 1\n" in stdout
    assert "warning: " in stderr
    assert "text.tif: not an image that GDAL can read" in stderr
    record = json.loads((tmp_path / "pycalfin_output" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["margin"] == 0.1
    assert "overrides" in stdout


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

    whole = (solved[0] / "fronts.h5").read_bytes()
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


def test_no_front_is_a_warning_with_its_reason(octave_run, tmp_path):
    import rasterio

    random = np.random.default_rng(1)
    with rasterio.open(
        tmp_path / "flat.tif", "w", driver="GTiff", width=96, height=96, count=1, dtype="uint16",
        crs="EPSG:32622", transform=rasterio.Affine(30, 0, 5e5, 0, -30, 7e6),
    ) as file:  # fmt: skip
        file.write(random.integers(2000, 2040, (1, 96, 96), dtype="uint16"))
    stdout, stderr = octave_run(
        """
        cf=calfin('scenes','flat.tif','date','2020-01-01'); cf.solve();
        [message,id]=lastwarn(); printf('%s|%s|%d\\n',id,message,numel(cf.fronts));
        printf('%s',cf.log);
        """,
        cwd=tmp_path,
    )
    assert "calfin:nofront|no front was found in 1 of 1 pairs of scene and domain (" in stdout
    assert "|0\n" in stdout
    assert "warning: no front was found" in stderr
    assert "flat" in stdout.splitlines()[-1]
    assert "no front" in stdout.splitlines()[-1]


def test_misspelt_names_are_errors_that_name_the_near_one(octave):
    stdout = octave(
        f"""
        try; calfin('scnes','a'); {CATCH}
        try; calfin('fronts',1); {CATCH}
        try; calfin('jobs'); {CATCH}
        try; calfin(1,2); {CATCH}
        cf=calfin();
        try; cf.doman='a'; {CATCH}
        try; cf.qqqqqqqq=1; {CATCH}
        cf.scenes={{'a','b'}}; cf.scenes{{2}}='c'; cf.settings.clip=true;
        printf('%s %d\\n',cf.scenes{{2}},cf.settings.clip);
        """
    ).splitlines()
    assert stdout[0] == "calfin:option|calfin has no option scnes; did you mean scenes?"
    assert stdout[1].startswith("calfin:option|calfin has no option fronts; it has python, scenes,")
    assert stdout[2].startswith("calfin:option|calfin takes pairs of a name and a value")
    assert stdout[3].startswith("calfin:option|option 1 of calfin is a double; expected a name")
    assert stdout[4] == "calfin:property|calfin has no property doman; did you mean domain?"
    assert stdout[5].startswith("calfin:property|calfin has no property qqqqqqqq; it has ")
    assert stdout[6] == "c 1"


def test_no_property_and_method_share_a_name(octave):
    stdout = octave(
        "p=properties('calfin'); m=methods('calfin');\n"
        "printf('%s,',p{:}); printf('|'); printf('%s,',m{:});"
    )
    names, methods = (set(part.strip(",").split(",")) for part in stdout.split("|"))
    assert {"scenes", "fronts", "levelset", "figures", "report", "log", "settings"} <= names
    assert {"solve", "load", "plot", "disp", "checkconsistency"} <= methods
    assert not names & methods
    assert names.isdisjoint({"calfin"})


def test_it_is_a_handle(octave):
    assert octave("a=calfin(); b=a; b.jobs=3; printf('%d',a.jobs);") == "3"


def test_disp_shows_every_property(octave, solved):
    output, _, _ = solved
    shown = octave(f"cf=calfin('scenes',{{'a.tif','b.tif'}}); cf.load('{quoted(output)}'); cf")
    names = octave("p=properties('calfin'); printf('%s,',p{:});").strip(",").split(",")
    for name in names:
        assert re.search(rf"^      {name} *: .* -- ", shown, re.MULTILINE), name
    assert "scenes   : 2 of them" in shown
    assert re.search(r"fronts   : 1, \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", shown)
    assert max(len(line) for line in shown.splitlines()) < 140


def test_disp_uses_fielddisplay_where_issm_is(octave, tmp_path):
    (tmp_path / "fielddisplay.m").write_text(
        "function fielddisplay(md,name,comment)\n\tprintf('ISSM %s: %s\\n',name,comment);\nend\n"
    )
    shown = octave(f"addpath('{tmp_path}'); cf=calfin()")
    assert shown.count("ISSM ") == 15


def test_help(octave):
    text = octave("disp(get_help_text('calfin'));")
    for part in ("Usage:", "cf=calfin();", "cf.solve();", "cf.load(", "docs/matlab.md"):
        assert part in text


def test_plot_draws_a_line_for_every_front(octave_run, solved, tmp_path):
    output, _, _ = solved
    stdout, _ = octave_run(
        f"""
        graphics_toolkit('gnuplot');
        figure('visible','off');
        cf=calfin(); cf.load('{quoted(output)}');
        f=cf.fronts; f(2)=f(1); f(2).date='2021-01-01'; f(3)=f(1); f(3).domain='Other'; f(3).crs='';
        cf.fronts=f;
        h=cf.plot();
        x=get(h(1),'xdata');
        printf('%d %.6f %.6f\\n',numel(h),x(1)*1000,cf.fronts(1).x(1));
        print('map.png','-dpng','-r80');
        """,
        cwd=tmp_path,
    )
    count, drawn, known = stdout.split()
    assert count == "3"
    assert float(drawn) == pytest.approx(float(known), abs=1e-3)
    assert (tmp_path / "map.png").stat().st_size > 5000


def test_the_child_has_neither_matlabs_libraries_nor_its_own_python_home(octave_run, tmp_path):
    python = fake(
        tmp_path,
        'echo "child: ${LD_LIBRARY_PATH-none} ${PYTHONHOME-none}"; test "$1" = -c && echo calfin-probe 3.12.0 True True',
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


def test_interrupt_ends_the_child(made, start, tmp_path):
    """Ctrl-C in a terminal goes to Octave and to what it runs."""
    scene, domains = made
    job = tmp_path / "jobs"
    job.mkdir()
    process = start(
        f"""
        cf=calfin('scenes','{scene}','domain','{domains}','output','out');
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


def test_from_where_it_is_installed(octave, root):
    """`addpath(genpath(...))` with the folder that matlab-path names."""
    printed = subprocess.run(
        [sys.executable, "-m", "pycalfin", "matlab-path"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == f"{folder('matlab')}\n"
    assert (
        octave(
            f"rmpath('{folder('matlab')}'); addpath(genpath('{printed.strip()}')); disp(class(calfin()))"
        )
        == "calfin\n"
    )
