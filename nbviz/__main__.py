"""``python -m nbviz``: see `nbviz.command`."""

import sys

from nbviz.command import main

if __name__ == "__main__":
    sys.exit(main())
