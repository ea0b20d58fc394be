"""Draw the picture of synthetic training images in docs/training.md.

python docs/synthetic_picture.py PICTURE.png
"""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from pycalfin.datasets import synthetic

COLUMNS, SEED, BAYS = 6, 2, 0.45
"""Images of a row, the seed of all of them, and the share of bays."""


def draw(output: str) -> None:
    """Draw optical images above SAR images, known fronts in red."""
    mpl.use("Agg")
    figure, axes = plt.subplots(2, COLUMNS, figsize=(12, 4.1), layout="constrained")
    images = list(synthetic.iterate(2 * COLUMNS, SEED, BAYS))
    for row, kind in enumerate(("optical", "sar")):
        same = [image for image in images if image.sensor == kind]
        for axis, image in zip(axes[row], same, strict=True):
            low, high = np.percentile(image.image, [1, 99])
            axis.imshow(image.image, cmap="gray", vmin=low, vmax=high)
            axis.contour(image.front, [0.5], colors="#ff3b30", linewidths=1.0)
            axis.set(xticks=[], yticks=[])
        axes[row, 0].set_ylabel("optical" if kind == "optical" else "SAR", fontsize=12)
    figure.savefig(output, dpi=75)


if __name__ == "__main__":
    draw(sys.argv[1])
