"""The six panels: what is drawn where."""

from dataclasses import replace

import numpy as np

from pycalfin.products import canvas
from pycalfin.results import Extraction
from pycalfin.validate import panels
from pycalfin.validate.score import Score


def near(figure, colour, tolerance=30):
    difference = np.abs(np.asarray(figure, int) - colour).max(axis=2)
    return (difference < tolerance).sum()


def test_six_panels_show_both_fronts(measured):
    score, evidence = measured
    figure = panels.draw_figure(score, evidence)
    assert figure.width > 3 * panels.SIDE
    assert near(figure, panels.TRUTH) > 500
    assert near(figure, panels.FRONT) > 500
    assert figure.tobytes() == panels.draw_figure(score, evidence).tobytes()


def test_without_fronts_it_says_so(measured):
    evidence = measured[1]
    missed = Score("a", known=True, true_length=9.0, reason="no edge in the prediction")
    bare = replace(evidence, extraction=Extraction(), predicted=np.zeros_like(evidence.truth))
    figure = panels.draw_figure(missed, bare)
    assert near(figure, panels.TRUTH) > 500
    assert near(figure, panels.BLANK, 2) > panels.SIDE**2
    nothing = replace(bare, truth=np.zeros_like(evidence.truth))
    assert panels.draw_figure(Score("a"), nothing).size == figure.size


def test_metres_give_a_scale_bar(measured):
    score, evidence = measured
    with_bar = panels.draw_figure(replace(score, metres=30.0), evidence)
    assert with_bar.tobytes() != panels.draw_figure(score, evidence).tobytes()


def test_facts_name_the_outcome():
    assert panels.facts(Score("a", known=True)) == ["missed"]
    assert panels.facts(Score("a", fronts=1, confidence=0.5)) == ["false front", "confidence 0.50"]
    assert panels.facts(Score("a")) == ["correctly no front"]


def test_colours_run_from_near_to_far():
    assert panels.colour_of(0) == panels.RAMP[0][1]
    assert panels.colour_of(99) == panels.RAMP[-1][1]
    assert canvas.GAP not in {panels.colour_of(step / 10) for step in range(100)}
