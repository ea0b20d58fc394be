"""The report: self-contained, escaped, honest about what is synthetic."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
from shapely.geometry import Polygon

from pycalfin.products import figures, write_all
from pycalfin.products.maps import ON_LIGHT, WIDTH, draw_map, gradient, hue
from pycalfin.products.order import by_domain
from pycalfin.products.report import render_report
from pycalfin.products.runlog import count_statuses
from pycalfin.records import Identity
from pycalfin.results import Coast, PairResult

NASTY = """O'Higgins "<b>&amp;</b>" ø"""


class Reader(HTMLParser):
    """Collects attributes and visible text, and checks that tags nest."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, text):
        super().__init__()
        self.attributes, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


def report(output, results, info):
    write_all(output, results, info)
    text = (output / "report.html").read_text(encoding="utf-8")
    reader = Reader(text)
    assert reader.open == []
    return text, reader


def test_loads_nothing_from_outside(tmp_path, drawn, info):
    text, reader = report(tmp_path, [drawn], info)
    for tag, name, value in reader.attributes:
        if name in ("src", "srcset", "data", "poster", "background", "action", "xlink:href"):
            assert value.startswith("data:image/"), (tag, name, value[:60])
        if name == "href" and value.startswith(("http", "//")):
            assert (tag, value) == ("a", "https://doi.org/10.5194/tc-15-1663-2021")
    assert "<link" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_links_lead_to_the_figures(tmp_path, make, info):
    name = "a b#c%d"
    front = make.front(domain=name, subset="x y#1%")
    result = make.result((front,), domain=name, subset="x y#1%")
    pictures = figures.render(make.subset(name="x y#1%"), make.extraction(front))
    result = make.result((front,), domain=name, subset="x y#1%", figures=pictures)
    figures.stage(tmp_path, [result])
    _, reader = report(tmp_path, [result], info)
    links = {value for _, attribute, value in reader.attributes if attribute == "href"}
    relative = [value for value in links if not value.startswith(("http", "#"))]
    assert len(relative) == 1
    assert re.fullmatch(r"[A-Za-z0-9._/%-]+", relative[0])
    assert (tmp_path / unquote(relative[0])).is_file()


def test_every_front_has_its_uncertainty(tmp_path, make, info):
    fronts = (
        make.front(number=1, uncertainty=np.r_[np.full(20, 24.0), 900.0]),
        make.front(number=2, uncertainty=[]),
    )
    pictures = figures.render(make.subset(), make.extraction(*fronts))
    text, reader = report(tmp_path, [make.result(fronts, figures=pictures)], info)
    assert reader.text.count("±24 m") == 3  # map, thumbnail and table
    assert "±nan" not in text
    assert "median of the vertices" in reader.text


def test_an_uncertain_end_is_remarked(tmp_path, make, info):
    uncertainty = np.r_[np.full(10, 20.0), 20.0, np.full(10, 90.0)]
    _, reader = report(tmp_path, [make.result((make.front(uncertainty=uncertainty),))], info)
    assert "uncertain end" in reader.text


def test_names_are_escaped(tmp_path, make, info):
    front = make.front(domain=NASTY, scene=NASTY, sensor="<i>")
    done = make.result((front,), domain=NASTY, scene=NASTY)
    failed = make.result((), status="failed", reason=f"{NASTY}: <script>alert(1)</script>")
    text, reader = report(tmp_path, [done, failed], info | {"versions": {NASTY: "<u>1"}})
    assert text.count("<script>") == 1
    assert "<b>&amp;" not in text
    assert "<i>" not in text.replace("<i></i>", "")
    assert "<u>" not in text
    assert NASTY in reader.text
    assert "<c>.tif" in reader.text


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>", '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)",
        "javascript:alert(1)", "{{ 7*7 }}{% for x in y %}", "</title><script>", "]]><svg onload=a>",
        "--><img src=x onerror=alert(1)>", "$\\frac$ =1+1 &lt;script&gt;",
    ],
)  # fmt: skip
def test_a_name_is_text_everywhere(tmp_path, make, info, name):
    front = make.front(
        domain=name, scene=name, sensor=name, date="2016-06-30", subset=name, id=name, network=name
    )
    done = make.result((front,), domain=name, scene=name, sensor=name, path=name)
    failed = make.result((), status="failed", reason=name, scene=name, domain=name, path=name)
    more = {"settings": {name: name}, "versions": {name: name}}
    _, plain = report(tmp_path / "plain", [make.result(), make.result((), status="failed")], info)
    text, reader = report(tmp_path / "nasty", [done, failed], info | more)
    kinds = {(tag, key) for tag, key, _ in plain.attributes}
    assert {(tag, key) for tag, key, _ in reader.attributes} <= kinds
    assert text.count("<script>") == 1
    links = [value for _, key, value in reader.attributes if key == "href"]
    assert [link for link in links if "script:" in link] == []
    assert name in reader.text


def test_shows_every_ending_and_its_reason(tmp_path, make, drawn, info):
    results = [
        drawn,
        make.result((), status="no_front", reason="no edge", date="2016-07-01"),
        make.result((), status="skipped", reason="38 % without data", date="2016-07-02"),
        make.result((), status="failed", reason="cannot be read", date=""),
    ]
    text, reader = report(tmp_path, results, info)
    for reason in ("no edge", "38 % without data", "cannot be read"):
        assert reason in reader.texts
    assert re.search(r"<b>1</b>front\b", text)
    assert len(re.findall(r"<b>1</b>(done|no front|skipped|failed)", text)) == 4
    assert text.count("<img ") == 1
    assert "SYNTHETIC" not in text


def test_synthetic_fronts_are_marked_loudly(tmp_path, make, info):
    made_up = make.result((make.front(synthetic=True),), synthetic=True)
    text, _ = report(tmp_path / "all", [made_up], info)
    assert "All fronts here are SYNTHETIC" in text
    real = make.result(date="2018-07-01")
    text, reader = report(tmp_path / "some", [made_up, real], info)
    assert "1 of the fronts here are SYNTHETIC" in reader.text
    assert text.count('<span class="tag synthetic">') == 1
    _, reader = report(tmp_path / "none", [make.result((), synthetic=True)], info)
    assert "1 of the scenes here are SYNTHETIC" in reader.text


def test_many_skipped_pairs_are_folded(tmp_path, make, info):
    def skipped(count):
        return [make.result((), status="skipped", scene=f"S{k}") for k in range(count)]

    text, _ = report(tmp_path, skipped(10), info)
    assert "<details open><summary>10 skipped" in text
    text, _ = report(tmp_path, skipped(11), info)
    assert "<details><summary>11 skipped" in text


def test_an_empty_run_says_so(tmp_path, info):
    _, reader = report(tmp_path, [], info)
    assert "No calving front was found." in reader.text


def test_many_thumbnails_are_thinned(tmp_path, make, drawn, info, monkeypatch):
    monkeypatch.setattr("pycalfin.products.report.THUMBNAILS", 3)
    picture = next(data for name, data in drawn.figures.items() if name.endswith(".jpg"))
    results = [
        make.result(
            date=f"2016-07-{day:02d}",
            figures={f"Bræ_LC08_L1TP_2016-07-{day:02d}_thumbnail.jpg": picture},
        )
        for day in range(1, 8)
    ]
    text, reader = report(tmp_path, results, info)
    assert text.count("<img ") == 3
    assert "3 of 7 scenes" in reader.text


def test_maps_show_fronts_inside_the_frame(make):
    dates = [f"20{year}-06-30" for year in range(10, 24)]
    results = [make.result(date=date, domain="Bræ") for date in dates]
    (group,) = by_domain(results)
    drawn = draw_map(group)
    assert len(drawn.lines) == 14
    assert drawn.ticks[0] == "2010-06-30"
    assert drawn.ticks[-1] == "2023-06-30"
    assert not drawn.swatches
    for line in drawn.lines:
        numbers = [float(word) for word in re.findall(r"-?[\d.]+", line.path)]
        assert min(numbers[::2]) > 0
        assert max(numbers[::2]) < WIDTH
        assert min(numbers[1::2]) > 0
        assert max(numbers[1::2]) < drawn.height
    # EPSG:3413 is turned by the longitude from 45 W: true north is 22 degrees off at 67 W
    assert drawn.north == pytest.approx(22.8, abs=0.3)
    assert drawn.bar[1].endswith("m")
    assert 40 < drawn.bar[0] <= WIDTH / 5


def test_odd_shapes_do_not_stop_a_map(make):
    bow = Polygon([(-565e3, -1347e3), (-563e3, -1346e3), (-563e3, -1347e3), (-565e3, -1346e3)])
    point = Coast(np.array([[-565_000.0, -1_346_000.0]]), False)
    (group,) = by_domain([make.result(ocean=bow, coast=(point,))])
    assert draw_map(group).ocean.startswith("M")


def test_few_dates_are_named_one_by_one(make):
    (group,) = by_domain([make.result(), make.result(date="2018-07-01")])
    drawn = draw_map(group)
    assert [text for text, _ in drawn.swatches] == ["2016-06-30", "2018-07-01"]
    assert drawn.swatches[0][1] == drawn.lines[0].hue == hue(0.0)


def test_colours_are_ordered_in_lightness():
    for mode in ("light", "dark"):
        tones = [getattr(tone, mode) for tone in gradient()]
        light = [
            0.2126 * int(t[1:3], 16) + 0.7152 * int(t[3:5], 16) + 0.0722 * int(t[5:], 16)
            for t in tones
        ]
        assert light == sorted(light)
    assert ON_LIGHT[1] < 1


def test_pairs_that_do_not_overlap_alarm_nobody(make):
    apart = PairResult(
        Identity("b"), "Elsewhere", "b.tif", "skipped", "no overlap", error="no_overlap"
    )
    cloudy = PairResult(Identity("c"), "Bræ", "c.tif", "skipped", "40 % cloud", error="skipped")
    page = render_report([make.result(), apart, cloudy], {})
    assert "no overlap" not in page
    assert "40 % cloud" in page
    assert count_statuses([apart, cloudy])["skipped"] == 1
