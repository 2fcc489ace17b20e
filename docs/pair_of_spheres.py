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
from femwgm.views.fields.outlines import outlines
from femwgm.views.figures.style import intensity_map

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
    figure = views.new_figure(7.0, 3.9)
    axes = figure.subplots(1, 2, width_ratios=(0.52, 1.0))
    for ax, letter, (half, low, high) in zip(
        axes, "ab", ((25.0, -48.0, 48.0), (3.5, -2.2, 4.4)), strict=True
    ):
        r, z = np.linspace(-half, half, 420), np.linspace(low, high, int(420 * (high - low) / (2 * half)))
        value = intensity(r, z)
        image = ax.imshow(
            np.log10(np.maximum(value / value.max(), 1e-4)), origin="lower", extent=(-half, half, low, high),
            cmap=intensity_map(), aspect="equal", interpolation="bilinear",
        )  # fmt: skip
        for outline in outlines(result.config.geometry):
            for side in (1.0, -1.0):
                ax.plot(side * outline.r, outline.z, color="0.35", linewidth=0.5)
        ax.set(xlabel="$r$ / µm", ylabel="$z$ / µm", xlim=(-half, half), ylim=(low, high))
        ax.set_title(letter, loc="left", fontweight="bold")
    axes[0].indicate_inset_zoom(axes[1], edgecolor="0.2")
    bar = figure.colorbar(image, ax=axes[1], shrink=0.85, ticks=range(-4, 1))
    bar.set_label(r"$\log_{10}\;|\mathbf{E}|^2$ / max")
    figure.suptitle(f"{mode.pol} $l$ = {mode.l}, $m$ = {mode.m}, {mode.wavelength_nm:.3f} nm", fontsize=8.5)
    views.save(figure, folder / "pair.png")
