"""Spectra as a spectrometer records them, made without any of femwgm: a band, lines smeared by convolution, photons, mishaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recording:
    """Wavelengths (nm), counts, and the places of what was done to them."""

    wavelength_nm: np.ndarray
    counts: np.ndarray
    cosmic: list[int]
    clipped: list[int]

    def text(self, header: str = "Wavelength (nm),Counts", separator: str = ",") -> str:
        """As a file."""
        rows = [f"{x:.4f}{separator}{y:.0f}" for x, y in zip(self.wavelength_nm, self.counts, strict=True)]
        return "\n".join([header, *rows]) + "\n"


def recording(
    centres: list[float], widths: list[float], heights: list[float], rng: np.random.Generator, *, cosmic: int = 0,
    span: tuple[float, float] = (640.0, 672.0), step: float = 0.02, resolution: float = 0.05, dark: float = 400.0,
    band: float = 300.0, clip: float | None = None, photons_per_count: float = 1.0,
) -> Recording:  # fmt: skip
    """Counts of Lorentz lines (full widths in nm, heights before the instrument) seen through a Gauss response.

    The convolution is a sum over a grid forty times finer than the response.
    """
    x = np.arange(span[0], span[1], step)
    level = dark + band * np.exp(-4.0 * np.log(2.0) * ((x - 655.0) / 18.0) ** 2)
    offsets = np.linspace(-2.5, 2.5, 201) * resolution
    weights = np.exp(-4.0 * np.log(2.0) * (offsets / resolution) ** 2) if resolution else np.ones(1)
    offsets = offsets if resolution else np.zeros(1)
    weights /= weights.sum()
    for centre, width, height in zip(centres, widths, heights, strict=True):
        for offset, weight in zip(offsets, weights, strict=True):
            level += weight * height / (1.0 + (2.0 * (x - centre - offset) / width) ** 2)
    counts = rng.poisson(level * photons_per_count) / photons_per_count
    struck: list[int] = []
    for _ in range(cosmic):
        i = int(rng.integers(5, x.size - 5))
        counts[i] += rng.uniform(400.0, 4000.0)
        struck.append(i)
    clipped = np.flatnonzero(counts >= clip).tolist() if clip is not None else []
    return Recording(x, counts if clip is None else np.minimum(counts, clip), struck, clipped)
