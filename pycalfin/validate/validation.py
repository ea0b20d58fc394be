"""Validation of a data set with one network or two, one image at a time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycalfin.datasets import Item, LabelledImage
from pycalfin.errors import OutputError, explain
from pycalfin.files import replacing, safe_name
from pycalfin.front.extract import preset_of
from pycalfin.network import load_for
from pycalfin.products import canvas
from pycalfin.settings import Settings
from pycalfin.validate.conditions import SLC_OFF, Note, is_slc_off
from pycalfin.validate.score import Evidence, Score, measure

if TYPE_CHECKING:
    from pycalfin.network import Network

FIGURES = "figures"
"""Folder of the figures within the output folder."""
DEFAULT_FIGURES = 24
Progress = Callable[[int, int, object], None]


@dataclass(frozen=True, eq=False)
class Failure:
    """An image that could not be measured."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Runner:
    """A network with the settings to run it.

    Attributes
    ----------
    label : str
        Name of the network and the first digits of its hash.
    network : Network
    settings : Settings
    """

    label: str
    network: Network
    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> Runner:
        """Load the network of settings, and refuse a preset that does not suit it."""
        network = load_for(settings)
        preset_of(settings, network)
        return cls(f"{network.name}:{network.digest[:12]}", network, settings)


@dataclass(frozen=True, eq=False)
class Validation:
    """The results of a validation.

    Attributes
    ----------
    data, layout : str
    networks : tuple of str
        Labels of the network and of the other network, if there is one.
    scores : tuple of Score
    others : tuple of Score
        Scores of the other network, in the same order; empty without one.
    failures : tuple of Failure
    figures : tuple of (Score, str)
        Scores of the worst images, worst first, with the path of each figure in the output folder.
    settings : dict
    published : bool
        True to show published accuracies for comparison.
    """

    data: str
    layout: str
    networks: tuple[str, ...]
    scores: tuple[Score, ...]
    others: tuple[Score, ...] = ()
    failures: tuple[Failure, ...] = ()
    figures: tuple[tuple[Score, str], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    published: bool = False

    @property
    def sides(self) -> tuple[tuple[str, tuple[Score, ...]], ...]:
        """Return the label and the scores of every network."""
        both = (self.scores, self.others)
        return tuple(zip(self.networks, both, strict=False))


def severity(score: Score) -> float:
    """Return a sorting key, highest for the worst: missed or false fronts, then mean distance.

    Examples
    --------
    >>> severity(Score("missed", known=True)) > severity(Score("fine"))
    True
    """
    if score.outcome in ("FN", "FP"):
        return math.inf
    return -1.0 if math.isnan(score.mean) else score.mean


class _Figures:
    """The figures of the worst images so far, each drawn while its image is in memory."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most
        self._kept: list[tuple[float, int, Score, Path]] = []

    def offer(self, number: int, score: Score, evidence: Evidence) -> None:
        """Draw an image's figure if it is among the worst so far."""
        from pycalfin.validate.panels import draw_figure

        worst = (severity(score), -number)
        if self.most == 0 or (len(self._kept) == self.most and worst <= self._kept[0][:2]):
            return
        path = self.folder / f"{number + 1:05d}_{safe_name(score.name)}.png"
        with replacing(path) as part:
            part.write_bytes(canvas.png(draw_figure(score, evidence)))
        heapq.heappush(self._kept, (*worst, score, path))
        if len(self._kept) > self.most:
            heapq.heappop(self._kept)[3].unlink(missing_ok=True)

    def kept(self) -> list[tuple[Score, str]]:
        """List the kept figures, worst first, with paths relative to the output folder."""
        order = sorted(self._kept, key=lambda entry: entry[:2], reverse=True)
        return [(score, f"{FIGURES}/{path.name}") for _, _, score, path in order]


def validate(
    items: Sequence[Item],
    settings: Settings,
    output: Path,
    *,
    data: str = "",
    layout: str = "",
    against: str | None = None,
    published: bool = False,
    notes: Mapping[str, Note] | None = None,
    figures: int = DEFAULT_FIGURES,
    progress: Progress | None = None,
) -> Validation:
    """Measure images one at a time and draw the figures of the worst.

    Parameters
    ----------
    items : sequence of Item
    settings : Settings
    output : Path
        Output folder; figures go to its subfolder `figures`.
    data, layout : str
        Name and layout of the data set, shown in the report.
    against : str, optional
        Name or file of another network, run with the same settings.
    published : bool
        Show published accuracies for comparison.
    notes : mapping of str to Note, optional
        Conditions by image name.
    figures : int
        Maximum number of figures.
    progress : callable, optional
        Called with images done, images in all, and the latest score.

    Returns
    -------
    Validation
        An image that cannot be read is listed as a failure; the others are still measured.

    Raises
    ------
    OutputError
        If the folder cannot be written; checked before anything is measured.
    WeightsError
        If a network cannot be loaded.
    SettingsError
        If a network does not support the settings.
    """
    with replacing(output / ".writable") as probe:
        probe.touch()
    (output / ".writable").unlink(missing_ok=True)
    runners = [Runner.of(settings)]
    if against is not None:
        other = Runner.of(replace(settings, network=against, preset="auto"))
        same = other.label == runners[0].label
        runners.append(replace(other, label=f"{other.label} (again)") if same else other)
    keeper = _Figures(output / FIGURES, figures)
    measured: list[list[Score]] = []
    failures = []
    for number, item in enumerate(items):
        try:
            scores = _measure(item, runners, (notes or {}).get(item.name, Note()), keeper, number)
            measured.append(scores)
        except OutputError:
            raise
        except Exception as error:  # one bad image never stops a data set
            failures.append(Failure(item.name, explain(error, item.name)))
        if progress is not None:
            progress(number + 1, len(items), measured[-1][0] if measured else None)
    return Validation(
        data=data,
        layout=layout,
        networks=tuple(runner.label for runner in runners),
        scores=tuple(scores[0] for scores in measured),
        others=tuple(scores[1] for scores in measured) if against is not None else (),
        failures=tuple(failures),
        figures=tuple(keeper.kept()),
        settings=settings.to_dict(),
        published=published,
    )


def _measure(
    item: Item, runners: Sequence[Runner], note: Note, keeper: _Figures, number: int
) -> list[Score]:
    image: LabelledImage = item.read()
    extra = [SLC_OFF] if is_slc_off(image.sensor, image.date) else []
    conditions = [*extra, *note.conditions]
    scores: list[Score] = []
    for runner in runners:
        score, evidence = measure(image, runner.network, runner.settings, conditions, note.metres)
        if not scores:
            keeper.offer(number, score, evidence)
        scores.append(score)
    return scores
