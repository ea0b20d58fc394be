"""calfin.m as a modeller uses it: Octave runs it for real, and it runs Python for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from calfin_bridge.result import read_result
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.resources import folder
from pycalfin.scene.domain import read_domains
from tests.matlab.outlet import DATES, write_run

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"


def test_solve_brings_the_fronts(solved):
    output, stdout = solved.output, solved.stdout
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
    stdout = solved.stdout
    assert "pycalfin: 1 scene, 3 domains" in stdout
    assert re.search(r"^pycalfin: \d of 3: .* DemoNorth: 1 front$", stdout, re.MULTILINE)


def test_synthetic_fronts_are_told(solved):
    stderr = solved.stderr
    assert "warning: these fronts come from synthetic scenes: they are no observations" in stderr


def test_a_second_solve_resumes_and_load_runs_nothing(solved, made, octave_run):
    quoted = solved.quoted
    scene, domains = made
    stdout, _ = octave_run(
        f"""
        cf=calfin('scenes',{{'{scene}'}},'domain','{domains}','output','{quoted}');
        cf.solve();
        again=calfin('python','/no/python/at/all');
        again.load('{quoted}');
        printf('same %d\\n',isequal(again.fronts,cf.fronts),isequal(again.log,cf.log));
        printf('same %d\\n',isequal(again.figures,cf.figures),strcmp(again.report,cf.report));
        """
    )
    assert "1 scene, 3 domains; 3 of 3 finished before" in stdout
    assert stdout.count("same 1") == 4


@pytest.mark.slow
def test_contours_and_meshes_are_domains(made, octave_run, tmp_path):
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
        cf=calfin('scenes',{{'{harald.scene}'}},'date','2021-09-26');
        cf.domain='{harald.box}';
        cf.output='with space and ø';
        cf.solve();
        printf('xy %.9f %.9f\\n',[cf.fronts(1).x cf.fronts(1).y]');
        printf('%d fronts\\n',numel(cf.fronts));
        """,
        cwd=elsewhere,
    )
    assert "1 fronts" in stdout
    found = np.array(re.findall(r"^xy (\S+) (\S+)$", stdout, re.MULTILINE), float)
    (front,) = (front for pair in result.pairs for front in pair.fronts)
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
    assert "calfin:nofront|no front was found (" in stdout
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
        try; cf.figuers='worst'; {CATCH}
        try; cf.figures='worst'; {CATCH}
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
    assert stdout[6] == "calfin:property|calfin has no property figuers; did you mean figures?"
    assert stdout[7].startswith("calfin:property|cf.figures holds the paths of figures; to choose")
    assert stdout[8] == "c 1"


def test_fronts_without_figures_are_loaded(octave, tmp_path):
    write_run(tmp_path)
    said = octave(
        f"cf=calfin(); cf.load('{tmp_path}'); "
        "printf('%d %d %d',numel(cf.figures),numel(cf.fronts),all(cellfun('isempty',cf.figures)));"
    )
    assert said == f"{len(DATES)} {len(DATES)} 1"


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
    quoted = solved.quoted
    shown = octave(f"cf=calfin('scenes',{{'a.tif','b.tif'}}); cf.load('{quoted}'); cf")
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
    assert shown.count("ISSM ") == 16


def test_help(octave):
    text = octave("disp(get_help_text('calfin'));")
    for part in ("Usage:", "cf=calfin();", "cf.solve();", "cf.load(", "docs/matlab.md"):
        assert part in text


def test_plot_draws_a_line_for_every_front(octave_run, solved, tmp_path):
    if shutil.which("gnuplot") is None:
        reason = "gnuplot, with which Octave draws without a screen, is not installed"
        (pytest.fail if os.environ.get("PYCALFIN_REQUIRE_OCTAVE") else pytest.skip)(reason)
    quoted = solved.quoted
    stdout, _ = octave_run(
        f"""
        graphics_toolkit('gnuplot');
        figure('visible','off');
        cf=calfin(); cf.load('{quoted}');
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


def test_from_where_it_is_installed(octave):
    """`addpath(genpath(...))` with the folder that matlab-path names."""
    printed = subprocess.run(
        [sys.executable, "-m", "pycalfin", "matlab-path"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == f"{folder('matlab')}\n"
    place = printed.strip()
    script = f"rmpath('{place}'); addpath(genpath('{place}')); disp(class(calfin()))"
    assert octave(script) == "calfin\n"


def test_names_that_the_console_cannot_show(made, octave_run, tmp_path):
    scene, domains = made
    name = "łódź Ω 2020-01-01.tif"
    (tmp_path / name).symlink_to(scene)
    stdout, _ = octave_run(
        f"cf=calfin('scenes','{name}','domain','{domains}'); cf.solve(); printf('%s',cf.log);",
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )
    assert "3 of 3" in stdout
    assert "łódź" in stdout.rpartition("3 of 3")[2]


def test_home_output_and_absolute_results(solved, octave, tmp_path):
    """~ for files, `load` without a folder, and paths that stay right when the folder changes."""
    home = tmp_path / "home"
    (home / "out").mkdir(parents=True)
    for name in ("fronts.h5", "report.html"):
        (home / "out" / name).write_bytes((solved.output / name).read_bytes())
    (home / "python").symlink_to(sys.executable)
    stdout = octave(
        """
        disp(calfinlib.findpython('~/python'));
        cf=calfin(); cf.settings.output='out'; cf.load(); cd('/');
        printf('%d %d\\n',numel(cf.fronts),exist(cf.report,'file'));
        cf=cf.load(cf.report(1:end-12));
        disp(numel(calfinlib.cellofchars(['a.tif  ';'bcd.tif'])));
        """,
        cwd=home,
        HOME=str(home),
    )
    assert stdout.split() == [f"{home}/python", "1", "2", "2"]


def test_warnings_of_scenes_are_in_the_log_however_it_ran(made, octave_run, tmp_path):
    scene, domains = made
    for number in (1, 2):
        path = tmp_path / "scenes" / f"scene_2020-01-0{number}.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(scene.read_bytes() + bytes([number]))
    stdout, _ = octave_run(
        f"""
        cf=calfin('domain','{domains}','date','2021-09-26','jobs',2);
        for i=1:2
            cf.solve();
            printf('log %d\\n',numel(strfind(cf.log,'date 2021-09-26 overrides 2020-01-0')));
        end
        """,
        cwd=tmp_path,
    )
    logged = [line for line in stdout.splitlines() if line.startswith("log ")]
    assert len(set(logged)) == 1
    assert int(logged[0].split()[1]) >= 2


def test_the_dates_of_the_colour_bar_are_whole_in_a_printed_figure(octave_run, tmp_path):
    """Four panels of two fronts: nothing is drawn at the right edge of the picture."""
    octave_run(
        """
        for i=1:8
            fronts(i)=struct('x',[0;1000;3000]*i,'y',[0;2000;5000],'crs','EPSG:3413', ...
                'domain',sprintf('Glacier%d',mod(i,4)),'date',sprintf('20%02d-06-30',10+i),'synthetic',false);
        end
        figure('visible','off');
        calfinlib.plotfronts(fronts);
        print('-dpng','plot.png');
        """,
        cwd=tmp_path,
    )
    with Image.open(tmp_path / "plot.png") as picture:
        dark = np.asarray(picture.convert("L")) < 250
    assert dark.any()
    assert not dark[:, -10:].any()
