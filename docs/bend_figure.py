"""The figure of docs/bends.md: loss of the ring of configs/ring-meep.yaml as a bend, against Bessel functions."""

import sys
from pathlib import Path

import mpmath as mp
import numpy as np

from femwgm import load_config
from femwgm.experiment.bends.bend import bends
from femwgm.views.figures.style import ACCENT, COLUMN, GREY, look, new_figure, save

ROOT = Path(__file__).parents[1]


def mismatch(nu, k, n=3.4, a=1.0, b=2.0):
    """Continuity of E_z and its slope at both radii: zero at an order of the ring."""
    J, Y, H = mp.besselj, mp.bessely, mp.hankel1
    slope = lambda f, x: mp.diff(lambda t: f(nu, t), x)  # noqa: E731
    rows = [
        [J(nu, k * a), -J(nu, n * k * a), -Y(nu, n * k * a), 0],
        [slope(J, k * a), -n * slope(J, n * k * a), -n * slope(Y, n * k * a), 0],
        [0, J(nu, n * k * b), Y(nu, n * k * b), -H(nu, k * b)],
        [0, n * slope(J, n * k * b), n * slope(Y, n * k * b), -slope(H, k * b)],
    ]
    return mp.det(mp.matrix(rows))


config, found, exact = load_config(ROOT / "configs" / "ring-meep.yaml"), [], []
frequencies = np.linspace(0.12, 0.175, 6)
for f in frequencies:
    (bend,) = bends(config, 1.0 / f)
    found.append(bend)
    order = mp.findroot(lambda nu, k=2 * mp.pi * f: mismatch(nu, k), mp.mpc(bend.order))
    exact.append(float(20 / mp.log(10) * order.imag * mp.pi / 2))
    print(f, bend.order, bend.error, complex(order))
with look():
    figure = new_figure(COLUMN * 1.25, 2.6)
    ax = figure.add_subplot()
    ax.plot(frequencies, exact, "-", color=GREY, lw=1.0, label="Bessel functions of complex order")
    ax.plot(
        frequencies,
        [bend.loss_db(90.0)[0] for bend in found],
        "o",
        color=ACCENT[0],
        ms=4.0,
        label="femwgm bend",
    )
    for bend, f in zip(found, frequencies, strict=True):
        ax.annotate(
            f"m = {bend.order.real:.2f}",
            (f, bend.loss_db(90.0)[0]),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=6.0,
        )
    ax.set_yscale("log")
    ax.set_xlim(0.117, 0.184)
    ax.set_ylim(top=0.5)
    ax.set_xlabel(r"frequency / ($c$/µm)")
    ax.set_ylabel("loss for 90° / dB")
    ax.legend(fontsize=6.5)
    save(figure, Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "bend-ring.png")
