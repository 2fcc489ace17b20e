"""Spectra with known truth: lines of an exact sphere, some of them missing, with noise and with peaks that belong to no mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.experiment.spectrum.lines import Labels, label_range, solve
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

__all__ = ["Truth", "synthetic_spectrum"]


@dataclass(frozen=True)
class Truth:
    """A spectrum and what it was made of: (pol, l, q) of each peak, None for the spurious ones."""

    peaks: Peaks
    names: tuple[tuple[str, int, int] | None, ...]
    x: Array


def synthetic_spectrum(
    body: CoatedSphere, x: Array, window_um: tuple[float, float], rng: np.random.Generator, *,
    noise_nm: float = 0.005, missing: float = 0.2, spurious: int = 1, orders: Sequence[int] = (1,), width_nm: float = 0.157,
    polarized: bool = False, higher_seen: float = 0.3,
) -> Truth:  # fmt: skip
    """Peaks as a spectrometer would list them.

    Parameters
    ----------
    body, x
        The sphere and its true parameters.
    window_um
        Vacuum wavelengths recorded (um).
    rng
        Source of randomness.
    noise_nm
        Standard deviation of the positions (nm), stated with the peaks.
    missing
        Probability that a mode of radial order 1 is not seen.
    spurious
        Number of peaks of no mode, anywhere in the window.
    orders
        Radial orders present.
    width_nm
        Line width (nm).
    polarized
        Whether the polarizations are stated.
    higher_seen
        Probability that a mode of radial order 2 is seen; half for each further one.
    """
    labels: Labels = label_range(body.sphere(x), window_um, tuple(orders))
    lines = solve(body, x, labels)
    chance = np.where(labels.q <= 1, 1.0 - missing, higher_seen * 0.5 ** np.maximum(labels.q - 2.0, 0.0))
    seen = np.flatnonzero(rng.random(len(labels)) < chance)
    positions = lines.wavelength_nm[seen] + noise_nm * rng.standard_normal(seen.size)
    extra = 1e3 * rng.uniform(*window_um, size=spurious)
    names = [labels.name(i) for i in seen] + [None] * spurious
    order = np.argsort(np.concatenate([positions, extra]))
    pol = [n[0] if n is not None and polarized else "" for n in names]
    peaks = Peaks.of(np.concatenate([positions, extra]), width_nm=width_nm, error_nm=noise_nm, pol=pol)
    return Truth(peaks, tuple(names[i] for i in order), np.array(x))
