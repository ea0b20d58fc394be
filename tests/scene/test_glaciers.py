"""A list of glaciers."""

from __future__ import annotations

import json

import pytest

from pycalfin.errors import DomainError
from pycalfin.scene.glaciers import read_glaciers


def listed(path, *features: tuple[dict, list[float] | None]):
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": fields,
                "geometry": xy and {"type": "Point", "coordinates": xy},
            }
            for fields, xy in features
        ],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_points_with_names_and_attributes(tmp_path) -> None:
    path = listed(
        tmp_path / "g.geojson",
        ({"Name": "Harald Moltke Bræ", "GlacierID": 7}, [-67.6, 76.6]),
        ({"Name": "", "GlacierID": 8}, [-60.0, 76.0]),
        ({"Name": "nowhere", "GlacierID": 9}, None),
    )
    (glacier,) = read_glaciers(path)
    assert (glacier.name, glacier.crs) == ("Harald_Moltke_Bræ", "EPSG:4326")
    assert glacier.attributes == {"Name": "Harald Moltke Bræ", "GlacierID": 7}
    assert glacier.geometry.coords[0] == (-67.6, 76.6)


def test_a_field_of_one_s_own(tmp_path) -> None:
    path = listed(tmp_path / "g.geojson", ({"Name": "a", "Official": "b"}, [-67.6, 76.6]))
    assert read_glaciers(path, name_field="Official")[0].name == "b"
    with pytest.raises(DomainError, match="its fields are Name, Official"):
        read_glaciers(path, name_field="Offical")


def test_a_list_without_names_is_refused(tmp_path) -> None:
    path = listed(tmp_path / "g.geojson", ({"title": "a"}, [-67.6, 76.6]))
    with pytest.raises(DomainError, match=r"none of its 1 features .* RefName.* --domain-name"):
        read_glaciers(path)


def test_a_list_that_is_not_there(tmp_path) -> None:
    with pytest.raises(DomainError, match=r"no such file; check --glaciers"):
        read_glaciers(tmp_path / "g.geojson")
