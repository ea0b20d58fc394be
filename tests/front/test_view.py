"""The grid of a view: where its pixels lie in the subset, and what they hold."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from pycalfin import geo
from pycalfin.front import view
from pycalfin.network import Network
from pycalfin.network.engine import Engine
from pycalfin.records import Identity, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings


def ramp(rows: int = 120, cols: int = 150, **fields: object) -> Subset:
    """An image whose value is its own position, 1000 row + col."""
    pixels = (1000.0 * np.arange(rows)[:, None] + np.arange(cols)).astype(np.float32)
    return Subset("ramp", pixels, np.ones(pixels.shape, bool), **fields)  # type: ignore[arg-type]


def grid(window: view.Window, step: tuple[float, float], shape: tuple[int, int]) -> Prediction:
    blank = np.zeros(shape, np.float32)
    return Prediction(
        edge=blank,
        ocean=blank,
        land=None,
        valid=np.ones(shape, bool),
        grey=blank,
        origin=(window.row + step[0] / 2, window.col + step[1] / 2),
        step=step,
    )


@given(
    row=st.floats(-0.5, 40),
    col=st.floats(-0.5, 40),
    height=st.floats(20, 75),
    width=st.floats(20, 75),
    step=st.tuples(st.floats(0.4, 4), st.floats(0.4, 4)),
)
def test_pixels_hold_what_lies_under_their_centres(
    row: float, col: float, height: float, width: float, step: tuple[float, float]
) -> None:
    window = view.Window(row, col, height, width)
    pixels, valid, cloud = view.resample(ramp(), window, step)
    assert cloud is None
    assert valid.all()
    prediction = grid(window, step, pixels.shape)
    inner = np.argwhere(np.ones(pixels.shape, bool)).astype(float)
    at = prediction.to_subset(inner)
    margin = 2 * np.array(step) + 1
    clear = np.all((at > margin) & (at < np.array([119.0, 149.0]) - margin), axis=1)
    expected = 1000 * at[:, 0] + at[:, 1]
    # 100 is a tenth of a row: the ripple of the antialiasing kernel, which has no bias
    np.testing.assert_allclose(pixels.ravel()[clear], expected[clear], atol=100)


@given(points=st.lists(st.tuples(st.floats(-9, 99), st.floats(-9, 99)), min_size=1))
def test_prediction_and_subset_pixels_are_inverse(points: list[tuple[float, float]]) -> None:
    prediction = grid(view.Window(3.25, -0.5, 50, 50), (2.5, 0.75), (20, 60))
    rowcol = np.array(points)
    np.testing.assert_allclose(
        prediction.from_subset(prediction.to_subset(rowcol)), rowcol, atol=1e-9
    )


def test_invalid_pixels_do_not_bleed() -> None:
    subset = ramp()
    subset.valid[40:60, :] = False
    subset.pixels[40:60, :] = np.nan
    pixels, valid, _ = view.resample(subset, view.Window.whole(subset), (2.0, 2.0))
    assert not valid[21:29].any()
    assert valid[:19].all()
    assert valid[31:].all()
    assert pixels[:19].max() < 40_200


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [(600, 300, 2.0), (300, 300, 1.0), (200, 300, 1.0), (64, 300, 0.5), (20, 300, 0.5)],
)
def test_step_shrinks_large_and_magnifies_small_subsets(
    size: int, longest: int, expected: float
) -> None:
    subset = ramp(size, size)
    assert view.view_step(subset, view.Window.whole(subset), longest) == (expected, expected)


def test_a_look_is_square_on_the_ground_in_longitude_and_latitude() -> None:
    degree = 30 / 111_000
    transform = Affine(degree, 0, -67, 0, -degree, 76.6)
    subset = ramp(300, 300, transform=transform, crs="EPSG:4326", identity=Identity("a"))
    step = view.view_step(subset, view.Window.whole(subset), 288)
    rows, cols = geo.ground_spacing(transform, "EPSG:4326", subset.shape)
    assert rows / cols > 4
    assert step[0] * rows == pytest.approx(step[1] * cols)


@given(
    centre=st.tuples(st.floats(0, 119), st.floats(0, 149)),
    half=st.floats(2, 60),
)
def test_windows_stay_within_the_subset(centre: tuple[float, float], half: float) -> None:
    line = np.clip(
        np.array(centre) + np.linspace(-half, half, 20)[:, None] * [0.3, 1.0], 0, [119, 149]
    )
    window = view.Window.around(line, ramp(), 2.5, 32)
    assert window.row >= -0.5 - 1e-9
    assert window.col >= -0.5 - 1e-9
    assert window.row + window.height <= 119.5 + 1e-9
    assert window.col + window.width <= 149.5 + 1e-9
    inside = (line >= [window.row, window.col]) & (
        line <= [window.row + window.height, window.col + window.width]
    )
    assert inside.all()


class Counting(Engine):
    """Stands in for a network: remembers what it was shown, and answers with its first channel."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def run(self, patches: np.ndarray) -> np.ndarray:
        self.shown.append(patches.shape)
        grey = (patches[..., :1] + 1) / 2
        # a network that leans to one side, as real ones do
        ramp = np.linspace(0, 0.2, patches.shape[1])[None, :, None, None] * np.ones_like(grey)
        return np.concatenate([grey + ramp, grey, 1 - grey, ramp], axis=-1).astype(np.float32)


def watched() -> tuple[Network, Counting]:
    engine = Counting()
    outputs = ("edge", "ocean", "ice", "land")
    channels = ("grey", "tonemap", "shadows")
    return Network("n", "light", "", channels, outputs, 32, engine, batch=4), engine


def noise(metres: float, side: int = 256) -> Subset:
    pixels = np.random.default_rng(5).uniform(0, 1, (side, side)).astype(np.float32)
    transform = Affine(metres, 0, 5e5, 0, -metres, 7.7e6)
    return Subset("s", pixels, np.ones(pixels.shape, bool), transform, "EPSG:32622")


def test_flips_take_the_lean_of_a_network_out() -> None:
    subset = noise(60)
    window = view.Window.whole(subset)
    network, engine = watched()
    plain = view.predict(subset, window, network, Settings(flips=False, coarse=0))
    both = view.predict(subset, window, network, Settings(flips=True, coarse=0))
    assert [shape[0] for shape in engine.shown] == [1, 4]
    lean = plain.edge - plain.ocean
    assert lean[-1].mean() - lean[0].mean() == pytest.approx(0.2, abs=0.01)
    assert np.ptp(both.edge - both.ocean) < 1e-5


@pytest.mark.parametrize(("metres", "batches"), [(60, [4]), (30, [2, 1, 1]), (15, [1] * 5)])
def test_the_mirror_images_are_dealt_out_over_the_views(metres: float, batches: list[int]) -> None:
    network, engine = watched()
    subset = noise(metres)
    view.predict(subset, view.Window.whole(subset), network, Settings(coarse=55))
    assert [shape[0] for shape in engine.shown] == batches


@pytest.mark.parametrize("views", [1, 2, 3, 4, 7])
def test_every_mirror_image_is_seen_by_some_view(views: int) -> None:
    dealt = view.dealt_flips(views)
    assert len(dealt) == views
    assert all(dealt)
    assert {axes for own in dealt for axes in own} == {(), (0,), (1,), (0, 1)}


@pytest.mark.parametrize(
    ("metres", "coarse", "views"), [(60, 55, 1), (30, 55, 3), (15, 55, 5), (15, 0, 1), (30, 31, 1)]
)
def test_fine_looks_are_joined_by_coarser_ones(metres: float, coarse: float, views: int) -> None:
    network, engine = watched()
    settings = Settings(flips=False, coarse=coarse)
    subset = noise(metres)
    found = view.predict(subset, view.Window.whole(subset), network, settings)
    assert len(engine.shown) == views
    sides = [shape[1] for shape in engine.shown]
    assert sides == sorted(sides, reverse=True)
    assert found.edge.shape == found.ocean.shape == (256, 256)
    # the mean of views of noise is smoother than the sharpest alone
    sharp = view.predict(
        subset, view.Window.whole(subset), network, Settings(flips=False, coarse=0)
    )
    assert (found.ocean.std() < 0.95 * sharp.ocean.std()) == (views > 1)


def test_the_shadow_of_rock_is_land_and_the_edge_of_the_swath_is_not() -> None:
    subset = noise(60)
    subset.valid[100:130, 80:140] = subset.valid[:, :30] = False
    subset.pixels[~subset.valid] = np.nan
    seen = view.predict(subset, view.Window.whole(subset), watched()[0], Settings(coarse=0))
    assert seen.land is not None
    assert (seen.land[102:128, 82:138] == 1).all()
    assert seen.land[:, :28].max() < 0.3
    assert seen.land[140:].max() < 0.3
    assert seen.ocean[102:128, 82:138].max() < 1
