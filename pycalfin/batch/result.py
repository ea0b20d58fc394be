"""What a run found, how every scene ended, and how to say that in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from pycalfin.errors import (
    EXIT_NOTHING,
    EXIT_OK,
    EXIT_PARTLY,
    CRSMismatchError,
    MissingDependencyError,
    RunError,
)
from pycalfin.files import safe_name
from pycalfin.geo import reproject_geometry
from pycalfin.records import Front
from pycalfin.results import PairResult, Status
from pycalfin.scene.place import is_place_name

if TYPE_CHECKING:
    import geopandas

HEADER = ("date", "domain", "length (km)", "scene", "confidence")
MOST_ROWS = 20
"""Fronts shown in a notebook; all of them are in the report."""
MOST_SENTENCES = 10
"""Sentences in the message of an error; the rest is in run.json."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run found and where it is.

    Parameters
    ----------
    output : Path
    pairs : tuple of PairResult
        Every (scene, domain) pair of this run, by date, scene and domain.
    report : Path
        report.html.
    timings : dict of str to float
        Seconds of the whole run, by step.
    kept : tuple of PairResult
        Pairs of earlier runs that are in the products as well (mode 'append').
    written : bool
        False if no pair was finished and the products of an earlier run stay as they are.
    elsewhere : frozenset of str
        Scenes of which other shards have pairs to work on.
    """

    output: Path
    pairs: tuple[PairResult, ...]
    report: Path
    timings: dict[str, float] = field(default_factory=dict)
    kept: tuple[PairResult, ...] = ()
    written: bool = True
    elsewhere: frozenset[str] = frozenset()

    @property
    def fronts(self) -> tuple[Front, ...]:
        """The fronts of this run, by date, scene, domain and number."""
        return tuple(front for pair in self.pairs for front in pair.fronts)

    def __repr__(self) -> str:
        """Say in a line what was found and where it is."""
        return f"<RunResult {self.output}: {self.sentence()}>"

    def _repr_html_(self) -> str:
        """Show the fronts as a table in a notebook."""
        cells = [
            (item.date, item.domain, f"{item.length / 1000:.2f}" if item.crs else "", item.scene)
            + (f"{item.confidence:.2f}",)
            for item in self.fronts[:MOST_ROWS]
        ]
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in cells
        )
        more = len(self.fronts) - MOST_ROWS
        note = f"<p>and {more} more</p>" if more > 0 else ""
        head = "".join(f"<th>{name}</th>" for name in HEADER)
        return (
            f"<p><b>{escape(self.sentence())}</b><br>{escape(str(self.report))}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"
        )

    def to_geodataframe(self, crs: str | None = None) -> geopandas.GeoDataFrame:
        """Make a GeoDataFrame of the fronts: a row each, in the order of `fronts`.

        Parameters
        ----------
        crs : str, optional
            Of the geometries; default: that of the fronts, if they share one.

        Returns
        -------
        geopandas.GeoDataFrame
            With the columns of the layer `fronts` of fronts.gpkg; `uncertainty` is the mean of
            the vertices and `length` is in ground metres.

        Raises
        ------
        MissingDependencyError
            If geopandas is not installed (extra `notebook`).
        CRSMismatchError
            If the fronts have several coordinate reference systems and `crs` is not given.
        """
        try:
            import geopandas
        except ImportError as error:
            raise MissingDependencyError(
                f"to_geodataframe needs geopandas, which cannot be imported ({error}): "
                'pip install "pycalfin[notebook]"'
            ) from error
        systems = {front.crs for front in self.fronts}
        if crs is None and len(systems) > 1:
            raise CRSMismatchError(
                f"the fronts have the coordinate reference systems {', '.join(map(str, systems))}; "
                "choose one with to_geodataframe(crs='EPSG:n')"
            )
        target = crs or next(iter(systems), None)
        lines = [
            front.geometry
            if front.crs is None or target is None
            else reproject_geometry(front.geometry, front.crs, target)
            for front in self.fronts
        ]
        rows = [front.properties for front in self.fronts]
        columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
        return geopandas.GeoDataFrame(columns, geometry=lines, crs=target)

    def count(self, status: Status) -> int:
        """Number of pairs that ended so."""
        return sum(result.status == status for result in self.pairs)

    @property
    def exit_status(self) -> int:
        """0: something done and nothing failed; 3: done in part; 1: nothing done."""
        if self.count("done") + self.count("no_front") == 0:
            return EXIT_NOTHING
        return EXIT_PARTLY if self.count("failed") else EXIT_OK

    def raise_for_status(self) -> None:
        """Raise an error if a scene failed, or if nothing could be worked on.

        Raises
        ------
        RunError
            With a sentence for every scene that failed or was skipped.
        """
        if self.exit_status == EXIT_OK:
            return
        raise RunError("\n".join(self.remarks()))

    def remarks(self, most: int = MOST_SENTENCES) -> list[str]:
        """Say what a user should know: why scenes failed or were skipped, and what stays as it is.

        Parameters
        ----------
        most : int
            Complaints that are listed; of more than these the number is said.
        """
        sentences = self.complaints()
        if not sentences and self.exit_status == EXIT_NOTHING:
            sentences = ["no scene with a domain to work on; check both"]
        said = sentences[:most]
        if len(sentences) > most:
            said.append(f"and {len(sentences) - most} more like these; see run.json")
        if not self.written:
            said.append(
                f"nothing was finished; what an earlier run left in {self.output} stays as it is"
            )
        return said

    def complaints(self) -> list[str]:
        """Say in a sentence why a pair was not worked on: failures first, none twice.

        A scene that meets only some of the domains is no complaint; one that meets none is.
        """
        failed = [pair.reason for pair in self.pairs if pair.status == "failed"]
        skipped = [
            f"{pair.path}: skipped, {pair.reason}"
            for pair in self.pairs
            if pair.status == "skipped" and pair.overlaps
        ]
        lost = [
            _outside(path, pairs)
            for path, pairs in _by_path(self.pairs).items()
            if path not in self.elsewhere
        ]
        return list(dict.fromkeys([*failed, *skipped, *filter(None, lost)]))

    def sentence(self) -> str:
        """Count the fronts, and the scenes by how they ended."""
        ended = [_ended(pairs) for pairs in _by_path(self.pairs).values()]
        done, scenes = ended.count("done"), len(ended)
        domains = len({pair.domain for pair in self.pairs if _given(pair)})
        where = plural(scenes, "scene")
        where = where if done == scenes else f"{done} of {where}"
        area = f", {plural(domains, 'domain')}" if domains else ""
        parts = [f"{plural(len(self.fronts), 'front')} in {where}{area}"]
        words = {"no_front": "without a front", "skipped": "skipped", "failed": "failed"}
        parts += [f"{ended.count(key)} {text}" for key, text in words.items() if key in ended]
        if self.kept:
            kept = sum(len(pair.fronts) for pair in self.kept)
            more = plural(len(_by_path(self.kept)), "earlier scene")
            parts.append(f"with {plural(kept, 'front')} of {more}")
        return "; ".join(parts)


def together(results: Sequence[PairResult]) -> PairResult:
    """Sum up the results of one task: of several places or tiles of a scene, the scene as a whole.

    Parameters
    ----------
    results : sequence of PairResult
        At least one, all of one scene.

    Returns
    -------
    PairResult
        The only one; or one with all fronts and the seconds of all.
    """
    first = results[0]
    if len(results) == 1:
        return first
    seconds: Counter[str] = Counter()
    for result in results:
        seconds.update(result.timings)
    whole = first.with_fronts(front for result in results for front in result.fronts)
    name = safe_name(first.scene)
    return replace(whole, domain=name, status=_ended(results), timings=dict(seconds))


def progress_line(done: int, total: int, latest: PairResult) -> str:
    """Say in a line how a pair ended and how long it took; '' if scene and domain do not meet."""
    if not latest.overlaps:
        return ""
    # a scene that is searched as a whole is its own domain, and is named once
    domain = "" if latest.domain == safe_name(latest.scene) else latest.domain
    where = " ".join(part for part in (latest.date, latest.scene, domain) if part)
    ended = [latest.status.replace("_", " ")]
    if latest.status == "done":
        ended.append(plural(len(latest.fronts), "front"))
    ended.append(f"{sum(latest.timings.values()):.1f} s")
    return f"{done} of {total}: {where}: {', '.join(ended)}"


def _given(pair: PairResult) -> bool:
    """Return True for a domain that was given and met; False for what a scene was searched by."""
    met = pair.overlaps and pair.status != "failed"
    return bool(pair.domain) and met and not is_own_domain(pair.domain, pair.scene)


def is_own_domain(domain: str, scene: str) -> bool:
    """Return True if a domain is the whole of a scene, a tile of it, or a place found in it."""
    return not domain or domain.startswith(safe_name(scene)) or is_place_name(domain)


def plural(count: int, noun: str) -> str:
    """Write a number and its noun.

    Examples
    --------
    >>> plural(1, "scene"), plural(3, "scene")
    ('1 scene', '3 scenes')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _by_path(results: Sequence[PairResult]) -> dict[str, list[PairResult]]:
    found: dict[str, list[PairResult]] = {}
    for pair in results:
        found.setdefault(pair.path, []).append(pair)
    return found


def _ended(pairs: Sequence[PairResult]) -> Status:
    """Give a scene one status: the best news of its pairs, but a failure before "no front"."""
    statuses = {pair.status for pair in pairs}
    order: tuple[Status, ...] = ("done", "failed", "no_front", "skipped")
    return next(status for status in order if status in statuses)


def _outside(path: str, pairs: Sequence[PairResult]) -> str:
    """Say that a scene meets none of its domains; '' if it meets one."""
    if any(pair.overlaps for pair in pairs):
        return ""
    what = f"domain {pairs[0].domain}" if len(pairs) == 1 else f"any of the {len(pairs)} domains"
    return f"{path}: skipped, it does not overlap {what}"
