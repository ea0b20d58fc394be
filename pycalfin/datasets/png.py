"""Reading the PNG files of the data sets, with errors that name the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pycalfin.errors import SceneError


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read the grey values of a PNG: its only channel, or the red one.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (H, W) uint8

    Raises
    ------
    SceneError
        If the file is missing, truncated or no image.
    """
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image)
    except FileNotFoundError as error:
        raise SceneError(f"{path}: no such file; the data set is incomplete") from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise SceneError(f"{path}: not a readable PNG ({error}); fetch it again") from error
    return np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 0], dtype=np.uint8)


def images_in(folder: Path, layout: str) -> list[Path]:
    """List the images of a data set in a fixed order.

    Parameters
    ----------
    folder : Path
        The data set's folder; the images lie in its `images/`.
    layout : str
        The data set's name, for the error.

    Returns
    -------
    list of Path

    Raises
    ------
    SceneError
        If there are none.
    """
    paths = sorted((folder / "images").glob("*.png"))
    if not paths:
        raise SceneError(f"{folder}: no images/*.png; expected a folder in the layout of {layout}")
    return paths
