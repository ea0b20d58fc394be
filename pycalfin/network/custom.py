"""Custom networks: a user's function that builds the network, and a file with its weights.

`module:function` names a function without arguments. It returns a `keras.Model` from
(n, H, W, 3) to logits (n, H, W, 4), for any H and W that are multiples of 32. Channels and outputs
are those of `light`. `module:function@FILE` adds the weights file. The file holds weights, never
code; pycalfin imports a module only if the user names it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pycalfin.errors import SettingsError, WeightsError
from pycalfin.files import replacing
from pycalfin.network import light
from pycalfin.network.h5file import opened, text_of

if TYPE_CHECKING:
    import keras

KIND = "pycalfin-custom"
"""Attribute `kind` of the weights file of a custom network."""
VERSION = 1
"""Version of the file layout."""
GROUP = "weights"
PROBE = (64, 96)
"""Pixels: height and width of the image on which a new network is tested."""
_NAME = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<function>[A-Za-z_]\w*)(?:@(?P<file>.+))?")


@dataclass(frozen=True)
class CustomNetwork:
    """A network that a user's function builds.

    Attributes
    ----------
    module, function : str
    file : Path or None
        The weights file.
    """

    module: str
    function: str
    file: Path | None = None

    @property
    def name(self) -> str:
        """Return `module:function`."""
        return f"{self.module}:{self.function}"


def parse(text: str | Path) -> CustomNetwork | None:
    """Parse `module:function` or `module:function@FILE`; return None for any other text.

    Examples
    --------
    >>> parse("nets.unet:build").function
    'build'
    >>> parse("light.h5") is None
    True
    """
    found = _NAME.fullmatch(str(text))
    if found is None:
        return None
    file = Path(found["file"]) if found["file"] else None
    return CustomNetwork(found["module"], found["function"], file)


def named(name_or_path: str | Path, path: Path, kind: str) -> CustomNetwork | None:
    """Return the custom network that the user named for a weights file; None for other kinds.

    Parameters
    ----------
    name_or_path : str or Path
        As the user gave it.
    path : Path
        The weights file.
    kind : str
        Kind of the weights file.

    Raises
    ------
    WeightsError
        If the file needs code and none was named, or code was named and the file needs none.
    """
    network = parse(name_or_path)
    if network is not None and kind != "custom":
        raise WeightsError(
            f"{path}: holds weights of {kind}; pass the file without {network.name}@"
        )
    if network is None and kind == "custom":
        with opened(path) as file:
            name = text_of(file.attrs.get("architecture", "module:function"))
        raise WeightsError(
            f"{path}: holds weights of {name}, whose code is not in the file; if you trust that "
            f"module, pass {name}@{path}"
        )
    return network


def build(network: CustomNetwork) -> keras.Model:
    """Import a user's module and build its network; call `import_keras` first.

    Parameters
    ----------
    network : CustomNetwork

    Returns
    -------
    keras.Model
        (n, H, W, 3) -> logits (n, H, W, 4).

    Raises
    ------
    SettingsError
        If the function is missing, fails, or returns something else.
    """
    made = _function(network)
    try:
        model = made()
    except Exception as error:
        raise SettingsError(
            f"{network.name}: the function failed ({type(error).__name__}: {error}); it is called "
            "without arguments"
        ) from error
    _check(network, model)
    return model


def with_probabilities(model: keras.Model) -> keras.Model:
    """Add the sigmoid and softmax that turn the logits of a network into probabilities."""
    import keras

    from pycalfin.network.keras_layers import KerasLayers

    channels = keras.Input(model.input_shape[1:], name="channels")
    return keras.Model(channels, KerasLayers().edge_and_zones(model(channels)))


def digest(network: CustomNetwork, weights: str) -> str:
    """Hash weights and module source together, as the network's identity in the ledger.

    Parameters
    ----------
    network : CustomNetwork
    weights : str
        SHA-256 of the weights file.

    Returns
    -------
    str
        SHA-256, hexadecimal. Modules imported by the module are not included.
    """
    module = sys.modules[_function(network).__module__]
    source = Path(module.__file__).read_bytes() if module.__file__ else b""
    return hashlib.sha256(f"{network.name}@{weights}\n".encode() + source).hexdigest()


def save(
    path: Path,
    model: keras.Model,
    network: CustomNetwork,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the weights of a network, in single precision and in the model's order.

    Parameters
    ----------
    path : Path
        Written under a temporary name first, then renamed.
    model : keras.Model
    network : CustomNetwork
        Its name is stored for information only.
    metadata : mapping of str to str, optional
        Stored as attributes.

    Raises
    ------
    WeightsError
        If a weight is not finite.
    OutputError
        If the file cannot be written.
    """
    import h5py

    values = [np.asarray(variable) for variable in model.weights]
    if not all(np.isfinite(value).all() for value in values):
        raise WeightsError(
            f"{path}: not written, weights are not finite; train again with a lower learning rate"
        )
    with replacing(path) as part, h5py.File(part, "w", track_order=True) as file:
        file.attrs.update(
            {
                **(metadata or {}),
                "kind": KIND,
                "version": VERSION,
                "architecture": network.name,
                "channels": ",".join(light.CHANNELS),
                "outputs": ",".join(light.OUTPUTS),
            }
        )
        group = file.create_group(GROUP, track_order=True)
        for number, (variable, value) in enumerate(zip(model.weights, values, strict=True)):
            stored = group.create_dataset(f"{number:05d}", data=value)
            stored.attrs["path"] = variable.path


def load(path: Path, model: keras.Model) -> None:
    """Set the weights of a model from a file that `save` wrote.

    Parameters
    ----------
    path : Path
    model : keras.Model
        Built by the same function.

    Raises
    ------
    WeightsError
        If the file has another kind or version, or its weights do not fit the model.
    """
    with opened(path) as file:
        kind, version = file.attrs.get("kind", ""), int(file.attrs.get("version", 0))
        if kind != KIND or version != VERSION:
            raise WeightsError(
                f"{path}: kind {kind!r}, version {version}; expected {KIND!r}, version {VERSION}: "
                "pass a file that was trained with --network module:function"
            )
        stored = [file[GROUP][name][()] for name in sorted(file[GROUP])]
        trained = str(file.attrs.get("architecture", "another function"))
    shapes = [tuple(variable.shape) for variable in model.weights]
    found = [value.shape for value in stored]
    if shapes != found:
        differing = sum(one != other for one, other in zip(shapes, found, strict=False))
        raise WeightsError(
            f"{path}: holds {len(found)} weights of {trained}; the network has {len(shapes)}"
            f"{f', and {differing} differ in shape' if differing else ''}; pass the "
            "function that it was trained with"
        )
    if not all(np.isfinite(value).all() for value in stored):
        raise WeightsError(f"{path}: damaged, weights are not finite; train again")
    for variable, value in zip(model.weights, stored, strict=True):
        variable.assign(value)


@contextmanager
def _working_folder_first() -> Iterator[None]:
    """Put the working folder on the import path; installed programs do not search it."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _function(network: CustomNetwork) -> Any:
    try:
        with _working_folder_first():
            module = import_module(network.module)
    except Exception as error:
        raise SettingsError(
            f"{network.name}: cannot import {network.module} ({type(error).__name__}: {error}); "
            "it must lie in the working folder or be installed"
        ) from error
    function = getattr(module, network.function, None)
    if not callable(function):
        raise SettingsError(f"{network.name}: {module.__file__} has no function {network.function}")
    return function


def _check(network: CustomNetwork, model: Any) -> None:
    import keras

    expected = (
        f"expected a keras.Model from (n, H, W, {len(light.CHANNELS)}) to logits "
        f"(n, H, W, {len(light.OUTPUTS)}) for any H and W"
    )
    if not isinstance(model, keras.Model):
        raise SettingsError(f"{network.name}: returns a {type(model).__name__}; {expected}")
    shapes = model.input_shape, model.output_shape
    wanted = (None, None, None, len(light.CHANNELS))
    if shapes[0] != wanted or not isinstance(shapes[1], tuple):
        raise SettingsError(f"{network.name}: takes {shapes[0]}; {expected}")
    try:
        out = np.shape(model(np.zeros((1, *PROBE, len(light.CHANNELS)), np.float32)))
    except Exception as error:
        raise SettingsError(
            f"{network.name}: fails on an image of {PROBE[0]} x {PROBE[1]} pixels ({error})"
        ) from error
    if out != (1, *PROBE, len(light.OUTPUTS)):
        raise SettingsError(
            f"{network.name}: returns {out} for (1, {PROBE[0]}, {PROBE[1]}, 3); {expected}"
        )
