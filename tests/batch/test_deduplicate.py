"""Twins count once; scenes that share a name get names and ids of their own."""

from __future__ import annotations

import itertools

import numpy as np

from pycalfin.batch.deduplicate import drop_duplicates
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult

LINE = np.array([[0.0, 0.0], [100.0, 50.0], [200.0, 0.0]])


def make(
    path: str, fingerprint: str, shift: float = 0.0, count: int = 1, **fields: object
) -> PairResult:
    given = {"scene": "LC08", "domain": "d", "subset": "d_LC08_2016-06-30", **fields}
    fronts = tuple(
        Front(
            LINE + (shift, 1000 * number),
            "EPSG:3413",
            scene=given["scene"],
            domain="d",
            subset=given["subset"],
            number=number + 1,
            id=f"id{number}",
        )
        for number in range(count)
    )
    figures = {f"{given['subset']}_{front.number}_overlay_front.png": b"x" for front in fronts}
    return PairResult(
        Identity(given.pop("scene"), given.pop("sensor", ""), date=given.pop("date", "")),
        path=path,
        status="done",
        extraction=Extraction(fronts),
        fingerprint=fingerprint,
        figures=figures,
        **given,
    )


def test_a_product_and_its_archive_are_one() -> None:
    folder, archive = make("a", "aaaaaaaaaaaa"), make("a.tar", "bbbbbbbbbbbb", shift=1e-9)
    first, second = drop_duplicates([folder, archive])
    assert first is folder
    assert (second.status, second.error) == ("skipped", "skipped")
    assert second.reason == "the same scene as a"
    assert second.fronts == ()


def test_two_clips_of_a_product_are_both_kept_whatever_their_order() -> None:
    pairs = [make("a/x.tif", "aaaaaaaaaaaa"), make("b/x.tif", "bbbbbbbbbbbb", shift=500, count=2)]
    found = []
    for order in itertools.permutations(pairs):
        ended = drop_duplicates(order)
        assert [pair.status for pair in ended] == ["done", "done"]
        ids = [front.id for pair in ended for front in pair.fronts]
        assert len(set(ids)) == 3
        found.append({pair.path: [front.id for front in pair.fronts] for pair in ended})
        names = {name for pair in ended for name in pair.figures}
        assert len(names) == 3
        assert {pair.subset for pair in ended} == {
            "d_LC08_2016-06-30-aaaaaa",
            "d_LC08_2016-06-30-bbbbbb",
        }
        for pair in ended:
            assert all(front.subset == pair.subset for front in pair.fronts)
            assert all(name.startswith(pair.subset + "_") for name in pair.figures)
    assert found[0] == found[1]


def test_subsets_whose_figures_would_share_a_file_are_renamed() -> None:
    """Collections 1 and 2 of a product; a file system that ignores case."""
    first = make("1", "aaaaaaaaaaaa")
    second = make("2", "bbbbbbbbbbbb", subset="D_lc08_2016-06-30")
    second = second.with_fronts(f.with_fields(id="other") for f in second.fronts)
    third = make("3", "cccccccccccc", subset="d_LC08_2017-01-01")
    third = third.with_fronts(f.with_fields(id="third") for f in third.fronts)
    ended = drop_duplicates([first, second, third])
    assert [pair.subset for pair in ended] == [
        "d_LC08_2016-06-30-aaaaaa",
        "D_lc08_2016-06-30-bbbbbb",
        "d_LC08_2017-01-01",
    ]
    assert ended[2] is third


def test_pairs_without_a_front_stay_as_they_are() -> None:
    pairs = [
        PairResult(Identity("a"), "d", "a", "skipped", "cloud"),
        PairResult(Identity("b"), "d", "b", "failed"),
    ]
    assert drop_duplicates(pairs) == pairs
