"""``python -m imbsuite``: the command line."""

import sys

from imbsuite.cli import main

if __name__ == "__main__":
    sys.exit(main())
