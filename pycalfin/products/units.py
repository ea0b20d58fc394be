"""Round lengths for scale bars."""

from __future__ import annotations

import math


def nice_length(longest: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that does not exceed `longest`.

    Examples
    --------
    >>> nice_length(3400.0)
    2000.0
    """
    power = 10.0 ** math.floor(math.log10(longest))
    return float(max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9)))


def length_label(metres: float) -> str:
    """Format a round length in m or km."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
