# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
# ---
# %% [markdown]
# # The published figures, drawn anew
# The sphere of the published experiment: a silica core of 20 um, a shell of 490 nm with n = 1.768, air outside.
# Every function takes modes and Axes and gives the Axes back, so a figure is composed as its page needs it.
# %%
import sys
from pathlib import Path

import numpy as np

import femwgm
from femwgm import views

config = Path(__file__).parents[1] / "configs" / "duan2022.yaml"
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("published_figures")
result = femwgm.run(
    femwgm.load_config(config, ["modes.window=[655 nm, 668 nm]", "modes.azimuthal_orders=[163]"])
)
run = views.run_view(result)
te, tm = run.find("TE163"), run.find("TM163")

# %% [markdown]
# ## Figure 4 d to g: the plane of the equator and a meridian plane, whole and magnified
# %%
with views.look():
    views.save(views.published_planes(te), folder / "planes.png", ("png", "pdf"))

# %% [markdown]
# ## Figure S10: the field along the radius, and how much of it leaks
# The published shares, 3.87 % and 1.42 %, are shares of the electric energy. Those of |E|^2 along the radius are others.
# %%
with views.look():
    views.save(views.published_radial(te, tm), folder / "radial.png", ("png", "pdf"))
print({name: f"{100 * share:.2f} %" for name, share in tm.shares("energy").items()})
print({name: f"{100 * share:.2f} %" for name, share in tm.shares("radial_e2").items()})

# %% [markdown]
# ## A figure of one's own: energy flow beside the field that carries it
# %%
with views.look():
    figure = views.new_figure(7.0, 2.6)
    left, right = figure.subplots(1, 2)
    views.meridian(te, left, show="flow")
    views.colour_bar(left, "flow")
    views.ring(te, right, show="H_r", zoom=True, pixels=500)
    views.colour_bar(right, "H_r")
    views.save(figure, folder / "flow.png")

# %% [markdown]
# ## The field itself
# `mode.field(r, z)` is exact to the degree of the elements, anywhere.
# %%
mode = result.modes.sel(pol="TM", l=163)[0]
r = np.array([10.49 - 1e-9, 10.49 + 1e-9])
inside, outside = np.abs(mode.field(r, 0.0 * r)[0])
print(f"E_r jumps by {outside / inside:.4f} at the surface; n^2 = {1.768**2:.4f}")

# %% [markdown]
# ## To ParaView
# %%
views.write_fields(run, folder)
print(sorted(path.name for path in folder.rglob("*.vtu")))
