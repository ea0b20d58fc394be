"""Figures decode, have the right size and show what they should."""

import io
from dataclasses import replace

import numpy as np
import pytest
import shapely
from PIL import Image

from pycalfin.products import canvas, figures, uncertainty
from pycalfin.products.units import length_label, nice_length
from pycalfin.records import Front

SUBSET = "Bræ_LC08_L1TP_2016-06-30"


def decode(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def test_every_figure_of_two_fronts(make):
    fronts = (make.front(number=1), make.front(number=2))
    drawn = figures.render(make.subset(), make.extraction(*fronts))
    assert sorted(drawn) == sorted(
        [
            f"{SUBSET}_1_front_only.png",
            f"{SUBSET}_1_overlay_front.png",
            f"{SUBSET}_2_front_only.png",
            f"{SUBSET}_2_overlay_front.png",
            f"{SUBSET}_pred.png",
            f"{SUBSET}_subset_raw.png",
            f"{SUBSET}_thumbnail.jpg",
        ]
    )
    images = {name.removeprefix(f"{SUBSET}_"): decode(data) for name, data in drawn.items()}
    assert images["subset_raw.png"].size == (360, 270)
    assert images["1_front_only.png"].size == (360, 270)
    assert images["1_overlay_front.png"].size == (420, 270 + figures.STRIP)
    assert max(images["thumbnail.jpg"].size) <= figures.THUMBNAIL
    assert images["thumbnail.jpg"].format == "JPEG"
    assert len(drawn[f"{SUBSET}_thumbnail.jpg"]) < 20_000


@pytest.mark.parametrize(
    ("shape", "size"), [((2048, 2048), (700, 700)), ((300, 1400), (700, 150)), ((1, 1), (360, 360))]
)
def test_images_are_scaled_for_the_screen(make, shape, size):
    drawn = figures.render(make.subset(shape), make.extraction())
    assert decode(drawn[f"{SUBSET}_subset_raw.png"]).size == size


def test_the_front_lies_where_it_was_found(make):
    rowcol = np.array([[10.0, 60.0], [80.0, 60.0]])
    front = make.front(pixels=rowcol)
    drawn = figures.render(make.subset(), make.extraction(front))
    only = np.asarray(decode(drawn[f"{SUBSET}_1_front_only.png"]))
    rows, cols = np.nonzero(only > 128)
    assert cols.mean() == pytest.approx((60 + 0.5) * 3 - 0.5, abs=0.6)
    assert rows.min() == pytest.approx((10 + 0.5) * 3, abs=2)
    assert rows.max() == pytest.approx((80 + 0.5) * 3, abs=2)
    # map coordinates instead of pixels lead to the same place
    by_map = figures.render(make.subset(), make.extraction(make.front()))
    only = np.asarray(decode(by_map[f"{SUBSET}_1_front_only.png"]))
    assert np.nonzero(only > 128)[1].mean() == pytest.approx(60 * 3, abs=6)


def test_the_band_is_one_deviation_to_either_side(make):
    """30 m of ground are 3 figure pixels; the line itself is 5 pixels wide with its halo."""
    rowcol = np.column_stack([np.linspace(10, 80, 21), np.full(21, 60.0)])
    plain, wide = (
        np.asarray(
            decode(
                figures.render(
                    make.subset(),
                    make.extraction(make.front(pixels=rowcol, uncertainty=uncertainty)),
                )[f"{SUBSET}_1_overlay_front.png"]
            ),
            int,
        )
        for uncertainty in ([], np.full(21, 150.0))
    )
    row = figures.STRIP + 135
    changed = np.flatnonzero(abs(wide[row] - plain[row]).sum(axis=1) > 40)
    middle = 30 + (60 + 0.5) * 3
    spacing = make.subset().grid.spacing[1]
    assert changed.min() == pytest.approx(middle - 3 * 150 / spacing, abs=1.5)
    assert changed.max() == pytest.approx(middle + 3 * 150 / spacing, abs=1.5)


def test_uncertain_stretches_have_another_colour(make):
    rowcol = np.column_stack([np.linspace(10, 80, 21), np.full(21, 60.0)])
    front = make.front(pixels=rowcol, uncertainty=np.r_[np.full(15, 3.0), np.full(6, 9.0)])
    drawn = figures.render(make.subset(), make.extraction(front))
    overlay = decode(drawn[f"{SUBSET}_1_overlay_front.png"])
    x = 30 + round((60 + 0.5) * 3)
    sure, unsure = (overlay.getpixel((x, figures.STRIP + 3 * row)) for row in (20, 75))
    assert sure == pytest.approx(uncertainty.CERTAIN, abs=40)
    assert unsure == pytest.approx(uncertainty.UNCERTAIN, abs=40)


@pytest.mark.parametrize(
    ("crs", "values", "text"),
    [
        ("EPSG:3413", [20.0, 24.0, 900.0], "±24 m"),
        ("EPSG:3413", [np.nan, 24.4, np.nan], "±24 m"),
        ("EPSG:3413", [0.0, 0.0, 0.0], "±0 m"),
        (None, [0.9, 1.23, 4.0], "±1.2 px"),
        ("EPSG:3413", [], ""),
        ("EPSG:3413", [np.nan] * 3, ""),
    ],
)
def test_the_uncertainty_in_words(crs, values, text):
    front = Front(xy=[[0, 0], [1, 0], [2, 0]], crs=crs, uncertainty=values)
    assert uncertainty.plus_minus(front) == text


@pytest.mark.parametrize("unit", [(1.0, 1.0), (2.0, 0.5)])
def test_a_band_is_as_wide_as_the_distance_on_the_ground(unit):
    along = np.linspace(0, 3, 50)
    line = np.column_stack([100 * np.cos(along) / unit[0], 100 * np.sin(along) / unit[1]])
    area = shapely.union_all(
        [shapely.Polygon(q) for q in uncertainty.band(line, np.full(50, 7.0), unit)]
    )
    expected = shapely.LineString(line * unit).buffer(7.0, cap_style="flat")
    found = shapely.transform(area, lambda xy: xy * unit)
    assert found.symmetric_difference(expected).area < 0.02 * expected.area


def test_a_band_has_holes_where_the_distance_is_unknown():
    line = np.column_stack([np.arange(30.0), np.zeros(30)])
    distance = np.where(np.arange(30) == 12, np.nan, 2.0)
    assert len(uncertainty.band(line, distance, (1.0, 1.0))) == 27
    still = uncertainty.band(np.zeros((4, 2)), np.ones(4), (1.0, 1.0))
    assert all(np.isfinite(quad).all() for quad in still)


@pytest.mark.parametrize("values", [[], np.full(21, np.nan), np.zeros(21), np.full(21, 1e9)])
def test_any_uncertainty_is_drawn(make, values):
    drawn = figures.render(make.subset(), make.extraction(make.front(uncertainty=values)))
    assert decode(drawn[f"{SUBSET}_1_overlay_front.png"]).size == (420, 270 + figures.STRIP)


def test_the_ocean_is_tinted_on_its_side(make):
    drawn = figures.render(make.subset(), make.extraction(make.front()))
    overlay = np.asarray(decode(drawn[f"{SUBSET}_1_overlay_front.png"]), int)
    blue = overlay[..., 2] - overlay[..., 0]
    left, middle = 30, figures.STRIP + 135
    assert blue[middle, left + 340] > 30
    assert abs(blue[middle, left + 30]) < 10


def test_without_a_front_the_report_still_shows_what_was_looked_at(make):
    drawn = figures.render(make.subset(), make.extraction(reason="no edge"))
    assert sorted(drawn) == [
        f"{SUBSET}_pred.png",
        f"{SUBSET}_subset_raw.png",
        f"{SUBSET}_thumbnail.jpg",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"transform": None, "crs": None},
        {"valid": np.zeros((90, 120), bool)},
        {"pixels": np.full((90, 120), np.nan, np.float32)},
        {"pixels": np.full((90, 120), 7, np.float32)},
        {"domain": "", "synthetic": True},
    ],
    ids=["no-georeference", "no-data", "nan", "constant", "no-domain"],
)
def test_odd_subsets_are_drawn(make, fields):
    subset = make.subset(**fields)
    front = make.front(pixels=np.array([[10.0, 60.0], [80.0, 60.0]]), synthetic=True, partial=True)
    if subset.crs is None:
        front = front.with_fields(crs=None)
    drawn = figures.render(subset, make.extraction(front, crs=subset.crs))
    assert all(decode(content).size for content in drawn.values())


def test_gaps_are_no_grey(make):
    valid = np.ones((90, 120), bool)
    valid[:, :20] = False
    drawn = figures.render(make.subset(valid=valid), make.extraction())
    raw = decode(drawn[f"{SUBSET}_subset_raw.png"])
    assert raw.getpixel((5, 100)) == canvas.GAP


def test_equal_input_gives_equal_bytes(make):
    first, second = (figures.render(make.subset(), make.extraction(make.front())) for _ in range(2))
    assert first == second
    for name, content in first.items():
        if name.endswith(".png"):
            assert not decode(content).info


def test_staged_by_domain_without_the_thumbnail(tmp_path, make, drawn):
    kept = tmp_path / "ledger"
    kept.mkdir()
    for name, content in drawn.figures.items():
        (kept / name).write_bytes(content)
    in_ledger = replace(drawn, figures={name: kept / name for name in drawn.figures})
    for place, result in (("drawn", drawn), ("kept", in_ledger)):
        figures.stage(tmp_path / place, [result, make.result((), status="skipped")])
        (folder,) = (tmp_path / place / "quality_assurance").iterdir()
        assert folder.name == "Bræ"
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert found == {
            name: content for name, content in drawn.figures.items() if not name.endswith(".jpg")
        }


def test_figures_are_copied_where_links_cannot_be(tmp_path, drawn, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    name = f"{SUBSET}_1_overlay_front.png"
    (tmp_path / name).write_bytes(drawn.figures[name])
    figures.stage(tmp_path, [replace(drawn, figures={name: tmp_path / name})])
    copy = tmp_path / "quality_assurance" / "Bræ" / name
    assert copy.read_bytes() == drawn.figures[name]


def test_nothing_to_stage_makes_no_folder(tmp_path, make):
    figures.stage(tmp_path, [make.result((), status="skipped")])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("longest", "expected"), [(1.0, 1), (4.99, 2), (5, 5), (99, 50), (0.3, 0.2), (12_000, 10_000)]
)
def test_scale_bars_are_round(longest, expected):
    assert nice_length(longest) == pytest.approx(expected)


def test_labels_of_scale_bars():
    assert [length_label(value) for value in (200, 1000, 20_000)] == ["200 m", "1 km", "20 km"]


def test_long_titles_are_shortened():
    typeface = canvas.font(12)
    text = canvas.fit_text("ø" * 300, typeface, 200)
    assert "…" in text
    assert typeface.getlength(text) <= 200
