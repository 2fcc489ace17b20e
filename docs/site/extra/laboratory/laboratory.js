"use strict";
(() => {
  const CONTROLS = [ // name, label, unit, least, most, step
    ["diameter", "core diameter", "µm", 4, 120, 0.01], ["film", "film thickness", "nm", 0, 2000, 1],
    ["core", "core index", "", 1, 2.6, 0.001], ["shell", "film index", "", 1, 2.6, 0.001], ["ambient", "ambient index", "", 1, 1.6, 0.001],
    ["from", "window from", "nm", 300, 2000, 1], ["to", "window to", "nm", 300, 2000, 1], ["most", "radial orders up to q =", "", 1, 4, 1],
  ];
  const PRESETS = {
    "silica, 20 µm, film of nanoplatelets": { diameter: 20, film: 490, core: 1.45, shell: 1.768, ambient: 1, from: 640, to: 670, most: 1 },
    "polystyrene bead in water": { diameter: 10, film: 0, core: 1.586, shell: 1.586, ambient: 1.331, from: 580, to: 660, most: 1 },
    "droplet in air": { diameter: 16, film: 0, core: 1.48, shell: 1.48, ambient: 1, from: 590, to: 640, most: 2 },
    "silica ball at 1550 nm": { diameter: 60, film: 0, core: 1.444, shell: 1.444, ambient: 1, from: 1530, to: 1570, most: 2 },
    "silica ball, film of high index": { diameter: 40, film: 150, core: 1.444, shell: 2.2, ambient: 1, from: 1500, to: 1600, most: 2 },
  };
  const COLOUR = { TE: "#0072b2", TM: "#d55e00" };
  const at = (id) => document.getElementById(id);
  const state = { ...Object.values(PRESETS)[0] };
  let found = [], chosen = null, due = 0;

  const sphere = () => {
    const a = state.diameter / 2;
    return state.film > 0 ? { radii: [a, a + state.film / 1e3], n: [state.core, state.shell, state.ambient] } : { radii: [a], n: [state.core, state.ambient] };
  };
  const regions = () => (state.film > 0 ? ["core", "film", "ambient"] : ["core", "ambient"]);
  const label = (line) => `${line.pol} ${line.l}${state.most > 1 ? `, q ${line.q}` : ""}`;
  const quality = (line) => {
    if (line.log10Q < 6) return Math.round(10 ** line.log10Q).toLocaleString("en");
    const power = Math.floor(line.log10Q);
    return `${(10 ** (line.log10Q - power)).toFixed(2)} × 10<sup>${power}</sup>`;
  };

  function mark(name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }

  function ticks(low, high, about) {
    const raw = (high - low) / about, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= raw);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), places = [];
    for (let x = Math.ceil(low / step - 1e-9) * step; x <= high + 1e-9 * step; x += step) places.push([x, x.toFixed(digits)]);
    return places;
  }

  function drawComb() {
    const svg = at("comb"), width = svg.clientWidth, left = 34, right = width - 12, foot = 158;
    const x = (nm) => left + ((nm - state.from) / (state.to - state.from)) * (right - left);
    svg.replaceChildren(mark("path", { class: "axis", d: `M${left} ${foot}H${right}` }));
    for (const [nm, text] of ticks(state.from, state.to, width / 90)) {
      svg.append(mark("path", { class: "axis", d: `M${x(nm)} ${foot}v5` }), mark("text", { x: x(nm), y: foot + 18, "text-anchor": "middle" }, text));
    }
    svg.append(mark("text", { x: right, y: foot + 32, "text-anchor": "end", class: "faint" }, "vacuum wavelength (nm)"));
    for (const [pol, y] of [["TE", 18], ["TM", 88]]) svg.append(mark("text", { x: 0, y: y + 34, style: `fill:${COLOUR[pol]};font-weight:600` }, pol));
    let last = { TE: -99, TM: -99 };
    for (const line of found) {
      const px = x(line.wavelength * 1e3), base = line.pol === "TE" ? 82 : foot, tall = 52 / line.q;
      const stick = mark("g", { class: "stick", tabindex: 0, "data-line": label(line) });
      stick.append(
        mark("rect", { x: px - 5, y: base - 54, width: 10, height: 54, fill: "transparent" }),
        mark("path", { d: `M${px} ${base}v${-tall}`, stroke: COLOUR[line.pol], "stroke-width": line === chosen ? 4 : 1.6 }),
        mark("title", {}, `${label(line)}: ${(line.wavelength * 1e3).toFixed(4)} nm`),
      );
      stick.onclick = () => choose(line);
      stick.onkeydown = (event) => { if (event.key === "Enter") choose(line); };
      svg.append(stick);
      if ((line.q === 1 && px - last[line.pol] > 30) || line === chosen) {
        svg.append(mark("text", { x: px, y: base - tall - 4, "text-anchor": "middle", class: line === chosen ? "" : "faint" }, line.l));
        last[line.pol] = px;
      }
    }
    svg.append(mark("path", { class: "axis", d: `M${left} 82H${right}`, "stroke-opacity": 0.25 }));
  }

  /* |E|^2 on the equator plane from u and u': the part along rho, and the rest. */
  function strengths(line, point) {
    const n2 = sphere().n[point.layer] ** 2, L = line.l * (line.l + 1);
    if (line.pol === "TE") return [0, (point.u / point.rho) ** 2];
    return [((L * point.u) / (n2 * point.rho ** 2)) ** 2, (point.du / (n2 * point.rho)) ** 2];
  }

  function range(line) {
    const R = sphere().radii.at(-1), low = Math.max(0.02 * R, 0.93 * Math.min(line.l / (line.k[0] * Math.max(...sphere().n)), R) - 0.15);
    return [low, R + Math.max(0.12 * (R - low), 0.35 / line.k[0] * 6)];
  }

  function drawRadial(line) {
    const svg = at("radial"), width = svg.clientWidth, height = 300, left = 8, right = width - 10, foot = 258, top = 12;
    const [low, high] = range(line), body = sphere(), places = [];
    const many = 360;
    for (let i = 0; i <= many; i++) places.push(low + ((high - low) * i) / many);
    for (const radius of body.radii) places.push(radius * (1 - 1e-9), radius * (1 + 1e-9));
    places.sort((a, b) => a - b);
    const values = Spheres.profile(body, line.pol, line.l, line.k, places).map((point) => ({ ...point, e: strengths(line, point).reduce((a, b) => a + b) }));
    const most = Math.max(...values.map((point) => point.e));
    const x = (rho) => left + ((rho - low) / (high - low)) * (right - left), y = (e) => foot - (e / most) * (foot - top - 16);
    const edges = [low, ...body.radii.filter((r) => r > low), high];
    svg.replaceChildren();
    const names = regions().slice(-(edges.length - 1));
    const shades = { core: "#e6eaed", film: "#c9d1d8", ambient: "#ffffff" };
    names.forEach((name, i) => {
      svg.append(mark("rect", { x: x(edges[i]), y: top, width: x(edges[i + 1]) - x(edges[i]), height: foot - top, fill: shades[name] }));
    });
    names.forEach((name, i) => {
      const wide = x(edges[i + 1]) - x(edges[i]);
      const whole = `${name} ${(100 * line.shares[line.shares.length - names.length + i]).toFixed(2)} %`;
      const fits = (text) => 6.6 * text.length + 6 < wide;
      svg.append(mark("text", { x: (x(edges[i]) + x(edges[i + 1])) / 2, y: top + 14, "text-anchor": "middle", class: "faint" }, fits(whole) ? whole : fits(name) ? name : ""));
    });
    svg.append(mark("path", { d: values.map((p, i) => `${i ? "L" : "M"}${x(p.rho).toFixed(1)} ${y(p.e).toFixed(1)}`).join(""), fill: "none", stroke: COLOUR[line.pol], "stroke-width": 2 }));
    svg.append(mark("path", { class: "axis", d: `M${left} ${foot}H${right}` }));
    for (const [rho, text] of ticks(low, high, width / 80)) {
      svg.append(mark("path", { class: "axis", d: `M${x(rho)} ${foot}v5` }), mark("text", { x: x(rho), y: foot + 18, "text-anchor": "middle" }, text));
    }
    svg.append(mark("text", { x: right, y: foot + 34, "text-anchor": "end", class: "faint" }, "distance from the centre (µm)"));
  }

  const STOPS = [[255, 255, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107], [10, 16, 38]];
  function shade(value) {
    const place = Math.min(0.9999, Math.max(0, value)) * (STOPS.length - 1), i = Math.floor(place), f = place - i;
    return STOPS[i].map((c, j) => c + f * (STOPS[i + 1][j] - c));
  }

  function drawMap(line) {
    const canvas = at("map"), context = canvas.getContext("2d"), size = canvas.width, [low, high] = range(line), body = sphere();
    const span = high - low, image = context.createImageData(size, size), many = 700, places = [];
    const far = Math.hypot(high, span / 2);
    for (let i = 0; i <= many; i++) places.push(low * 0.98 + ((far - low * 0.98) * i) / many);
    const parts = Spheres.profile(body, line.pol, line.l, line.k, places).map((point) => strengths(line, point));
    const most = Math.max(...parts.map(([a, b]) => a + b));
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const r = low + (span * (column + 0.5)) / size, z = span * (0.5 - (row + 0.5) / size), rho = Math.hypot(r, z);
        const i = Math.max(0, Math.min(many, Math.round(((rho - low * 0.98) / (far - low * 0.98)) * many))), sin = r / rho;
        const polar = Math.exp(2 * (line.l - 1) * Math.log(sin));
        const e = (parts[i][0] * sin * sin + parts[i][1] * (2 - sin * sin)) * polar;
        image.data.set([...shade(e / most), 255], 4 * (row * size + column));
      }
    }
    context.putImageData(image, 0, 0);
    context.strokeStyle = "#5d6771"; context.lineWidth = 1.2;
    for (const radius of body.radii) {
      context.beginPath();
      for (let j = 0; j <= 200; j++) {
        const z = span * (j / 200 - 0.5), r = Math.sqrt(radius * radius - z * z);
        context.lineTo(((r - low) / span) * size, (0.5 - z / span) * size);
      }
      context.stroke();
    }
    const rule = [5, 2, 1, 0.5, 0.2, 0.1].find((length) => length < span / 3) || 0.05;
    context.fillStyle = "#1d232a"; context.font = "15px system-ui, sans-serif";
    context.fillRect(14, size - 18, (rule / span) * size, 3);
    context.fillText(rule >= 1 ? `${rule} µm` : `${Math.round(rule * 1000)} nm`, 14, size - 26);
  }

  function drawTable() {
    const head = ["line", "λ (nm)", "n<sub>eff</sub>", "n<sub>g</sub>", "FSR (nm)", "Q, radiation", ...regions().map((name) => `${name} (%)`)];
    const rows = found.map((line, i) => {
      // The integrals leave out what radiates: digits by Q.
      const [about, digits] = line.log10Q > 6 ? ["", 3] : line.log10Q > 3 ? ["", 1] : ["≈ ", 0], wide = Math.max(digits + 1, 2);
      return `<tr data-i="${i}"${line === chosen ? ' class="chosen"' : ""}>` + [
        label(line), (line.wavelength * 1e3).toFixed(5), line.neff.toFixed(5), about + line.ng.toFixed(wide), about + (line.fsr * 1e3).toFixed(wide), quality(line),
        ...line.shares.map((share) => about + (100 * share).toFixed(digits)),
      ].map((cell) => `<td>${cell}</td>`).join("") + "</tr>";
    });
    at("table").innerHTML = `<thead><tr>${head.map((cell) => `<th>${cell}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody>`;
    for (const row of at("table").querySelectorAll("tbody tr")) row.onclick = () => choose(found[row.dataset.i]);
  }

  function drawJob() {
    const layers = [`    - {name: core, material: core, diameter: ${state.diameter} um}`];
    if (state.film > 0) layers.push(`    - {name: film, material: film, thickness: ${state.film} nm}`);
    const orders = Array.from({ length: state.most }, (_, i) => i + 1).join(", ");
    at("yaml").textContent = [
      "schema: 1", "name: laboratory", "geometry:", "  kind: layered_sphere", "  layers:", ...layers, "  ambient: ambient", "materials:",
      `  core: {n: ${state.core}}`, ...(state.film > 0 ? [`  film: {n: ${state.shell}}`] : []), `  ambient: {n: ${state.ambient}}`,
      "modes:", `  window: [${state.from} nm, ${state.to} nm]`, `  radial_orders: [${orders}]`, "  polar_orders: [0]", "",
      "# femwgm exact laboratory.yaml; femwgm run laboratory.yaml -o runs/laboratory", "",
    ].join("\n");
  }

  function choose(line) {
    chosen = line;
    drawComb(); drawTable();
    for (const id of ["map", "radial"]) at(id).closest("figure").style.visibility = line ? "visible" : "hidden";
    if (line) { drawRadial(line); drawMap(line); }
  }

  function solve() {
    due = 0;
    const before = chosen, start = performance.now();
    found = Spheres.modes(sphere(), state.from / 1e3, state.to / 1e3, { most: state.most });
    const took = performance.now() - start;
    at("said").textContent = found.length
      ? `${found.length} lines, solved in ${took < 100 ? took.toFixed(0) + " ms" : (took / 1e3).toFixed(1) + " s"}`
      : "No line of these orders in the window: widen it, or make the sphere larger or denser than what surrounds it.";
    const middle = (state.from + state.to) / 2e3;
    const near = (line) => (before ? (line.pol === before.pol && line.q === before.q ? 0 : 100) + Math.abs(line.l - before.l) : Math.abs(line.wavelength - middle));
    choose(found.reduce((best, line) => (best === null || near(line) < near(best) ? line : best), null));
    drawJob();
    document.body.dataset.solved = String(Number(document.body.dataset.solved || 0) + 1);
  }

  function changed(name, value) {
    if (!Number.isFinite(value)) return;
    const [, , , least, most] = CONTROLS.find(([key]) => key === name);
    state[name] = Math.min(most, Math.max(least, value));
    if (state.to - state.from < 2) state[name === "to" ? "from" : "to"] = name === "to" ? state.to - 2 : state.from + 2;
    show();
    if (!due) due = setTimeout(solve, 20);
  }

  function show() {
    for (const [name] of CONTROLS) for (const input of document.querySelectorAll(`[data-key=${name}]`)) {
      if (input !== document.activeElement || input.type === "range") input.value = state[name];
    }
  }

  for (const [name, text, unit, least, most, step] of CONTROLS) {
    const label = document.createElement("label");
    label.innerHTML = `<span class="top"><span>${text}</span><span><input type="number" data-key="${name}" min="${least}" max="${most}" step="${step}" aria-label="${text}"> ${unit}</span></span>
      <input type="range" data-key="${name}" min="${least}" max="${most}" step="${step}" aria-label="${text}">`;
    at("sliders").append(label);
    for (const input of label.querySelectorAll("input")) {
      input.oninput = () => { if (input.value !== "") changed(name, Number(input.value)); };
      input.onchange = show;
    }
  }
  for (const name of Object.keys(PRESETS)) at("preset").add(new Option(name));
  at("preset").onchange = (event) => { Object.assign(state, PRESETS[event.target.value]); chosen = null; show(); solve(); };
  at("controls").onsubmit = (event) => event.preventDefault();
  addEventListener("resize", () => { if (found.length) choose(chosen); });
  show();
  solve();
})();
