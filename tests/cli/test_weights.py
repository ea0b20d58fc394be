"""`pycalfin weights`: what is printed, as a table and as JSON, and the exit status."""

import json

import pytest

from pycalfin import network
from pycalfin.cli import main
from pycalfin.errors import WeightsError
from pycalfin.network import registry
from pycalfin.resources import folder

LIGHT_SIZE = (folder("weights") / "light.h5").stat().st_size


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


def printed(capsys, *arguments, status=0):
    assert main(["weights", *arguments]) == status
    return capsys.readouterr()


def test_the_list_tells_where_everything_is(cache, capsys):
    out = printed(capsys, "list").out
    for text in ("light", "9.8 MB", "shipped", "calfin-e17", "not fetched", "Cheng et al. 2021"):
        assert text in out
    assert "pycalfin weights fetch NAME" in out
    assert out.endswith(f"The cache is {cache}\n")


def test_the_list_as_json(cache, capsys):
    found = json.loads(printed(capsys, "list", "--json").out)
    assert found["cache"] == str(cache)
    places = {item["name"]: (item["place"], item["size"]) for item in found["weights"]}
    assert places["light"] == ("shipped", LIGHT_SIZE)
    assert places["calfin-e65"] == (None, None)


def test_a_file_is_described(capsys):
    out = printed(capsys, "info", "light").out
    for text in ("known as    light\n", "4,542,419 in 177 layers", f"{LIGHT_SIZE:,} bytes"):
        assert text in out
    assert "held_out" in out.partition("Metadata in the file")[2]
    assert "calibrated  on 289 images: FrontLearning Kangerlussuaq" in out


def test_a_description_as_json(capsys):
    found = json.loads(printed(capsys, "info", "light", "--json").out)
    assert found["network"] == "light"
    assert found["compared"] is True
    assert found["metadata"]["outputs"] == "edge,ocean,ice,land"
    assert found["calibration"]["images"] == 289


def test_a_whole_file_is_ok(capsys):
    out = printed(capsys, "verify", "light").out
    assert out.startswith("OK: ")
    assert out.endswith("network light, 4,542,419 parameters; the registered 'light'\n")
    assert json.loads(printed(capsys, "verify", "light", "--json").out)["ok"] is True


def test_a_damaged_file_is_one_error_and_exits_1(tmp_path, capsys):
    path = tmp_path / "bad.h5"
    path.write_bytes(registry.locate("light")[0].read_bytes()[:10_000])
    said = printed(capsys, "verify", str(path), status=1)
    assert said.out == ""
    assert said.err.startswith(f"pycalfin: {path}: a truncated or damaged HDF5 file")
    assert said.err.count("\n") == 1
    said = printed(capsys, "verify", str(path), "--json", status=1)
    found = json.loads(said.out)
    assert found["ok"] is False
    assert f"pycalfin: {found['reason']}\n" == said.err


@pytest.mark.parametrize("action", ["info", "verify"])
def test_what_is_not_there_exits_1(action, capsys):
    said = printed(capsys, action, "nothing.h5", status=1)
    assert said.err.startswith("pycalfin: nothing.h5: no such weights file; ")


def test_fetching_what_is_there_prints_its_path(capsys):
    path = registry.locate("light")[0]
    assert printed(capsys, "fetch", "light").out == f"{path}\n"
    assert json.loads(printed(capsys, "fetch", "light", "--json").out)["file"] == str(path)


def test_fetching_the_published_files_says_what_to_do(cache, capsys):
    said = printed(capsys, "fetch", "calfin-e17", status=1)
    assert said.out == ""
    assert "10.5194/tc-15-1663-2021" in said.err
    assert f"put it into {cache}: --network calfin-e17 finds it there" in said.err
    assert said.err.count("\n") == 1


def test_another_network_under_a_published_name_is_refused(cache, capsys):
    cache.mkdir(parents=True)
    path = cache / registry.entries()["calfin-e17"].file
    path.write_bytes(registry.locate("light")[0].read_bytes())
    for arguments in (["weights", "fetch", "calfin-e17"], ["weights", "verify", "calfin-e17"]):
        assert main(arguments) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert "weights of 'light' under the name of 'calfin-e17'; download" in said.err
    with pytest.raises(WeightsError, match="weights of 'light' under the name of 'calfin-e17'"):
        network.load("calfin-e17")


@pytest.mark.parametrize("arguments", [[], ["fetch"], ["remove", "light"], ["list", "light"]])
def test_a_wrong_command_line_exits_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["weights", *arguments])
    assert stopped.value.code == 2


@pytest.mark.parametrize("action", ["list", "fetch", "info", "verify"])
def test_every_action_has_an_example(action, capsys):
    with pytest.raises(SystemExit):
        main(["weights", action, "--help"])
    out = capsys.readouterr().out
    assert f"example: pycalfin weights {action}" in out
    assert "--json" in out


@pytest.mark.parametrize(
    "arguments", [["--debug", "info", "nothing.h5"], ["info", "nothing.h5", "--debug"]]
)
def test_debug_is_taken_before_and_after_the_action(arguments, capsys):
    assert printed(capsys, *arguments, status=1).err.startswith("Traceback")
