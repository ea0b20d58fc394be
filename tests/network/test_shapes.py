"""The table of names and shapes: that of the Keras models, and of the published files."""

from pycalfin.network import calfin, light, light_file, shapes
from pycalfin.network import calfin_file as layout
from pycalfin.network.engine import import_keras
from tests.network import published


def test_the_table_is_that_of_the_models():
    import_keras()
    models = {
        "light": light_file.variables(light.build()),
        "calfin": layout.named(calfin.build()),
    }
    for kind, variables in models.items():
        assert shapes.table(kind) == {name: tuple(v.shape) for name, v in variables.items()}


def test_the_table_is_that_of_the_published_files():
    manifest = {
        name.removesuffix(":0"): shape for _, items in published.layers() for name, shape in items
    }
    assert shapes.table("calfin") == manifest
    assert shapes.parameters(manifest) == calfin.PARAMETERS
