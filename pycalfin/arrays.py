"""Type aliases for the arrays that pycalfin uses."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
