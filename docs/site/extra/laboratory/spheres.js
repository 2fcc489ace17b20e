"use strict";
/* Whispering-gallery modes of a layered sphere, exact and without a library: lengths in um, wavenumbers in rad/um.

A mode is u(rho) exp(-i omega t), u = rho E_t (TE) or rho H_t (TM): Riccati-Bessel functions in each layer, u and u'/c continuous with
c = 1 (TE) or n^2 (TM), outgoing outside (Bohren and Huffman, Absorption and Scattering of Light by Small Particles, ch. 4).
Lines are counted by the zeros of u (Sturm), so that none is missed; then Newton's method settles the complex wavenumber. */
const Spheres = (() => {
  const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
  const sub = (a, b) => [a[0] - b[0], a[1] - b[1]];
  const mul = (a, b) => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
  const times = (a, s) => [a[0] * s, a[1] * s];
  const abs2 = (a) => a[0] * a[0] + a[1] * a[1];
  const over = (a, b) => times([a[0] * b[0] + a[1] * b[1], a[1] * b[0] - a[0] * b[1]], 1 / abs2(b));
  const turned = (x) => times([Math.cos(x[0]), Math.sin(x[0])], Math.exp(-x[1])); // exp(i x)

  const TALL = 1e100, DIGITS = 100 * Math.LN10;
  const seed = (l, size) => Math.ceil(Math.max(l, size) + 12 + 6 * Math.cbrt(Math.max(l, size))); // Miller's start for 16 digits

  /* The same as `riccati` at a real x, ten times faster: zeta = psi - i chi. */
  function riccatiReal(l, x) {
    let above = 0, here = 1e-30, size = 0, psi = 0, psiBelow = 0, psiSize = 0, one = 0;
    for (let j = seed(l, x); j > 0; j--) {
      const below = ((2 * j + 1) / x) * here - above;
      if (j === l) { psi = here; psiBelow = below; psiSize = size; }
      if (j === 1) one = here;
      above = here; here = below;
      if (Math.abs(here) > TALL) { here /= TALL; above /= TALL; one /= TALL; size += DIGITS; }
    }
    const sine = Math.sin(x), first = sine / x - Math.cos(x);
    const norm = Math.abs(sine) > Math.abs(first) ? sine / here : first / one;
    psi *= norm; psiBelow *= norm; psiSize -= size;
    let before = -sine, chi = Math.cos(x), grown = 0;
    for (let j = 0; j < l; j++) {
      const next = ((2 * j + 1) / x) * chi - before;
      before = chi; chi = next;
      if (Math.abs(chi) > TALL) { chi /= TALL; before /= TALL; grown += DIGITS; }
    }
    const dpsi = psiBelow - (l / x) * psi, dchi = before - (l / x) * chi, f = Math.exp(psiSize - grown);
    return { psi: [psi, 0], dpsi: [dpsi, 0], psiSize, zeta: [psi * f, -chi], dzeta: [dpsi * f, -dchi], zetaSize: grown };
  }

  /* psi_l (regular) and zeta_l (outgoing) with their derivatives at complex x; the values carry factors exp(size). */
  function riccati(l, x) {
    if (x[1] === 0) return riccatiReal(l, x[0]);
    const inverse = over([1, 0], x), out = turned(x), back = over([1, 0], out);
    const sine = times(sub(mul(out, [0, -1]), mul(back, [0, -1])), 0.5), cosine = times(add(out, back), 0.5);
    // psi: downwards (Miller), normalized by psi_0 or psi_1, whichever is larger.
    let above = [0, 0], here = [1e-30, 0], size = 0, psi = null, one = null;
    for (let j = seed(l, Math.hypot(...x)); j > 0; j--) { // here = psi_j, above = psi_{j+1}
      const below = sub(mul(times(inverse, 2 * j + 1), here), above);
      if (j === l) psi = { value: here, below, size };
      if (j === 1) one = here;
      above = here; here = below;
      if (abs2(here) > TALL * TALL) { here = times(here, 1 / TALL); above = times(above, 1 / TALL); one = one && times(one, 1 / TALL); size += DIGITS; }
    }
    const first = sub(mul(sine, inverse), cosine);
    const norm = abs2(sine) > abs2(first) ? over(sine, here) : over(first, one);
    psi.size -= size;
    for (const part of ["value", "below"]) psi[part] = mul(psi[part], norm);
    // zeta: upwards.
    let before = out, now = mul(out, [0, -1]), grown = 0;
    for (let j = 0; j < l; j++) {
      [before, now] = [now, sub(mul(times(inverse, 2 * j + 1), now), before)];
      if (abs2(now) > TALL * TALL) { now = times(now, 1 / TALL); before = times(before, 1 / TALL); grown += DIGITS; }
    }
    const slope = (value, below) => sub(below, mul(times(inverse, l), value));
    return {
      psi: psi.value, dpsi: slope(psi.value, psi.below), psiSize: psi.size,
      zeta: now, dzeta: slope(now, before), zetaSize: grown,
    };
  }

  const weight = (sphere, pol, i) => (pol === "TE" ? 1 : sphere.n[i] ** 2);

  /* (u, u') at rho2 from (u, u') at rho1 in one layer of index n; `size` is the logarithm of a factor taken out. */
  function carried(l, k, n, rho1, rho2, u, du) {
    const a = riccati(l, times(k, n * rho1)), b = riccati(l, times(k, n * rho2)), nk = times(k, n);
    const s1 = b.psiSize + a.zetaSize, s2 = b.zetaSize + a.psiSize, size = Math.max(s1, s2);
    const f1 = Math.exp(s1 - size), f2 = Math.exp(s2 - size), W = [0, 1]; // psi zeta' - psi' zeta = i
    const cross = (p, z, q, w) => over(sub(times(mul(p, z), f1), times(mul(q, w), f2)), W);
    const slope = over(du, nk);
    return {
      u: sub(mul(cross(b.psi, a.dzeta, b.zeta, a.dpsi), u), mul(cross(b.psi, a.zeta, b.zeta, a.psi), slope)),
      du: mul(nk, sub(mul(cross(b.dpsi, a.dzeta, b.dzeta, a.dpsi), u), mul(cross(b.dpsi, a.zeta, b.dzeta, a.psi), slope))),
      size,
    };
  }

  /* (u, u') just inside the outer surface, in units of the amplitude at the core's edge, which hardly depends on k. */
  function inner(sphere, pol, l, k) {
    const core = riccati(l, times(k, sphere.n[0] * sphere.radii[0])), unit = 1 / Math.sqrt(abs2(core.psi) + abs2(core.dpsi));
    let u = times(core.psi, unit), du = mul(times(k, sphere.n[0] * unit), core.dpsi), size = 0;
    for (let i = 1; i < sphere.radii.length; i++) {
      du = times(du, weight(sphere, pol, i) / weight(sphere, pol, i - 1));
      const next = carried(l, k, sphere.n[i], sphere.radii[i - 1], sphere.radii[i], u, du);
      size += next.size;
      ({ u, du } = next);
    }
    return { u: times(u, Math.exp(size)), du: times(du, Math.exp(size)) };
  }

  /* Logarithmic slope u'/c of the outgoing wave at the surface, and the logarithm of |zeta|^2. */
  function outer(sphere, pol, l, k) {
    const last = sphere.radii.length, n = sphere.n[last], x = times(k, n * sphere.radii[last - 1]);
    const wave = riccati(l, x);
    return {
      slope: times(mul(times(k, n), over(wave.dzeta, wave.zeta)), 1 / weight(sphere, pol, last)),
      size: 2 * wave.zetaSize + Math.log(abs2(wave.zeta)),
    };
  }

  /* Vanishes at a mode. */
  function mismatch(sphere, pol, l, k) {
    const { u, du } = inner(sphere, pol, l, k), c = weight(sphere, pol, sphere.radii.length - 1);
    return sub(times(du, 1 / c), mul(outer(sphere, pol, l, k).slope, u));
  }

  /* How many lines of degree l lie below a real k: zeros of u, by steps of constant potential, and the sign at the surface. */
  function count(sphere, pol, l, k, slope = outer(sphere, pol, l, [k, 0]).slope[0]) {
    const L = l * (l + 1), R = sphere.radii[sphere.radii.length - 1];
    let rho = 0.72 * Math.min(sphere.radii[0], Math.sqrt(L) / (k * sphere.n[0])), u = 1e-3, du = Math.sqrt(L) / rho * u, zeros = 0;
    for (let i = 0; i < sphere.radii.length; i++) {
      const n = sphere.n[i], c = weight(sphere, pol, i), length = sphere.radii[i] - rho;
      if (length <= 0) continue;
      if (i > 0) du *= c / weight(sphere, pol, i - 1);
      const steps = Math.max(8, Math.ceil((length * k * n) / 0.5)), h = length / steps;
      for (let j = 0; j < steps; j++, rho += h) {
        const V = k * k * n * n - L / (rho + h / 2) ** 2, s = Math.sqrt(Math.abs(V)) || 1e-9;
        if (V > 0) {
          const angle = Math.atan2(s * u, du), start = angle < 0 ? angle + Math.PI : angle;
          zeros += Math.floor((start + s * h) / Math.PI);
          [u, du] = [u * Math.cos(s * h) + (du / s) * Math.sin(s * h), du * Math.cos(s * h) - s * u * Math.sin(s * h)];
        } else {
          const C = Math.cosh(s * h), S = Math.sinh(s * h), next = u * C + (du / s) * S;
          zeros += next * u < 0 ? 1 : 0;
          [u, du] = [next, du * C + s * u * S];
        }
        const scale = 1 / (Math.abs(u) + Math.abs(du) * R);
        u *= scale; du *= scale;
      }
      rho = sphere.radii[i];
    }
    return zeros + (du / weight(sphere, pol, sphere.radii.length - 1) / u < slope ? 1 : 0);
  }

  /* The complex wavenumber near a real start, or null where Newton's method leaves the neighbourhood. */
  function settle(sphere, pol, l, start, reach) {
    let k = [start, 0];
    for (let i = 0; i < 40; i++) {
      const h = 1e-6 * start, f = mismatch(sphere, pol, l, k);
      const step = over(times(f, 2 * h), sub(mismatch(sphere, pol, l, add(k, [h, 0])), mismatch(sphere, pol, l, sub(k, [h, 0]))));
      k = sub(k, step);
      if (Math.abs(k[1]) < 1e-14 * start) k[1] = 0; // no width that double precision resolves
      if (!(Math.hypot(k[0] - start, k[1]) < reach)) return null;
      if (abs2(step) < (3e-14 * start) ** 2) return k;
    }
    return k;
  }

  /* log10 of Q: from Im k where it is resolved, else from the flux of the outgoing wave through the surface. */
  function log10Q(sphere, pol, l, k) {
    if (-k[1] > 1e-8 * k[0]) return Math.log10(-k[0] / (2 * k[1]));
    const real = [k[0], 0], h = 1e-6 * k[0], last = sphere.radii.length;
    const up = mismatch(sphere, pol, l, [k[0] + h, 0])[0], down = mismatch(sphere, pol, l, [k[0] - h, 0])[0];
    const u = inner(sphere, pol, l, real).u[0], slope = Math.abs(up - down) / (2 * h) / Math.abs(u);
    const flux = (k[0] * sphere.n[last]) / weight(sphere, pol, last); // Im of the outgoing slope times |zeta|^2
    return Math.log10((k[0] * slope) / (2 * flux)) + outer(sphere, pol, l, real).size / Math.LN10;
  }

  /* u and u' along given radii (ascending), in one scale: {u, du} of real numbers, the layer's number each. */
  function profile(sphere, pol, l, k, places) {
    const real = [k[0], 0], found = [], last = sphere.radii.length;
    let layer = 0, edge = null;
    const core = (rho) => {
      const f = riccati(l, times(real, sphere.n[0] * rho));
      return { u: f.psi[0], du: sphere.n[0] * k[0] * f.dpsi[0], size: f.psiSize };
    };
    const cross = (rho, i) => {
      const next = carried(l, real, sphere.n[i], sphere.radii[i - 1], rho, [edge.u, 0], [edge.du, 0]);
      return { u: next.u[0], du: next.du[0], size: edge.size + next.size };
    };
    let tail = null;
    const outside = (rho) => { // the standing tail, scaled to the surface: free of the growing wave that rounding would bring in
      const f = riccati(l, times(real, sphere.n[last] * rho));
      if (!tail) tail = { at: f.zeta, size: f.zetaSize };
      const ratio = (value) => over(value, tail.at)[0];
      return { u: edge.u * ratio(f.zeta), du: edge.u * sphere.n[last] * k[0] * ratio(f.dzeta), size: edge.size + f.zetaSize - tail.size };
    };
    const value = (rho, i) => (i === 0 ? core(rho) : i === last ? outside(rho) : cross(rho, i));
    const enter = () => {
      const at = value(sphere.radii[layer], layer);
      edge = { u: at.u, du: (at.du * weight(sphere, pol, layer + 1)) / weight(sphere, pol, layer), size: at.size };
      layer += 1;
      if (layer === last) outside(sphere.radii[last - 1]);
    };
    for (const rho of places) {
      while (layer < last && rho > sphere.radii[layer]) enter();
      found.push({ rho, layer, ...value(rho, layer) });
    }
    const top = Math.max(...found.map((point) => point.size + Math.log(Math.abs(point.u) + 1e-300)));
    for (const point of found) { const f = Math.exp(point.size - top); point.u *= f; point.du *= f; }
    return found;
  }

  const NODES = [-0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831, 0.9061798459386640];
  const WEIGHTS = [0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891];

  /* Shares of the electric energy by layer and the group index, by Gauss quadrature of u^2 and u'^2. */
  function integrals(sphere, pol, l, k) {
    const L = l * (l + 1), last = sphere.radii.length, R = sphere.radii[last - 1];
    const turn = Math.sqrt(L) / (k[0] * sphere.n[last]); // where the tail outside ceases to decay
    const edges = [[0.6 * Math.min(sphere.radii[0], Math.sqrt(L) / (k[0] * sphere.n[0])), sphere.radii[0], 0]];
    for (let i = 1; i < last; i++) edges.push([sphere.radii[i - 1], sphere.radii[i], i]);
    edges.push([R, Math.max(turn, R * 1.02), last]);
    const places = [], weights = [];
    for (const [from, to, i] of edges) {
      const cells = Math.max(6, Math.ceil((to - from) * k[0] * sphere.n[i] / 1.5)), h = (to - from) / cells;
      for (let j = 0; j < cells && to > from; j++) NODES.forEach((x, at) => { places.push(from + h * (j + 0.5 + x / 2)); weights.push(WEIGHTS[at] * h / 2); });
    }
    const energy = sphere.n.map(() => 0);
    let whole = 0, turning = 0;
    profile(sphere, pol, l, k, places).forEach(({ rho, layer, u, du }, at) => {
      const n2 = sphere.n[layer] ** 2, c = weight(sphere, pol, layer);
      energy[layer] += weights[at] * (pol === "TE" ? n2 * u * u : ((L * u * u) / rho ** 2 + du * du) / n2);
      whole += (weights[at] * n2 * u * u) / c;
      turning += (weights[at] * u * u) / rho ** 2 / c;
    });
    const sum = energy.reduce((a, b) => a + b);
    return { shares: energy.map((e) => e / sum), ng: (2 * k[0] * whole) / ((2 * l + 1) * turning) / R };
  }

  /* Every line with q up to `most` between two vacuum wavelengths (um). sphere: {radii: ascending, n: one more than radii}. */
  function modes(sphere, from, to, { most = 1, pols = ["TE", "TM"] } = {}) {
    const R = sphere.radii[sphere.radii.length - 1], ambient = sphere.n[sphere.n.length - 1];
    const low = (2 * Math.PI) / to, high = (2 * Math.PI) / from, found = [];
    for (const pol of pols) {
      for (let l = Math.ceil(Math.max(...sphere.n) * high * R) + 2; l > Math.max(1, ambient * high * R); l--) {
        const first = count(sphere, pol, l, low), end = Math.min(count(sphere, pol, l, high), most);
        if (first >= most) break;
        for (let q = first + 1; q <= end; q++) {
          let a = low, b = high;
          while (b - a > 2e-5 * b) { const half = (a + b) / 2; if (count(sphere, pol, l, half) >= q) b = half; else a = half; }
          const k = settle(sphere, pol, l, (a + b) / 2, 0.2 / (R * Math.max(...sphere.n)));
          if (!k || k[0] < low || k[0] > high || -20 * k[1] > k[0]) continue; // Q below 10 is no line
          const wavelength = (2 * Math.PI) / k[0], { shares, ng } = integrals(sphere, pol, l, k);
          found.push({
            pol, l, q, k, wavelength, shares, ng, log10Q: log10Q(sphere, pol, l, k), neff: l / (k[0] * R),
            fsr: wavelength ** 2 / (ng * 2 * Math.PI * R),
          });
        }
      }
    }
    return found.sort((a, b) => a.wavelength - b.wavelength);
  }

  return { modes, profile };
})();
if (typeof module !== "undefined") module.exports = Spheres;
