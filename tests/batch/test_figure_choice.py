"""Which figures are kept: by confidence within a domain."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.batch.figure_choice import WORST, chosen, lacking, worst
from pycalfin.products.figures import front_names, raw_name, thumbnail_name
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult


def pair(index, confidences, domain="Bræ", scene=None, **fields):
    """A pair with a front for each confidence, and all its figures."""
    subset = f"s{index:03d}"
    scene = scene or f"scene{index:03d}"
    fronts = tuple(
        Front(
            [[0, 0], [100, index]], crs="EPSG:3413", date="2016-06-30", scene=scene, domain=domain,
            subset=subset, number=number, confidence=confidence, quality=10, **fields,
        )
        for number, confidence in enumerate(confidences, start=1)
    )  # fmt: skip
    names = [name for front in fronts for name in front_names(subset, front.number)]
    names += [raw_name(subset), f"{subset}_pred.png", thumbnail_name(subset)]
    return PairResult(
        Identity(scene, date="2016-06-30"), domain, f"{scene}.tif",
        "done" if fronts else "no_front", extraction=Extraction(fronts, crs="EPSG:3413"),
        subset=subset, figures=dict.fromkeys(names, b""),
    )  # fmt: skip


def overlays(results):
    return {name for item in results for name in item.figures if "_overlay_front" in name}


def numbers(results):
    return {int(name[1:4]) for name in overlays(results)}


def test_the_least_confident_of_each_domain():
    north = [pair(index, [index / 100], "North") for index in range(30)]
    south = [pair(index, [0.9], "South") for index in range(50, 53)]
    kept = chosen([*north, *south], "worst")
    assert numbers(kept) == {*range(WORST), 50, 51, 52}
    assert all(thumbnail_name(item.subset) in item.figures for item in kept)
    last = kept[WORST]
    assert list(last.figures) == [thumbnail_name(last.subset)]
    assert set(kept[0].figures) == set(north[0].figures)


def test_of_a_subset_only_the_chosen_fronts_have_figures():
    crowd = [pair(index, [0.1 + index / 1000]) for index in range(WORST - 1)]
    both = pair(90, [0.95, 0.05])
    kept = chosen([*crowd, both], "worst")[-1]
    assert set(kept.figures) == {
        *front_names("s090", 2), raw_name("s090"), "s090_pred.png", thumbnail_name("s090"),
    }  # fmt: skip


def test_scenes_without_a_domain_are_one():
    whole = [pair(index, [index / 100], f"scene{index:03d}") for index in range(30)]
    tiles = [
        pair(index, [0.001], f"scene{index:03d}_r0_c{index}", f"scene{index:03d}")
        for index in range(40, 42)
    ]
    assert numbers(chosen([*whole, *tiles], "worst")) == {*range(WORST - 2), 40, 41}


def test_none_leaves_thumbnails():
    results = [pair(1, [0.2, 0.3], partial=True), pair(2, [])]
    for item in chosen(results, "none"):
        assert list(item.figures) == [thumbnail_name(item.subset)]
    assert chosen(results, "all") == results


@pytest.mark.parametrize(
    ("figures", "names"), [("all", {1, 2, 50}), ("worst", {1, 2}), ("none", set())]
)
def test_what_an_earlier_run_left_out_is_told(figures, names):
    skipped = PairResult(Identity("c"), "Bræ", "c.tif", "skipped", reason="cloud")
    crowd = [pair(index, [0.4]) for index in range(10, 10 + WORST - 2)]
    full = [pair(1, [0.1]), pair(2, [0.2]), pair(50, [0.9]), *crowd]
    bare = [
        replace(item, figures={thumbnail_name(item.subset): b""}) if item in full[:3] else item
        for item in full
    ]
    assert lacking([*full, skipped], figures) == []
    found = lacking([*bare, skipped], figures)
    assert {int(item.subset[1:]) for item in found} == names


def test_the_image_of_a_subset_without_a_front_is_told_too():
    empty = replace(pair(1, []), figures={thumbnail_name("s001"): b""})
    assert lacking([empty], "all") == [empty]
    assert lacking([empty], "worst") == []


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from([0.2, 0.5, 0.5, 0.9])), max_size=40),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter_and_more_fronts_never_add_an_earlier_one(drawn, random):
    results = [pair(index, [value], domain) for index, (domain, value) in enumerate(drawn)]
    mixed = random.sample(results, len(results))
    assert worst(mixed) == worst(results)
    some = results[: len(results) // 2]
    earlier = {(item.domain, item.subset, 1) for item in some}
    assert worst(results) & earlier <= worst(some)
    counts = [sum(name == domain for name, _, _ in worst(results)) for domain in "AB"]
    assert counts == [min(WORST, sum(item.domain == domain for item in results)) for domain in "AB"]
