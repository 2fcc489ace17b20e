"""Modules that are loaded when something of theirs is used, not when another package lists them."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec

NUMPY_ASIDE = ("numpy.f2py", "numpy.testing", "numpy.ma", "numpy.random")
"""What SciPy loads by copying NumPy's names, a third of the start of `femwgm check`, and what seldom needs it."""


def postpone(*names: str) -> None:
    """Load each module at the first use of one of its attributes; one that is loaded already stays as it is.

    >>> postpone("numpy.testing")
    >>> import numpy as np
    >>> np.testing.assert_equal(1, 1)
    """
    for name in names:
        spec = None if name in sys.modules else find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = LazyLoader(spec.loader)
        sys.modules[name] = module = module_from_spec(spec)
        parent, _, own = name.rpartition(".")
        setattr(import_module(parent), own, module)
        spec.loader.exec_module(module)
