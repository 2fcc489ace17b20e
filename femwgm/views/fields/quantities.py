"""What can be painted: |E|^2, energies, the momentary value of each component, the energy flow; with its label and unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.typing import Array
from femwgm.views.fields.patches import Patches

Angle = float | Array


@dataclass(frozen=True)
class Wave:
    """How a mode is shown: running round the axis, or standing.

    Attributes
    ----------
    phase
        omega t (rad).
    standing
        The sum of the modes +m and -m over 2 instead of +m alone.
    """

    phase: float = 0.0
    standing: bool = False


@dataclass(frozen=True)
class Quantity:
    """Something to paint.

    Attributes
    ----------
    name
        As typed.
    label
        For axes and scalar bars, in matplotlib's mathematics.
    plain
        The same in plain characters.
    unit
        Unit, empty for fields in their own normalisation.
    signed
        Whether it takes both signs: a diverging scale, and lobes around the ring.
    """

    name: str
    label: str
    plain: str
    unit: str
    signed: bool
    _values: Callable[[Patches, Angle, Wave], Array]

    def __call__(self, patches: Patches, phi: Angle = 0.0, wave: Wave | None = None) -> Array:
        """Real values at the points of the patches, at azimuth phi (rad) that broadcasts with them."""
        return np.asarray(self._values(patches, phi, wave or Wave()))


def amplitude(what: Quantity, patches: Patches, wave: Wave) -> Array:
    """Largest modulus of a signed quantity at each point while the wave turns by a lobe."""
    even = what(patches, 0.0, wave)
    if what.name == "flow" or not patches.m:
        return np.abs(even)
    return np.hypot(even, what(patches, np.pi / (2.0 * patches.m), wave))


def energy_density(patches: Patches) -> Array:
    """Re(eps) |E|^2 over its integral: the share of the electric energy in a volume (1/um^3), for the travelling wave."""
    density = _electric(patches)
    total = sum(v for name, v in patches.integrals(density).items() if name != "pml")
    return np.asarray(density / total)


def _electric(patches: Patches) -> Array:
    e2 = np.abs(patches.E) ** 2
    density = patches.permittivity().real * e2.sum(axis=0)
    axis = next((m.axis for m in patches.media.values() if m.axis is not None), None)
    if axis is not None:
        along = patches.E[2] if axis == "z" else _spherical(patches.E, patches)[0]
        density = density + (patches.permittivity("axial") - patches.permittivity()).real * np.abs(along) ** 2
    return np.asarray(density)


def rotated(patches: Patches, field: str, phi: Angle, wave: Wave) -> Array:
    """Complex cylindrical components of E or H at azimuth phi and phase omega t."""
    values = patches.E if field == "E" else patches.H
    time = np.exp(-1j * wave.phase)
    angle = np.asarray(patches.m * np.asarray(phi))
    if not wave.standing:
        return np.asarray(values * np.exp(1j * angle) * time)
    # E_phi of the mode -m has the other sign; of H it is H_r and H_z that have.
    even, odd = np.cos(angle) * time, 1j * np.sin(angle) * time
    r, azimuthal, z = values
    if field == "E":
        return np.stack([r * even, azimuthal * odd, z * even])
    return np.stack([r * odd, azimuthal * even, z * odd])


def _spherical(values: Array, patches: Patches) -> Array:
    rho = np.hypot(patches.r, patches.z)
    sine, cosine = patches.r / rho, patches.z / rho
    return np.stack([values[0] * sine + values[2] * cosine, values[0] * cosine - values[2] * sine, values[1]])


def _cartesian(values: Array, phi: Angle) -> Array:
    return np.stack(
        [
            values[0] * np.cos(phi) - values[1] * np.sin(phi),
            values[0] * np.sin(phi) + values[1] * np.cos(phi),
            values[2],
        ]
    )


def _component(field: str, name: str) -> Callable[[Patches, Angle, Wave], Array]:
    def values(patches: Patches, phi: Angle, wave: Wave) -> Array:
        F = rotated(patches, field, phi, wave)
        if name in ("x", "y"):
            F = _cartesian(F, phi)[("x", "y").index(name)]
        elif name in ("rho", "theta"):
            F = _spherical(F, patches)[("rho", "theta").index(name)]
        else:
            F = F[("r", "phi", "z").index(name)]
        return np.asarray(F.real)

    return values


def _intensity(field: str) -> Callable[[Patches, Angle, Wave], Array]:
    def values(patches: Patches, phi: Angle, wave: Wave) -> Array:
        # Averaged over a period; the travelling wave's is the same all round.
        F = (
            rotated(patches, field, phi, wave)
            if wave.standing
            else (patches.E if field == "E" else patches.H)
        )
        return np.asarray((np.abs(F) ** 2).sum(axis=0) + 0.0 * np.asarray(phi))

    return values


def _energy(patches: Patches, phi: Angle, wave: Wave) -> Array:
    if not wave.standing:
        return np.asarray(energy_density(patches) + 0.0 * np.asarray(phi))
    E = rotated(patches, "E", phi, wave)
    ratio = (np.abs(E) ** 2).sum(axis=0) / np.maximum((np.abs(patches.E) ** 2).sum(axis=0), 1e-300)
    return np.asarray(energy_density(patches) * ratio)


def _flow(patches: Patches, phi: Angle, wave: Wave) -> Array:
    """Azimuthal energy flow Re(E x H*)_phi / 2 in the unit of |E|^2."""
    E, H = patches.E, patches.H
    flow = 0.5 * (E[2] * np.conj(H[0]) - E[0] * np.conj(H[2])).real
    return np.asarray((0.0 if wave.standing else 1.0) * flow + 0.0 * np.asarray(phi))


_GREEK = {"phi": (r"\varphi", "φ"), "theta": (r"\theta", "θ"), "rho": (r"\rho", "ρ")}


def _all() -> dict[str, Quantity]:
    found = {
        "E2": Quantity("E2", r"$|\mathbf{E}|^2$", "|E|²", "", False, _intensity("E")),
        "H2": Quantity("H2", r"$|\mathbf{H}|^2$", "|H|²", "", False, _intensity("H")),
        "energy": Quantity("energy", "energy density", "electric energy density", "1/µm³", False, _energy),
        "flow": Quantity("flow", r"$S_\varphi$", "energy flow S_φ", "", True, _flow),
    }
    for field in "EH":
        for name in ("r", "phi", "z", "x", "y", "rho", "theta"):
            tex, sign = _GREEK.get(name, (name, name))
            key = f"{field}_{name}"
            found[key] = Quantity(
                key,
                rf"$\mathrm{{Re}}\,{field}_{{{tex}}}$",
                f"Re {field}_{sign}",
                "",
                True,
                _component(field, name),
            )
    return found


QUANTITIES: dict[str, Quantity] = _all()
"""Every quantity by name: E2, H2, energy, flow, and E_ or H_ with r, phi, z, x, y, rho (along the sphere's radius), theta."""
_ALIASES = {
    "|e|^2": "E2",
    "|e|²": "E2",
    "e^2": "E2",
    "intensity": "E2",
    "|h|^2": "H2",
    "energy density": "energy",
}


def quantity(name: str | Quantity) -> Quantity:
    """The quantity of a name, forgiving about case and "Re".

    >>> quantity("Re E_phi").plain, quantity("|E|^2").name
    ('Re E_φ', 'E2')

    Raises
    ------
    OutputError
        If there is none; the message lists them.
    """
    if isinstance(name, Quantity):
        return name
    key = name.strip().lower().removeprefix("re ").strip()
    key = _ALIASES.get(key, key)
    for known, found in QUANTITIES.items():
        if known.lower() == key.lower() or known.replace("_", "").lower() == key.lower():
            return found
    raise OutputError(f"there is no quantity '{name}'; choose one of {', '.join(QUANTITIES)}")


def main_component(patches: Patches) -> str:
    """The component of E that carries most of the mode where it peaks: "E_z" for TE, mostly "E_r" for TM at the equator."""
    weight = (np.abs(patches.E) ** 2 * patches.weights).sum(axis=(1, 2, 3))
    return ("E_r", "E_phi", "E_z")[int(np.argmax(weight))]
