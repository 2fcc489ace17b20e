"""`python -m femwgm`: the command line."""

from __future__ import annotations

from femwgm.cli import main

if __name__ == "__main__":
    main()
