"""Targets that share a domain: those of one family, and small families that are much alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from femwgm.finders.family_targets import Target


def by_family(targets: Sequence[Target]) -> list[list[Target]]:
    """Targets that share a domain: the same family, orders within a factor of two."""
    found: dict[tuple[str, int, int, int], list[Target]] = {}
    for target in sorted(targets, key=lambda t: t.expected.m):
        e = target.expected
        found.setdefault((e.pol, e.q, e.p, (e.m + 1).bit_length()), []).append(target)
    return list(found.values())


def outermost(group: Sequence[Target]) -> list[Target]:
    """The targets of lowest and highest order and wavenumber of each family: no other reaches further."""
    return list({
        id(t): t
        for family in by_family(group)
        for key in (_order, _wavenumber)
        for t in (min(family, key=key), max(family, key=key))
    }.values())  # fmt: skip


def _order(target: Target) -> float:
    return float(target.expected.m)


def _wavenumber(target: Target) -> float:
    return target.expected.k0.real


def sharing_a_domain(
    families: Sequence[list[Target]], tolerance: Callable[[Sequence[Target]], float]
) -> Iterator[list[Target]]:
    """Families of a mode or two whose orders and tolerances are close: one domain for all costs less than one for each."""
    group: list[Target] = []
    for family in sorted(families, key=lambda f: (len(f) > _FEW, f[0].expected.m)):
        both = [*group, *family]
        orders, sharpest = [t.expected.m for t in both], [tolerance(part) for part in (group, family) if part]
        near = max(orders) <= _NEAR * min(orders) and max(sharpest) <= _ALIKE * min(sharpest)
        if group and (not near or len(family) > _FEW):
            yield group
            both = family
        group = both
    if group:
        yield group


_FEW, _NEAR, _ALIKE = 2, 1.2, 10.0
"""Modes in a family, ratio of orders and ratio of tolerances up to which families share a domain."""
