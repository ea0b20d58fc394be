"""Read the PNG files of the data sets; errors name the file."""

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
"""Pillow's formats that are allowed, whatever a file's suffix; EPS, for one, runs programs."""
UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError)
"""Exceptions that Pillow raises for a file that is damaged or of another format."""
_ONE_AT_A_TIME = Lock()
"""Lock for opening rasters: that changes the warning filters, which threads share."""


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read the grey values of a PNG: its only channel, or its red channel.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (H, W) uint8

    Raises
    ------
    SceneError
        If the file is missing, truncated or not an image.
    """
    with _opened(path) as image:
        pixels = np.asarray(image)
    return np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 0], dtype=np.uint8)


def read_channels(path: Path) -> NDArray[np.float32]:
    """Read the three channels of an 8- or 16-bit PNG, as stored.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (H, W, 3) float32

    Raises
    ------
    SceneError
        If the file is missing, truncated, not an image, or does not have three channels.
    """
    # Pillow would reduce 16 bit to 8
    with _ONE_AT_A_TIME, open_dataset(str(path), str(path)) as dataset:
        if dataset.count != CHANNELS:
            raise SceneError(
                f"{path}: {dataset.count} channel{'s' if dataset.count > 1 else ''}; "
                f"expected {CHANNELS} (red, green, blue)"
            )
        require_readable(str(path), "the image", dataset.height, dataset.width)
        # GDAL fills the missing part of a truncated file with zeros
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
        If the file is not an image.
    """
    with _opened(path) as image:
        width, height = image.size
    return height, width


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image; turn any failure into an error of one sentence."""
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
        Folder of the data set, with the images in `images/`.
    layout : str
        Name of the data set, for the error.

    Returns
    -------
    list of Path

    Raises
    ------
    SceneError
        If there are no images.
    """
    paths = sorted((folder / "images").glob("*.png"))
    if not paths:
        raise SceneError(f"{folder}: no images/*.png; expected a folder in the layout of {layout}")
    return paths
