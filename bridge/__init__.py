"""The contract between pycalfin and programs that are not Python: MATLAB, Octave, others.

A client writes a request, runs `python -m pycalfin bridge REQUEST`, reads the answer, and finds
the fronts in fronts.h5. `README.md` in this folder describes every file.
"""

from __future__ import annotations

from pycalfin.products.schema import CONTRACT, EXCHANGE_FILE

__all__ = ["CONTRACT", "EXCHANGE_FILE"]
