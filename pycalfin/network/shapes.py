"""The table of what a weights file of each network holds: names and shapes.

`weights/shapes.json` is written from the Keras models (`python -m pycalfin.network.shapes`), so
that a file can be checked in a second, where neither TensorFlow nor a converted network is at hand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from pycalfin import resources
from pycalfin.errors import WeightsError

TABLE = "shapes.json"


def table(kind: str) -> dict[str, tuple[int, ...]]:
    """List what a weights file holds.

    Parameters
    ----------
    kind : {'light', 'calfin'}

    Returns
    -------
    dict of str to tuple of int
        Shapes by name, `<layer>/<weight>`, in the order of the network.

    Raises
    ------
    WeightsError
        If the table is missing or damaged.

    Examples
    --------
    >>> parameters(table("calfin"))
    29458201
    """
    path = resources.folder("weights") / TABLE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))[kind]
        return {name: tuple(shape) for name, shape in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path}: not the table of the networks' weights ({error}); reinstall pycalfin"
        ) from error


def parameters(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Count the numbers in arrays of these shapes."""
    return sum(math.prod(shape) for shape in shapes.values())


def built() -> dict[str, dict[str, tuple[int, ...]]]:
    """Make the tables of all networks anew, from their Keras models."""
    from pycalfin.network import calfin, light, published, weights
    from pycalfin.network.engine import import_keras

    import_keras()
    variables = {
        "light": weights.variables(light.build()),
        "calfin": published.named(calfin.build()),
    }
    return {
        kind: {name: tuple(variable.shape) for name, variable in found.items()}
        for kind, found in variables.items()
    }


def write(path: Path) -> None:
    """Write the tables of all networks, a line for each weight."""
    kinds = []
    for kind, shapes in built().items():
        rows = [f"    {json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items()]
        kinds.append(f"  {json.dumps(kind)}: {{\n" + ",\n".join(rows) + "\n  }")
    path.write_text("{\n" + ",\n".join(kinds) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write(resources.folder("weights") / TABLE)
