"""The registry: where a known file is looked for, and what is said if it is not there."""

import pytest

from pycalfin import network
from pycalfin.errors import WeightsError
from pycalfin.network import registry, weights


def test_registered_file_loads_by_name(registered):
    found = network.load("mine")
    assert (found.name, found.kind) == ("mine", "light")
    assert found.digest == registered.entry.sha256


def test_registered_file_with_another_hash_is_refused(registered):
    registered.change(sha256="0" * 64)
    with pytest.raises(WeightsError, match=r"SHA-256 is .* expected 000000000000.*; reinstall"):
        network.load("mine")


def test_registered_file_that_is_gone_asks_to_reinstall(registered):
    (registered.folder / "mine.h5").unlink()
    with pytest.raises(WeightsError, match=r"mine.h5: no such weights file; reinstall"):
        network.load("mine")


def test_a_file_without_a_known_hash_is_taken_as_it_is(registered):
    registered.change(sha256=None, size=None)
    path, entry = registry.locate("mine")
    assert registry.digest(path, entry) == registered.entry.sha256


@pytest.mark.usefixtures("registered")
def test_unknown_name_lists_the_known_ones():
    with pytest.raises(WeightsError, match="or one of: mine"):
        network.load("yours")


@pytest.mark.parametrize("text", ["{", "[]", '{"weights": [{"name": "mine"}]}'])
def test_damaged_registry_is_one_sentence(registered, text):
    (registered.folder / registry.REGISTRY).write_text(text)
    with pytest.raises(WeightsError, match=r"registry.json: not the registry"):
        network.load("mine")


def test_what_does_not_ship_is_found_in_the_cache(registered):
    registered.change(url="https://example.org/mine.h5")
    registry.cache().mkdir(parents=True)
    (registered.folder / "mine.h5").rename(registry.cache() / "mine.h5")
    assert registry.locate("mine")[0] == registry.cache() / "mine.h5"
    assert network.load("mine").digest == registered.entry.sha256


def test_the_shipped_file_comes_before_the_cache(registered):
    registry.cache().mkdir(parents=True)
    (registry.cache() / "mine.h5").write_bytes(b"another")
    assert registry.locate("mine")[0] == registered.folder / "mine.h5"


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"url": "https://example.org/mine.h5"}, r"get it with: pycalfin weights fetch mine$"),
        ({"source": "the paper"}, r"download mine.h5 by hand from the paper and put it into .*"),
    ],
)
def test_what_is_not_here_yet_says_how_to_get_it(registered, fields, remedy):
    registered.change(**fields)
    (registered.folder / "mine.h5").unlink()
    with pytest.raises(WeightsError, match=f"^mine: .* not on this machine; {remedy}"):
        registry.locate("mine")


def test_shipped_files_match_the_registry():
    shipped = [entry for entry in registry.entries().values() if entry.ships]
    assert [entry.name for entry in shipped] == ["light"]
    for entry in shipped:
        path, _ = registry.locate(entry.name)
        assert registry.digest(path, entry) == entry.sha256
        assert path.stat().st_size == entry.size < 15e6
        assert weights.kind_of(path) == entry.kind


@pytest.mark.parametrize("name", ["calfin-e17", "calfin-e65"])
def test_the_published_files_are_known_by_hand(name):
    entry = registry.entries()[name]
    assert (entry.kind, entry.url, entry.sha256) == ("calfin", None, None)
    with pytest.raises(WeightsError) as caught:
        registry.locate(name)
    text = str(caught.value)
    assert entry.file in text
    assert "10.5194/tc-15-1663-2021" in text
    assert "10.7280/D1FH5D" in text
    assert str(registry.cache()) in text
    assert "\n" not in text
