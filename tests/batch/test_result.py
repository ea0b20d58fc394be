"""How a run is summed up: scenes and domains, not pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycalfin.batch.result import RunResult
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult

FRONT = Front([[0, 0], [100, 0]], "EPSG:3413", date="2016-06-30")


def pair(scene: str, domain: str, status: str, **more: object) -> PairResult:
    found = Extraction(more.pop("fronts", ()))  # type: ignore[arg-type]
    path = f"{scene}.tif"
    return PairResult(Identity(scene), domain, path, status, extraction=found, **more)  # type: ignore[arg-type]


DONE = pair("a", "North", "done", fronts=(FRONT,))
NONE = pair("b", "North", "no_front", reason="no edge")
CLOUDY = pair("c", "North", "skipped", reason="40 % cloud", error="skipped")
APART = pair("a", "South", "skipped", reason="no overlap", error="no_overlap")
LOST = [pair("d", name, "skipped", error="no_overlap") for name in ("North", "South")]
GONE = pair("e", "South", "failed", reason="e.tif: no such file", error="scene")
WHOLE = pair("f", "f", "done", fronts=(FRONT, FRONT))
TILES = [pair("g", f"g_r0_c{n}", "done", fronts=(FRONT,)) for n in (0, 1)]


@pytest.mark.parametrize(
    ("pairs", "status", "sentence", "complaints"),
    [
        ([DONE, APART], 0, "1 front in 1 scene, 1 domain", []),
        ([DONE, APART, NONE], 0, "1 front in 1 of 2 scenes, 1 domain; 1 without a front", []),
        (
            [DONE, CLOUDY],
            0,
            "1 front in 1 of 2 scenes, 1 domain; 1 skipped",
            ["c.tif: skipped, 40 % cloud"],
        ),
        (
            [DONE, GONE],
            3,
            "1 front in 1 of 2 scenes, 1 domain; 1 failed",
            ["e.tif: no such file"],
        ),
        (
            [DONE, *LOST],
            0,
            "1 front in 1 of 2 scenes, 1 domain; 1 skipped",
            ["d.tif: skipped, it does not overlap any of the 2 domains"],
        ),
        ([WHOLE], 0, "2 fronts in 1 scene", []),
        (TILES, 0, "2 fronts in 1 scene", []),
        ([GONE], 1, "0 fronts in 0 of 1 scene; 1 failed", ["e.tif: no such file"]),
    ],
)
def test_scenes_and_domains_are_counted(pairs, status, sentence, complaints) -> None:
    result = RunResult(Path("out"), tuple(pairs), Path("out/report.html"))
    assert result.exit_status == status
    assert result.sentence() == sentence
    assert result.complaints() == complaints
