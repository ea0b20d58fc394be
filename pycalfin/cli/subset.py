"""`pycalfin subset`: cut domains from scenes and write them as CALFIN-named GeoTIFFs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.cli.options import add_scene_arguments, add_setting, settings_from
from pycalfin.errors import (
    EXIT_NOTHING,
    EXIT_OK,
    EXIT_PARTLY,
    NoOverlapError,
    OutputError,
    PrunedError,
    SettingsError,
    explain,
)

if TYPE_CHECKING:
    from pycalfin.records import Domain, Scene, Subset
    from pycalfin.settings import Settings

HELP = "cut domains from scenes into GeoTIFFs with CALFIN's names"
DESCRIPTION = """\
Cut every domain from every scene, in the scene's grid, and write the band as stored. Subsets with
too much no-data or cloud inside the domain are skipped. `pycalfin run` finds the same fronts in
the subsets as in the scenes.

Exit status: 0 at least one subset written, none failed; 3 some written, some failed; 1 none
written; 2 wrong command line."""
EPILOG = "example: pycalfin subset LC08_*.tar --domain glaciers.gpkg --output subsets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_scene_arguments(parser)
    add_setting(parser, "output", "DIR")
    add_setting(parser, "max_cloud", "FRACTION")
    parser.add_argument(
        "--channels",
        action="store_true",
        help="also write the three input channels of the network, 8 bit, to NAME_channels.tif",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Cut and write the subsets, one after the other."""
    from pycalfin.scene.domain import read_domains
    from pycalfin.scene.hemisphere import require_hemisphere
    from pycalfin.scene.read import find_dated

    settings = settings_from(arguments)
    if settings.crs is not None:
        from pycalfin.geo import require_map_crs

        require_map_crs(settings.crs)
    domains = None
    if settings.domain is not None:
        domains = read_domains(settings.domain, name_field=settings.domain_name, crs=settings.crs)
    results: list[dict[str, Any]] = []
    taken: dict[str, int] = {}
    dated = find_dated(settings.scenes, settings.date)
    require_hemisphere(domains or [], (path for path, _ in dated), settings)
    for path, date in dated:
        own = replace(settings, scenes=(), date=date)
        for result in _scene(path, domains, own, arguments, taken):
            results.append(result)
            _report(result, arguments.json)
    return _finish(results, settings, arguments.json)


def _scene(
    path: str,
    domains: list[Domain] | None,
    settings: Settings,
    arguments: argparse.Namespace,
    taken: dict[str, int],
) -> Iterator[dict[str, Any]]:
    from pycalfin.scene.read import open_scene
    from pycalfin.scene.subset import scene_domains

    try:
        scene = open_scene(path, date=settings.day, crs=settings.crs, band=settings.band)
        pairs = scene_domains(scene, settings) if domains is None else domains
    except SettingsError:
        raise
    except Exception as error:  # one bad scene never stops the others
        yield _failed(path, "", error)
        return
    met = False
    for domain in pairs:
        result = _pair(scene, domain, settings, arguments, taken)
        met = met or result is not None
        if result is not None:
            yield result
    if not met:
        where = f"domain {pairs[0].name}" if len(pairs) == 1 else f"any of {len(pairs)} domains"
        reason = f"no overlap with {where}"
        yield {"scene": path, "domain": "", "status": "skipped", "reason": reason, "files": []}


def _pair(
    scene: Scene,
    domain: Domain,
    settings: Settings,
    arguments: argparse.Namespace,
    taken: dict[str, int],
) -> dict[str, Any] | None:
    """Cut and write one subset; None if scene and domain do not overlap."""
    from pycalfin.scene.subset import cut, write_subset

    about = {"scene": scene.path, "domain": domain.name}
    folder = Path(settings.output)
    try:
        subset = _renamed(cut(scene, domain, settings), taken)
        files = [write_subset(folder, subset, attributes=domain.attributes)]
        if arguments.channels:
            files.append(write_subset(folder, subset, channels=True, attributes=domain.attributes))
    except NoOverlapError:
        return None
    except PrunedError as error:
        return {**about, "status": "skipped", "reason": str(error), "files": []}
    except OutputError:
        raise
    except Exception as error:  # as in _scene
        return _failed(scene.path, domain.name, error)
    return {**about, "status": "done", "reason": "", "files": [str(file) for file in files]}


def _renamed(subset: Subset, taken: dict[str, int]) -> Subset:
    """Number subsets of the same name, so that none overwrites another."""
    taken[subset.name] = taken.get(subset.name, 0) + 1
    number = taken[subset.name]
    return subset if number == 1 else replace(subset, name=f"{subset.name}_{number}")


def _failed(path: str, domain: str, error: Exception) -> dict[str, Any]:
    reason = explain(error, path)
    return {"scene": path, "domain": domain, "status": "failed", "reason": reason, "files": []}


def _report(result: dict[str, Any], as_json: bool) -> None:
    if result["status"] == "done":
        if not as_json:
            print("\n".join(result["files"]))
    elif result["status"] == "skipped":
        where = ", domain ".join(filter(None, (result["scene"], result["domain"])))
        console.complain(f"{where}: skipped: {result['reason']}")
    else:
        console.complain(result["reason"])


def _finish(results: list[dict[str, Any]], settings: Settings, as_json: bool) -> int:

    counts = {
        status: sum(result["status"] == status for result in results)
        for status in ("done", "skipped", "failed")
    }
    if as_json:
        print(json.dumps({"output": settings.output, "counts": counts, "pairs": results}, indent=2))
    if not counts["done"]:
        return EXIT_NOTHING
    return EXIT_PARTLY if counts["failed"] else EXIT_OK
