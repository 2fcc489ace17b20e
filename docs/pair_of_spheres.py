# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
# ---
# %% [markdown]
# # Two coated spheres that touch
# Silica spheres of 48 and 44 um with shells of 490 nm: supermodes around 663 nm that run over the poles, through the contact.
# %%
import sys
from pathlib import Path

import numpy as np

import femwgm
from femwgm import views

config = Path(__file__).parents[1] / "configs" / "pair-48-44.yaml"
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("pair_of_spheres")
Q = 4200.0
result = femwgm.run(femwgm.load_config(config, ["modes.azimuthal_orders=[0]"]))

# %% [markdown]
# ## Which lines are shared, what gain in both shells they need at Q = 4200, and coupled-mode theory beside the solve
# %%
for mode in result.modes:
    e = mode.extra
    print(
        f"{mode.pol} l={mode.l} m={mode.m}: {mode.wavelength_nm:.6f} nm +- {mode.wavelength_error:.0e}, Q = {mode.q_rad:.2e}, "
        f"lower {e['share_lower']:.3f} upper {e['share_upper']:.3f} shells {e['shell_share']:.3f}, "
        f"n'' = {e['threshold_n2_times_q'] / Q:.3e}, {e['threshold_per_cm_times_q'] / Q:.1f} / cm, "
        + (
            ""
            if e["cmt_error"] is None
            else f"coupled modes {e['cmt_wavelength_nm']:.4f} nm ({e['cmt_error']:+.1e})"
        )
    )

# %% [markdown]
# ## The supermode whose energy the spheres share most evenly
# %%
mode = max(result.modes, key=lambda one: min(one.extra["share_lower"], one.extra["share_upper"]))


def intensity(r: np.ndarray, z: np.ndarray) -> np.ndarray:
    """|E|^2 over its maximum on the grid z x r, both sides of the axis."""
    R, Z = np.meshgrid(r, z)
    E = mode.field(np.abs(R), Z)
    value = (np.abs(E) ** 2).sum(axis=0)
    return np.where(np.isfinite(value), value, 0.0)


with views.look():
    figure = views.new_figure(7.0, 4.2)
    for ax, (half, low, high) in zip(
        figure.subplots(1, 2), ((26.0, -48.5, 48.5), (4.0, -2.5, 4.5)), strict=True
    ):
        shape = (600, 1100) if half > 10 else (500, 440)
        r, z = np.linspace(-half, half, shape[0]), np.linspace(low, high, shape[1])
        value = intensity(r, z)
        ax.imshow(
            np.log10(np.maximum(value / value.max(), 1e-4)), origin="lower", extent=(-half, half, low, high), cmap="magma",
            aspect="equal",
        )  # fmt: skip
        ax.set_xlabel("r (um)")
        ax.set_ylabel("z (um)")
        ax.set_title("whole" if half > 10 else "at the contact")
    figure.suptitle(f"{mode.pol} l = {mode.l}, m = {mode.m}, {mode.wavelength_nm:.3f} nm: log10 |E|^2")
    views.save(figure, folder / "pair.png")
