"""Run the command line: `python -m pycalfin`."""

import sys

from pycalfin.cli import main

if __name__ == "__main__":
    sys.exit(main())
