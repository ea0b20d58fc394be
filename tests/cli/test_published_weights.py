"""`run --network FILE.h5` with a file in CALFIN's published layout, from the file to run.json."""

from __future__ import annotations

import json

import pytest

from pycalfin.cli import main
from tests.network import published


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "cfm_weights.h5"
    published.write(path, published.random_weights())
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "fast"), [("openvino", False), ("tensorflow", True)])
def test_the_published_file_runs(weights, painted_scene, tmp_path, capsys, engine, fast):
    scene = painted_scene.path
    (tmp_path / "s.toml").write_text(
        f'fast = {str(fast).lower()}\nengine = "{engine}"\ncalfin_balance = 1.0\n'
        "calfin_confidence = 0.0\n"
    )
    arguments = ["run", str(scene), "--network", str(weights), "--output", str(tmp_path / "out")]
    arguments += ["--domain", str(scene.with_name("domains.geojson"))]
    assert main([*arguments, "--settings", str(tmp_path / "s.toml")]) == 0
    capsys.readouterr()
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    looked = [pair for pair in record["pairs"] if pair["status"] in ("done", "no_front")]
    assert len(looked) == 1
    assert looked[0]["reason"] or looked[0]["fronts"]


def test_a_preset_that_does_not_fit_is_a_wrong_setting(weights, painted_scene, tmp_path, capsys):
    arguments = ["run", str(painted_scene.path), "--network", str(weights), "--preset", "light"]
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 2
    assert "preset is 'light', but" in capsys.readouterr().err
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_damaged_file_is_one_sentence(weights, painted_scene, tmp_path, capsys):
    bad = tmp_path / "bad.h5"
    bad.write_bytes(weights.read_bytes()[:100_000])
    arguments = ["run", str(painted_scene.path), "--network", str(bad)]
    code = main([*arguments, "--output", str(tmp_path / "out")])
    assert code == 2
    said = capsys.readouterr().err.strip()
    assert "bad.h5: a truncated or damaged HDF5 file" in said
    assert len(said.splitlines()) == 1
