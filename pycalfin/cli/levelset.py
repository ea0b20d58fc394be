"""`pycalfin levelset`: make level sets from fronts, on the mesh of a model."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pycalfin.errors import EXIT_OK
from pycalfin.logs import printable

if TYPE_CHECKING:
    from pycalfin.issm.build import LevelSets
    from pycalfin.issm.mesh import Mesh

HELP = "make level sets from fronts, on the mesh of an ISSM model"
DESCRIPTION = """\
Make md.mask.ice_levelset and md.levelset.spclevelset: the distance of every mesh vertex to the
calving front, negative on ice and positive on ocean. spclevelset has one column per date, with
the decimal year in the last row.

Exit status: 0 written; 1 nothing written; 2 wrong command line."""
EPILOG = (
    "example: pycalfin levelset --mesh model.mat --fronts results --output levelsets.mat\n"
    "in MATLAB: s=load('levelsets.mat'); md.mask.ice_levelset=s.levelset; "
    "md.levelset.spclevelset=s.spclevelset;"
)
SCHEMA = 1
"""Version of the output of --json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--mesh",
        metavar="FILE",
        required=True,
        help="mesh of the model: .mat (MATLAB or Octave), netCDF (pyISSM), HDF5, .npz, or text "
        "with columns x y",
    )
    parser.add_argument(
        "--fronts",
        metavar="SRC",
        required=True,
        help="folder of a run, GeoPackage, shapefile (CALFIN's termini_*.shp), or .exp",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        required=True,
        help="file to write; the ending .mat, .h5, .nc or .npz sets the format",
    )
    parser.add_argument(
        "--crs",
        metavar="EPSG:n",
        help="CRS of files that lack one (default of a mesh: EPSG:3413; of other files: that of "
        "the mesh)",
    )
    parser.add_argument(
        "--date", metavar="YYYY-MM-DD", help="one level set, at this date (default: all dates)"
    )
    parser.add_argument(
        "--times",
        metavar="T",
        help="times of the series: 'monthly', a file, or a list such as 2016.5,2017-01-01 "
        "(default: the dates of the fronts)",
    )
    parser.add_argument(
        "--max-gap",
        metavar="DAYS",
        type=float,
        help="omit times between two dates that are farther apart than this",
    )
    parser.add_argument(
        "--ocean",
        metavar="WHERE",
        help="position of the ocean, for lines that do not record it: a file of polygons or "
        "points, a point X,Y in mesh coordinates, or left or right of the lines",
    )
    parser.add_argument(
        "--within-ocean",
        action="store_true",
        help="allow ocean only inside the ocean polygons of the run, or of the _closed file",
    )
    parser.add_argument("--land", metavar="FILE", help="polygons of bare land: never ocean")
    parser.add_argument("--fjord", metavar="FILE", help="allow ocean only inside these polygons")
    parser.add_argument(
        "--replace-mask",
        action="store_true",
        help="ignore the masks and the bed of the model in --mesh: the fronts alone decide",
    )
    parser.add_argument(
        "--allow-synthetic", action="store_true", help="also use fronts of synthetic scenes"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Read mesh and fronts, make the level sets, write them, print a summary."""
    from pycalfin.issm.build import make_levelsets, read_area
    from pycalfin.issm.export import check_format, write_levelsets
    from pycalfin.issm.mesh import read_mesh
    from pycalfin.issm.oceanside import read_side
    from pycalfin.issm.sources import read_fronts

    check_format(arguments.output)
    mesh = read_mesh(arguments.mesh).located(arguments.crs)
    if arguments.replace_mask:
        mesh = replace(mesh, known=None)
    crs, given = str(mesh.crs), arguments.crs
    source = read_fronts(
        arguments.fronts,
        crs=given,
        mesh_crs=crs,
        ocean=read_side(arguments.ocean, crs, given) if arguments.ocean else None,
        allow_synthetic=arguments.allow_synthetic,
    )
    made = make_levelsets(
        source,
        mesh,
        date=arguments.date,
        times=arguments.times,
        max_gap=arguments.max_gap,
        land=read_area(arguments.land, crs, given) if arguments.land else None,
        fjord=read_area(arguments.fjord, crs, given) if arguments.fjord else None,
        within_ocean=arguments.within_ocean,
    )
    write_levelsets(arguments.output, made.levelset, made.time, made.spclevelset, crs)
    summary = _summary(made, mesh, arguments.output)
    if arguments.json:
        print(json.dumps(summary, indent=1))
    else:
        _show(summary)
    return EXIT_OK


def _summary(made: LevelSets, mesh: Mesh, output: str) -> dict[str, Any]:
    shape = None if made.spclevelset is None else list(made.spclevelset.shape)
    dates = sorted({front.date for front in made.fronts})
    return {
        "schema": SCHEMA,
        "exit_status": 0,
        "output": output,
        "crs": mesh.crs,
        "vertices": len(mesh.x),
        "ice": int((made.levelset < 0).sum()),
        "fronts": len(made.fronts),
        "synthetic": sum(front.synthetic for front in made.fronts),
        "dates": dates,
        "time": made.time.tolist(),
        "spclevelset": shape,
    }


def _show(summary: dict[str, Any]) -> None:
    dates = summary["dates"]
    reach = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    marked = ", SYNTHETIC: not observed" if summary["synthetic"] else ""
    count = summary["fronts"]
    print(printable(f"{count} front{'s' * (count != 1)} of {reach or 'no date'}{marked}"))
    print(f"{summary['vertices']} vertices in {summary['crs']}, {summary['ice']} of them ice")
    if summary["spclevelset"]:
        first, last = summary["time"][0], summary["time"][-1]
        times = len(summary["time"])
        print(f"{times} time{'s' * (times != 1)}, {first:.4f} to {last:.4f}")
    print(summary["output"])
