"""Exceptions of femwgm: one base, one exit status each, one clear line for whoever reads it.

Examples
--------
>>> str(ConfigError("must be positive", file="a.yaml", key="geometry.layers.0.thickness", value="-1 nm",
...                 remedy="give the thickness as a positive length, e.g. '490 nm'"))
"a.yaml: geometry.layers.0.thickness = '-1 nm': must be positive; give the thickness as a positive length, e.g. '490 nm'"
"""

from __future__ import annotations


class FemwgmError(Exception):
    r"""Base of every error that femwgm raises on purpose; its text is one printable line, whatever it quotes.

    >>> print(FemwgmError("no such key: a\nb"))
    no such key: a\nb
    """

    exit_code: int = 1

    def __str__(self) -> str:
        text = super().__str__()
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class ConfigError(FemwgmError):
    """A configuration that cannot be used.

    Parameters
    ----------
    rule
        What the value must satisfy.
    file, key, value
        Where it stands and what was found there; any of them may be unknown.
    remedy
        What to write instead.
    """

    exit_code = 2

    def __init__(
        self,
        rule: str,
        *,
        file: object = None,
        key: str | None = None,
        value: object = None,
        remedy: str | None = None,
    ) -> None:
        self.rule, self.file, self.key, self.value, self.remedy = rule, file, key, value, remedy
        where = [str(file)] if file is not None else []
        if key is not None:
            where.append(key if value is None else f"{key} = {value!r}")
        line = ": ".join([*where, rule])
        super().__init__(f"{line}; {remedy}" if remedy else line)


class GeometryError(FemwgmError):
    """A shape that is not a body of revolution femwgm can mesh."""

    exit_code = 2


class MaterialError(FemwgmError):
    """An index that is undefined where it is asked for (outside its validity range, say)."""

    exit_code = 2


class MeshError(FemwgmError):
    """A mesh that cannot be built or read."""

    exit_code = 2


class OutputError(FemwgmError):
    """A result that cannot be written or read."""

    exit_code = 2


class MissingExtraError(FemwgmError):
    """An optional package or system library that a requested feature needs."""

    exit_code = 2


class SolveError(FemwgmError):
    """An eigen-solve that did not converge."""

    exit_code = 3


class AccuracyError(SolveError):
    """A result that misses the accuracy that was asked for; the best values are kept and marked."""
