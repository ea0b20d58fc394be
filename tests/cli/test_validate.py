"""`pycalfin validate`: files, report, messages and exit status."""

import csv
import itertools
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pycalfin.cli import main
from pycalfin.cli.validate import _show
from pycalfin.datasets import OCEAN
from pycalfin.datasets.synthetic import iterate
from pycalfin.validate.summary import plain, summarise
from tests.holding import HANG

NAMES = (
    "Rink_LC08_L1TP_2016-07-12_014-009_T1_B5",
    "Store_LE07_L1TP_2010-03-12_014-009_T1_B4",
    "Store_LC08_L1TP_2016-08-12_014-009_T1_B5",
)


class Balance(HTMLParser):
    """Checks that tags nest, and keeps the addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Three pairs in CALFIN's layout: two with fronts, one blank without."""
    folder = tmp_path_factory.mktemp("data")
    fronts = itertools.islice((image for image in iterate(10, seed=3) if image.front.any()), 2)
    for name, image in zip(NAMES, [*fronts, None], strict=True):
        grey = np.full((288, 288), 90.0) if image is None else image.image
        low, high = np.nanpercentile(grey, (1, 99))
        scaled = np.clip(np.nan_to_num((grey - low) / max(high - low, 1)) * 255, 0, 255)
        land = np.zeros_like(grey) if image is None else (image.zones != OCEAN) * 255.0
        Image.fromarray(np.stack([scaled] * 3, axis=-1).astype(np.uint8)).save(
            folder / f"{name}.png"
        )
        Image.fromarray(land.astype(np.uint8)).save(folder / f"{name}_mask.png")
    return folder


@pytest.fixture(scope="session")
def done(data, tmp_path_factory):
    """The folder of a whole validation against the same network and the published table."""
    folder = tmp_path_factory.mktemp("out")
    conditions = folder / "conditions.csv"
    conditions.write_text(f"image,conditions,metres\n{NAMES[0]}.png,shadow;melange,30\n")
    status = main(
        ["validate", str(data), "--output", str(folder / "out"), "--conditions", str(conditions),
         "--against", "light", "--against", "published-table", "--figures", "2"]
    )  # fmt: skip
    assert status == 0
    return folder / "out"


@pytest.mark.slow
def test_one_row_per_image_and_both_networks(done):
    with (done / "images.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == sorted(NAMES)
    by_name = {row["image"]: row for row in rows}
    first, blank = by_name[NAMES[0]], by_name[NAMES[2]]
    assert first["conditions"] == "shadow;melange"
    assert float(first["mean_metres"]) == pytest.approx(30 * float(first["mean_pixels"]), rel=1e-4)
    assert float(first["difference_mean_pixels"]) == 0
    assert by_name[NAMES[1]]["conditions"] == "SLC-off"
    # in this layout every border of the ocean is a front, so much is missed and little is false
    assert 0 < float(first["completeness"]) < float(first["correctness"]) <= 1
    assert float(first["matched_metres"]) == pytest.approx(
        30 * float(first["matched_pixels"]), rel=1e-4
    )
    assert (blank["completeness"], blank["correctness"], blank["false_lines"]) == ("", "", "0")
    assert (blank["outcome"], blank["reason"], blank["mean_pixels"]) == ("TN", "constant value", "")


def test_metrics_are_those_of_the_rows(done):
    record = json.loads((done / "metrics.json").read_text(encoding="utf-8"))
    first, second = record["networks"], record["published"]
    label, again = first
    assert again == f"{label} (again)"
    for one, other in zip(first[label]["all"].items(), first[again]["all"].items(), strict=True):
        assert one == other or one[0] == "seconds"
    summary = first[label]["all"]
    with (done / "images.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    means = [float(row["mean_pixels"]) for row in rows if row["mean_pixels"]]
    assert summary["pixels"]["image_mean"] == pytest.approx(np.mean(means), rel=1e-4)
    assert summary["TP"] == len(means)
    assert summary["TN"] == 1
    for name in ("completeness", "correctness", "matched_pixels"):
        each = [float(row[name]) for row in rows if row[name]]
        assert min(each) <= summary[name] * 1.0001
        assert max(each) >= summary[name] * 0.9999
    assert summary["coast_called_front"] is None
    assert first[label]["groups"]["glacier"]["Store"]["images"] == 2
    assert any(item["data"] == "CALFIN-VS" for item in second)


def test_the_report_stands_alone_and_its_links_lead_somewhere(done):
    text = (done / "validation.html").read_text(encoding="utf-8")
    page = Balance()
    page.feed(text)
    assert page.open == []
    for address in page.addresses:
        if not address.startswith(("data:image/", "#", "https://doi.org/")):
            assert (done / address).is_file()
    assert "url(" not in text
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text)
    for word in (
        "CALFIN-VS", "shadow", "SLC-off", "141 of 149", "false lines per 100 images",
        "completeness: known length found within 3 pixels",
        "correctness: found length known within 3 pixels",
    ):  # fmt: skip
        assert word in text


def test_figures_are_those_of_the_worst(done):
    with (done / "images.csv").open(newline="") as file:
        rows = {row["image"]: float(row["mean_pixels"] or -1) for row in csv.DictReader(file)}
    names = {path.stem[6:] for path in (done / "figures").glob("*.png")}
    assert names == set(sorted(rows, key=rows.__getitem__)[-2:])
    assert {path.stem for path in (done / "charts").glob("*.png")} == {
        "distances", "resolution", "risk_coverage", "calibration",
    }  # fmt: skip


@pytest.mark.parametrize(("metres", "shown"), [(None, False), (12.3, True)])
def test_the_terminal_shows_what_is_known(metres, shown, capsys):
    summary = plain(replace(summarise([]), images=2, completeness=0.5, matched_metres=metres))
    _show({"networks": {"light:1": {"all": summary}, "other:2": {"all": summary}}})
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line.split() for line in lines if line.split()[:1] == ["completeness"]]
    assert line == ["completeness", "0.500", "0.500"]
    assert any("what matches, m" in line for line in lines) == shown
    assert max(map(len, lines)) <= 80


def test_a_browser_shows_the_report(done, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium")
    picture = tmp_path / "page.png"
    given = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"]
    subprocess.run(
        [browser, *given, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}",
         (done / "validation.html").as_uri()],
        capture_output=True, timeout=HANG, check=True,
    )  # fmt: skip
    with Image.open(picture) as shown:
        assert len(set(np.asarray(shown.convert("L"))[::5, ::5].ravel().tolist())) > 20


def test_some_glaciers_json_and_a_damaged_image(data, tmp_path, capsys):
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    damaged = folder / f"{NAMES[1]}.png"
    damaged.write_bytes(damaged.read_bytes()[:20_000])
    status = main(["validate", str(folder), "--output", "out", "--glacier", "Store",
                   "--figures", "0", "--json"])  # fmt: skip
    captured = capsys.readouterr()
    record = json.loads(captured.out)
    assert status == 0
    assert record["networks"][next(iter(record["networks"]))]["all"]["images"] == 1
    assert [one["image"] for one in record["failures"]] == [NAMES[1]]
    assert captured.err.startswith("pycalfin: not measured: ")
    assert not Path("out/figures").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["none"], 1, "none: does not exist; expected a folder"),
        (["EMPTY"], 1, "in no known layout"),
        (["DATA", "--layout", "caffe"], 1, "expected a folder in the layout of CaFFe"),
        (["DATA", "--glacier", "Jorum"], 2, "the glaciers are: Rink, Store"),
        (["DATA", "--figures", "-1"], 2, "figures is -1; expected 0 or more"),
        (["DATA", "--days", "-1"], 2, "days is -1; expected 0 or more"),
        (["DATA", "--engine", "magic"], 2, "engine is 'magic'; expected one of"),
        (["DATA", "--against", "a", "--against", "b"], 2, "only one network can be compared"),
        (["DATA", "--conditions", "none.csv"], 2, "check --conditions"),
        (["DATA", "--network", "none.h5"], 2, "none.h5: no such weights file"),
        (["DATA", "--output", "file"], 1, "cannot write"),
        (["DATA", "--settings", "none.toml"], 2, "cannot read the settings file"),
    ],
)
def test_bad_command_lines(data, arguments, status, text, capsys):
    Path("empty").mkdir()
    Path("file").touch()
    places = {"DATA": str(data), "EMPTY": "empty"}
    given = [places.get(word, word) for word in arguments]
    assert main(["validate", "--output", "out", *given]) == status
    captured = capsys.readouterr()
    assert text in captured.err
    assert len(captured.err.splitlines()) <= 2
    assert captured.out == ""


def test_an_unknown_layout_is_a_wrong_command_line(data):
    with pytest.raises(SystemExit, match="2"):
        main(["validate", str(data), "--output", "out", "--layout", "other"])


def test_nothing_measured(data, tmp_path, capsys):
    folder = tmp_path / "data"
    folder.mkdir()
    for end in ("", "_mask"):
        shutil.copy(data / f"{NAMES[0]}{end}.png", folder)
    (folder / f"{NAMES[0]}_mask.png").write_bytes(b"")
    Image.new("L", (288, 288), 9).save(folder / f"{NAMES[0]}_mask.png")
    assert main(["validate", str(folder), "--output", "out"]) == 1
    captured = capsys.readouterr()
    assert "values up to 9; expected 255" in captured.err
    assert "no image could be measured" in captured.err
    assert not Path("out/validation.html").exists()
