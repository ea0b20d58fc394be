"""The result of a run: fronts, status of every scene, and summaries in words."""

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

if TYPE_CHECKING:
    import geopandas

HEADER = ("date", "domain", "length (km)", "scene", "confidence")
MOST_ROWS = 20
"""Maximum number of fronts shown in a notebook; the report has all of them."""
MOST_SENTENCES = 10
"""Maximum number of sentences in an error message; run.json has all of them."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """The result of a run.

    Parameters
    ----------
    output : Path
    pairs : tuple of PairResult
        Every (scene, domain) pair of this run, sorted by date, scene and domain.
    report : Path
        Path of report.html.
    timings : dict of str to float
        Seconds of the whole run, by step.
    kept : tuple of PairResult
        Pairs of earlier runs that are also in the products (mode 'append').
    written : bool
        False if no pair was finished and the products of an earlier run were left unchanged.
    elsewhere : frozenset of str
        Paths of scenes with unfinished pairs in other shards.
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
        """Return the fronts of this run, sorted by date, scene, domain and number."""
        return tuple(front for pair in self.pairs for front in pair.fronts)

    def __repr__(self) -> str:
        """Return one line: output folder and numbers of fronts and scenes."""
        return f"<RunResult {self.output}: {self.sentence()}>"

    def _repr_html_(self) -> str:
        """Return a table of the fronts for notebooks."""
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
        """Convert the fronts to a GeoDataFrame with one row per front, in the order of `fronts`.

        Parameters
        ----------
        crs : str, optional
            CRS of the geometries. Default: the CRS of the fronts, if they share one.

        Returns
        -------
        geopandas.GeoDataFrame
            The columns are those of the layer `fronts` in fronts.gpkg. `uncertainty` is the mean
            over the vertices; `length` is in ground metres.

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
        """Return the number of pairs with a status."""
        return sum(result.status == status for result in self.pairs)

    @property
    def exit_status(self) -> int:
        """Return 0 (some pairs finished, none failed), 3 (some of both) or 1 (none finished)."""
        if self.count("done") + self.count("no_front") == 0:
            return EXIT_NOTHING
        return EXIT_PARTLY if self.count("failed") else EXIT_OK

    def raise_for_status(self) -> None:
        """Raise an error if a scene failed, or if no pair was finished.

        Raises
        ------
        RunError
            With a sentence for every scene that failed or was skipped.
        """
        if self.exit_status == EXIT_OK:
            return
        raise RunError("\n".join(self.remarks()))

    def remarks(self, most: int = MOST_SENTENCES) -> list[str]:
        """List sentences for the user: failed and skipped scenes, and products left unchanged.

        Parameters
        ----------
        most : int
            Maximum number of complaints; the rest is only counted.
        """
        sentences = self.complaints()
        if not sentences and self.exit_status == EXIT_NOTHING:
            sentences = ["no pair of scene and domain to process; check both"]
        said = sentences[:most]
        if len(sentences) > most:
            said.append(f"and {len(sentences) - most} more; see run.json")
        if not self.written:
            said.append(f"nothing was finished; the earlier results in {self.output} are unchanged")
        return said

    def complaints(self) -> list[str]:
        """List the reasons why pairs failed or were skipped: failures first, without repetition.

        A scene that overlaps only some of the domains is not listed; one that overlaps none is.
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
        """Summarise the run in words: numbers of fronts, and of scenes by status."""
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
    """Return one line with a pair's status and time; '' if scene and domain do not overlap."""
    if not latest.overlaps:
        return ""
    # a scene that is searched as a whole is its own domain: name it once
    domain = "" if latest.domain == safe_name(latest.scene) else latest.domain
    where = " ".join(part for part in (latest.date, latest.scene, domain) if part)
    ended = [latest.status.replace("_", " ")]
    if latest.status == "done":
        ended.append(plural(len(latest.fronts), "front"))
    ended.append(f"{sum(latest.timings.values()):.1f} s")
    return f"{done} of {total}: {where}: {', '.join(ended)}"


def _given(pair: PairResult) -> bool:
    """Return True for a given domain that was processed; False for a whole scene or its parts."""
    met = pair.overlaps and pair.status != "failed"
    own = pair.searched or is_own_domain(pair.domain, pair.scene)
    return bool(pair.domain) and met and not own


def is_own_domain(domain: str, scene: str) -> bool:
    """Return True if a domain is the whole of a scene, or a tile of it."""
    return not domain or domain.startswith(safe_name(scene))


def plural(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural if needed.

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
    """Return the status of a scene: the first of done, failed, no_front, skipped in its pairs."""
    statuses = {pair.status for pair in pairs}
    order: tuple[Status, ...] = ("done", "failed", "no_front", "skipped")
    return next(status for status in order if status in statuses)


def _outside(path: str, pairs: Sequence[PairResult]) -> str:
    """Return a sentence for a scene that overlaps none of its domains; '' if it overlaps one."""
    if any(pair.overlaps for pair in pairs):
        return ""
    what = f"domain {pairs[0].domain}" if len(pairs) == 1 else f"any of the {len(pairs)} domains"
    return f"{path}: skipped, it does not overlap {what}"
