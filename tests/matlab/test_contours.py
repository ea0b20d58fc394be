"""Contours and pictures of fronts and models, in a real Octave."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from tests.matlab.outlet import DATES, write_model, write_run

pytestmark = pytest.mark.octave

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "fjord")


def test_contours_of_a_date_of_several_and_of_all(octave, run_folder):
    stdout = octave(
        f"""
        cf=calfin('python','/no/python'); cf.load('{run_folder}');
        c=cf.contours('2016-11-15');
        assert(isequal(fieldnames(c),{{'name';'nods';'density';'x';'y';'closed'}}));
        assert(isequal(c.x,cf.fronts(3).x)); assert(iscolumn(c.y)); assert(c.closed==0);
        two=cf.contours({{'2016-01-15','2017-09-15'}});
        printf('%s %d %d\\n',c.name,numel(two),numel(cf.contours()));
        try; cf.contours('1999-01-01'); {CATCH}
        cf=calfin(); try; cf.contours(); {CATCH}
        """
    ).splitlines()
    assert stdout[0] == "Outlet_2016-11-15 2 5"
    assert stdout[1] == (
        "calfin:nofront|there is no front of this date; there are 5, 2016-01-15 to 2017-09-15"
    )
    assert stdout[2] == "calfin:nofront|there is no front; there are none"


def test_files_of_contours_are_those_of_the_run(octave, run_folder, tmp_path):
    stdout = octave(
        f"""
        cf=calfin(); cf.load('{run_folder}');
        files=cf.expwrite('all of them');
        assert(isequal(files,{{fullfile(pwd(),'all of them','Outlet.exp')}}));
        cf.fronts(2:4)=[]; cf.expwrite('two');
        two=calfinlib.readexp(fullfile('two','Outlet.exp'));
        assert(numel(two)==2); assert(max(abs(two(2).x-cf.fronts(2).x))<1e-9);
        try; cf.expwrite(); {CATCH}
        """,
        cwd=tmp_path,
    )
    assert "calfin:option|expwrite takes the folder to write to" in stdout
    written = (tmp_path / "all of them" / "Outlet.exp").read_bytes()
    assert written == (run_folder / "issm" / "Outlet.exp").read_bytes()


def test_the_zero_line_is_where_a_plane_is_zero(octave):
    stdout = octave(
        """
        [x,y]=meshgrid(0:4,0:3); x=x(:); y=y(:);
        elements=delaunay(x,y);
        [zx,zy]=calfinlib.zeroline(x,y,elements,x-1.3+0.2*y);
        known=isfinite(zx);
        printf('%d %.3g\\n',sum(known)/2,max(abs(zx(known)-1.3+0.2*zy(known))));
        printf('%.9f\\n',sum(hypot(diff(zx),diff(zy))(1:3:end)));
        disp(numel(calfinlib.zeroline(x,y,elements,1+x)));
        """
    ).split()
    assert int(stdout[0]) >= 6
    assert float(stdout[1]) < 1e-12
    # from (1.3, 0) to (0.7, 3), in one piece
    assert float(stdout[2]) == pytest.approx(np.hypot(0.6, 3))
    assert stdout[3] == "0"


@pytest.mark.parametrize("layers", [1, 3])
def test_a_picture_of_a_model(octave_run, run_folder, tmp_path, layers):
    if shutil.which("gnuplot") is None:
        reason = "gnuplot, with which Octave draws without a screen, is not installed"
        (pytest.fail if os.environ.get("PYCALFIN_REQUIRE_OCTAVE") else pytest.skip)(reason)
    write_model(tmp_path / "md.mat", layers=layers)
    stdout, _ = octave_run(
        f"""
        graphics_toolkit('gnuplot'); figure('visible','off');
        cf=calfin(); cf.load('{run_folder}'); load('md.mat');
        try; cf.plot(md); {CATCH}
        try; cf.plot(struct()); {CATCH}
        md=cf.initialize(md,'date','2016-11-15');
        h=cf.plot(md);
        x=get(h(end),'xdata'); x=x(isfinite(x));
        printf('lines %d %.3f %.3f\\n',numel(h),mean(x),mean(get(h(3),'xdata')));
        set(gcf(),'paperunits','inches','paperposition',[0 0 10 5]);
        print('model.png','-dpng','-r100');
        """,
        cwd=tmp_path,
    )
    assert "calfin:levelset|there is no level set for this mesh of " in stdout
    assert "calfin:mesh|plot takes a model with a mesh" in stdout
    count, drawn, known = stdout.split("lines ")[1].split()
    assert int(count) == len(DATES) + 1
    assert float(drawn) == pytest.approx(float(known), abs=0.1)
    assert (tmp_path / "model.png").stat().st_size > 20_000
