import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult
from pycalfin.synthetic.painting import SyntheticScene
from pycalfin.validate import known

LINE = np.array([[500_000.0, 7_900_000.0], [500_000.0, 7_903_000.0]])
SCENE = SyntheticScene(
    path=Path("folder/LC08_L1TP_012010_20160714_20200906_02_T1_B5.TIF"),
    date="2016-07-14",
    kind="optical",
    crs="EPSG:32622",
    pixel=30.0,
    fronts=(LINE,),
    domain=shapely.box(499_000, 7_899_000, 501_000, 7_904_000),
    domain_name="Somewhere",
)
NAME = SCENE.path.name


def pair(*lines, path=NAME, domain="Somewhere"):
    fronts = tuple(Front(xy=line, crs="EPSG:32622", date="2016-07-14") for line in lines)
    status = "done" if fronts else "no_front"
    return PairResult(Identity(SCENE.name), domain, path, status, extraction=Extraction(fronts))


def test_the_scene_has_its_product_id_as_name():
    assert SCENE.name == "LC08_L1TP_012010_20160714_20200906_02_T1"


@pytest.mark.parametrize("shift", [0.0, 15.0, 60.0])
def test_a_parallel_front_is_as_far_off_as_it_was_moved(shift):
    (measured,) = known.compare([SCENE], [pair(LINE + (shift, 0))])
    # the scale of UTM on its central meridian is 0.9996
    assert measured.metres == pytest.approx(shift / 0.9996, rel=1e-4)
    assert measured.pixels == pytest.approx(shift / 30, rel=1e-6)
    assert not measured.missed
    assert not measured.false_positives


def test_a_false_second_front_is_part_of_the_error():
    (measured,) = known.compare([SCENE], [pair(LINE, LINE + (900, 0))])
    # a third of the samples (of two found lines and a known one) is 30 pixels away
    assert measured.pixels == pytest.approx(10, rel=1e-3)


def test_other_domains_and_scenes_are_left_out():
    others = [pair(LINE + (90, 0), domain="Elsewhere"), pair(LINE + (90, 0), path="other.TIF")]
    (measured,) = known.compare([SCENE], others)
    assert measured.result is None
    assert measured.status == "missing"
    assert measured.missed
    assert math.isnan(measured.pixels)


def test_missed_and_invented_fronts():
    without = replace(SCENE, fronts=())
    ((lost,), (quiet,), (loud,)) = (
        known.compare([scene], [result])
        for scene, result in ((SCENE, pair()), (without, pair()), (without, pair(LINE)))
    )
    assert (lost.missed, lost.false_positives) == (True, False)
    assert (quiet.missed, quiet.false_positives) == (False, False)
    assert (loud.missed, loud.false_positives) == (False, True)
    assert all(math.isnan(item.pixels) for item in (lost, quiet, loud))
    assert all(math.isnan(value) for value in known.mean_error([lost, quiet, loud]))


def test_the_mean_is_that_of_scenes_and_not_of_points():
    near, far = (known.compare([SCENE], [pair(LINE + (shift, 0))])[0] for shift in (30, 90))
    pixels, metres = known.mean_error([near, far, known.compare([SCENE], [pair()])[0]])
    assert pixels == pytest.approx(2, rel=1e-6)
    assert metres == pytest.approx(60, rel=1e-3)
