"""Vector files as others make them, written byte by byte where no library would."""

import json
import warnings

import numpy as np
import pyogrio
import shapely

SQUARE = shapely.box(0, 0, 1000, 2000)
DEGREES = shapely.box(-68, 77, -67, 78)


def write(path, geometries, fields=None, crs="EPSG:3413", **options):
    """Write a vector file of any format by its suffix."""
    fields = fields or {"Name": ["a"] * len(geometries)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            path,
            geometry=np.array([shapely.to_wkb(item) for item in geometries], object),
            field_data=[np.array(values, object) for values in fields.values()],
            fields=list(fields),
            geometry_type=options.pop("kind", "Polygon"),
            crs=crs,
            **options,
        )
    return path


def shapefile(path, names, encoding, cpg=None, language=None, field="Name"):
    """Write a shapefile whose text is in an encoding, whatever .cpg and .dbf say."""
    write(path, [SQUARE] * len(names), {field: names}, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    if language is not None:
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = language
        path.with_suffix(".dbf").write_bytes(table)
    return path


def collection(*geometries, name="Bræ", **members):
    """GeoJSON text of features."""
    features = [
        {"type": "Feature", "properties": {"Name": name}, "geometry": geometry}
        for geometry in geometries
    ]
    content = {"type": "FeatureCollection", **members, "features": features}
    return json.dumps(content, ensure_ascii=False)


def polygon(*rings):
    """GeoJSON geometry of rings, as they are."""
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring] for ring in rings]}


def crs(name="urn:ogc:def:crs:EPSG::3413"):
    """GeoJSON's member for a CRS."""
    return {"type": "name", "properties": {"name": name}}
