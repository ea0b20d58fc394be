"""Reading the PNG files of the data sets, with errors that name the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pycalfin.errors import SceneError
from pycalfin.scene.raster import open_dataset, require_readable

CHANNELS = 3
FORMATS = ("PNG", "JPEG")
"""Of Pillow, whatever a file is called; others start programs (EPS) or are of no use here."""
UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError)
"""What Pillow raises for a file that is damaged or of another format."""
_ONE_AT_A_TIME = Lock()
"""Opening a raster sets warnings aside, which two threads must not do at once."""


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
    with _opened(path) as image:
        pixels = np.asarray(image)
    return np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 0], dtype=np.uint8)


def read_channels(path: Path) -> NDArray[np.float32]:
    """Read the three channels of a PNG of 8 or 16 bit, as stored.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (H, W, 3) float32

    Raises
    ------
    SceneError
        If the file is missing, truncated, no image, or has another number of channels.
    """
    # Pillow would cut 16 bit to 8
    with _ONE_AT_A_TIME, open_dataset(str(path), str(path)) as dataset:
        if dataset.count != CHANNELS:
            raise SceneError(
                f"{path}: {dataset.count} channel{'s' if dataset.count > 1 else ''}; "
                f"expected {CHANNELS} (red, green, blue)"
            )
        require_readable(str(path), "the image", dataset.height, dataset.width)
        # GDAL fills what a truncated file lacks with zeros
        _require_whole(path)
        try:
            pixels = dataset.read()
        except OSError as error:
            raise SceneError(f"{path}: not a readable PNG ({error}); fetch it again") from error
    return np.ascontiguousarray(np.moveaxis(pixels, 0, -1), np.float32)


def _require_whole(path: Path) -> None:
    with _opened(path) as image:
        image.load()


def size_of(path: Path) -> tuple[int, int]:
    """Read the height and width of a PNG from its header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (height, width)

    Raises
    ------
    SceneError
        If the file is no image.
    """
    with _opened(path) as image:
        width, height = image.size
    return height, width


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image, and put what goes wrong with it in one sentence."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            yield image
    except FileNotFoundError as error:
        raise SceneError(f"{path}: no such file; the data set is incomplete") from error
    except Image.DecompressionBombError as error:
        raise SceneError(f"{path}: larger than any image of a data set ({error})") from error
    except UNREADABLE as error:
        raise SceneError(f"{path}: not a readable PNG ({error}); fetch it again") from error


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
