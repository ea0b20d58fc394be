"""The interface between pycalfin and programs in other languages, such as MATLAB and Octave.

A client writes a request, runs `python -m pycalfin bridge REQUEST`, and reads the answer and
fronts.h5. `README.md` in this folder describes all files.
"""

from __future__ import annotations

from pycalfin.products.schema import CONTRACT, EXCHANGE_FILE

__all__ = ["CONTRACT", "EXCHANGE_FILE"]
