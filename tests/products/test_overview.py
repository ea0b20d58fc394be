"""The map of a searched scene."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from PIL import Image

from pycalfin.products import canvas, overview
from pycalfin.records import Domain, Identity, Scene
from tests.front.drawn_scenes import drawn_scene


def drawn_map(places: list[Domain], valid: tuple[slice, slice]) -> Image.Image:
    pixels = np.full((1000, 1000), np.nan)
    pixels[valid] = np.random.default_rng(0).uniform(0, 100, pixels[valid].shape)
    reduced = drawn_scene(pixels)
    scene = Scene(Identity("s"), "s.tif", "s.tif", 1, reduced.grid.crs)
    (figure,) = overview.render(scene, reduced, places, []).values()
    return Image.open(io.BytesIO(figure)).convert("RGB")


def place(name: str, row: float, col: float, side: float) -> Domain:
    grid = drawn_scene(np.zeros((1000, 1000))).grid
    square = shapely.box(row, col, row + side, col + side)
    return Domain(name, shapely.transform(square, grid.xy), grid.crs)


def test_only_what_holds_data_is_drawn() -> None:
    image = drawn_map([place("a", 750, 320, 50)], np.s_[700:900, 300:400])
    scale = image.height / (200 + 2 * 4)
    assert image.width == pytest.approx(scale * (100 + 2 * 4), abs=1)
    bare = drawn_map([], np.s_[700:900, 300:400])
    drawn = np.argwhere((np.asarray(image) != np.asarray(bare)).any(axis=2))
    np.testing.assert_allclose(drawn.min(axis=0), scale * (4 + np.array([50, 20]) + 0.5), atol=3)
    np.testing.assert_allclose(drawn.max(axis=0), scale * (4 + np.array([100, 70]) + 0.5), atol=3)


@pytest.mark.parametrize("shift", [0, 10])
def test_names_do_not_cover_each_other(monkeypatch, shift) -> None:
    written: list[shapely.Polygon] = []

    def text(_, xy, words, *__, **___) -> None:
        length = canvas.font(overview.LETTERS).getlength(words)
        written.append(shapely.box(*xy, xy[0] + length, xy[1] + overview.LETTERS))

    monkeypatch.setattr(overview.ImageDraw.ImageDraw, "text", text)
    places = [place(f"70.0{n}N_50.00W", 300 + n * shift, 300, 300) for n in range(4)]
    drawn_map(places, np.s_[0:1000, 0:1000])
    assert len(written) == 4
    assert not any(a.intersects(b) for n, a in enumerate(written) for b in written[:n])
