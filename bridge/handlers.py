"""Handlers of requests for level sets and contours of the fronts of a finished run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from calfin_bridge.contract import LEVELSET_FILE, Answer, Remark
from calfin_bridge.fronts_request import FrontsRequest
from pycalfin.errors import FrontsError, OutputError
from pycalfin.files import safe_name
from pycalfin.issm.build import make_levelsets
from pycalfin.issm.contour import write_exp
from pycalfin.issm.decimal import decimal_year
from pycalfin.issm.export import write_levelsets
from pycalfin.issm.knownland import Known
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.model import ModelLevelSets, fill
from pycalfin.issm.sources import Source, read_fronts
from pycalfin.logs import collected_warnings
from pycalfin.products.order import crs_suffix, front_key
from pycalfin.records import Front


def make_levelset(request: FrontsRequest, folder: Path, say: Callable[[str], object]) -> Answer:
    """Compute level sets on a mesh and write them.

    Parameters
    ----------
    request : FrontsRequest
    folder : Path
        Folder of the request, to which the arrays are written.
    say : callable
        Receives a line of text for the user.

    Returns
    -------
    Answer
        Names the file of `arrays`. Its details are `crs`, `date` and `start` of the mask, `dates`,
        `fronts`, `synthetic`, `kept` and `series`; see bridge/README.md.

    Raises
    ------
    FrontsError, LevelSetError, MeshError
        See `pycalfin.issm.apply`.
    """
    with collected_warnings() as warnings:
        mesh = _mesh(request).located()
        crs = str(mesh.crs)
        source = chosen(request)
        refuse_synthetic(request.fronts, source, request.options.get("allow_synthetic", False))
        made = _filling(request, mesh, source)
    series = made.spclevelset
    write_levelsets(folder / LEVELSET_FILE, made.levelset, made.time, series, crs, packed=False)
    details = _details(made, crs, request.options.get("date"))
    say(_sentence(details, made, request.options.get("mask", True)))
    remarks = tuple(Remark("log", text) for text in dict.fromkeys(warnings))
    return Answer(0, str(request.fronts.absolute()), "", "", remarks, LEVELSET_FILE, details)


def _filling(request: FrontsRequest, mesh: Mesh, source: Source) -> ModelLevelSets:
    """Compute the level sets for a model, or plain ones if the request needs no mask."""
    options, arrays = request.options, request.arrays
    common: dict[str, Any] = {
        "date": options.get("date"),
        "times": arrays.get("times", options.get("times")),
        "max_gap": options.get("max_gap"),
        "within_ocean": options.get("within_ocean", False),
    }
    if not options.get("mask", True):
        sets = make_levelsets(source, mesh, **common)
        return ModelLevelSets(
            sets.levelset, float(sets.time[0]), sets.spclevelset, sets.time, sets.fronts
        )
    return fill(
        mesh,
        source,
        start_time=float(arrays["start_time"][0]) if "start_time" in arrays else None,
        transient=options.get("transient"),
        **common,
    )


def _mesh(request: FrontsRequest) -> Mesh:
    """Return the mesh, with what its model knows of land unless the fronts alone decide."""
    arrays, options = request.arrays, request.options
    known = None
    if options.get("mask", True) and not options.get("replacemask"):
        names = {"ice": "ice_levelset", "ocean": "ocean_levelset", "bed": "bed"}
        values = {name: arrays.get(theirs) for name, theirs in names.items()}
        known = Known.of(arrays["x"].size, **values)
    return Mesh(arrays["x"], arrays["y"], arrays["elements"], request.crs, known)


def write_contours(request: FrontsRequest, say: Callable[[str], object]) -> Answer:
    """Write an .exp file for each domain.

    Returns
    -------
    Answer
        Its details hold `files`, a list of absolute paths.

    Raises
    ------
    FrontsError
        If the run lacks a front of the request.
    OutputError
        If no folder was given, or it cannot be written.
    """
    if not request.output:
        raise OutputError("no folder for the contours was given; give one")
    source = chosen(request)
    groups: dict[str, dict[str, list[Front]]] = {}
    for front in sorted(source.fronts, key=front_key):
        systems = groups.setdefault(safe_name(front.domain), {})
        systems.setdefault(str(front.crs), []).append(front)
    folder = Path(request.output).expanduser().absolute()
    files = []
    for name, systems in sorted(groups.items()):
        for crs, fronts in sorted(systems.items()):
            label = f"{name}_{crs_suffix(crs)}" if len(systems) > 1 else name
            files.append(str(write_exp(folder / f"{label}.exp", fronts)))
    say(f"{len(source.fronts)} contours in {len(files)} files in {folder}")
    return Answer(0, str(request.fronts.absolute()), details={"files": files})


def chosen(request: FrontsRequest) -> Source:
    """Read the fronts of a request.

    Raises
    ------
    FrontsError
        If one of them is missing in the run.
    """
    source = read_fronts(request.fronts, allow_synthetic=True)
    if request.ids is None:
        return source
    known = {front.id for front in source.fronts}
    if missing := request.ids - known:
        raise FrontsError(
            f"{request.fronts}: {len(missing)} of {len(request.ids)} fronts are not on the map "
            "there (leave out fronts of images without a georeference; after another run load the "
            "folder again)"
        )
    pairs = [
        pair for pair in zip(source.fronts, source.oceans, strict=True) if pair[0].id in request.ids
    ]
    return Source(tuple(front for front, _ in pairs), tuple(ocean for _, ocean in pairs))


def refuse_synthetic(path: Path, source: Source, allowed: bool) -> None:
    """Refuse fronts of synthetic scenes unless they are allowed.

    Raises
    ------
    FrontsError
        If there are any.
    """
    count = sum(front.synthetic for front in source.fronts)
    if count and not allowed:
        raise FrontsError(
            f"{path}: {count} of {len(source.fronts)} fronts come from synthetic scenes and "
            "are no observations; to test the workflow with them, set allow_synthetic"
        )


def _details(made: ModelLevelSets, crs: str, asked: str | None) -> dict[str, Any]:
    return {
        "crs": crs,
        "date": _date_taken(made, asked),
        "start": made.start,
        "dates": sorted({front.date for front in made.fronts}),
        "fronts": len(made.fronts),
        "synthetic": sum(front.synthetic for front in made.fronts),
        "kept": made.kept,
        "series": made.spclevelset is not None,
    }


def _date_taken(made: ModelLevelSets, asked: str | None) -> str:
    """Return the date of the front in the mask; '' if it is interpolated between two dates."""
    for front in made.fronts:
        if front.date == asked or (front.date and asked is None and made.start in _years(front)):
            return front.date
    return ""


def _years(front: Front) -> tuple[float, float]:
    return decimal_year(front.date, front.time), decimal_year(front.date)


def _sentence(details: dict[str, Any], made: ModelLevelSets, mask: bool) -> str:
    dates = details["dates"]
    reach = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    marked = " SYNTHETIC" if details["synthetic"] else ""
    parts = [f"{details['fronts']}{marked} front{'s' if details['fronts'] != 1 else ''} of {reach}"]
    if mask:
        taken = details["date"] or f"{made.start:.4f}, interpolated"
        parts.append(f"the ice ends at the front of {taken}")
    if details["series"]:
        count = made.time.size
        parts.append(f"{count} time{'s' if count != 1 else ''}")
    if made.kept:
        parts.append(f"{made.kept} vertices without ice keep their values")
    return "; ".join(parts)
