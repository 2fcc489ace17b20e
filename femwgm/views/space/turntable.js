// The resonator in the browser: surfaces of revolution and the faces of the cut, painted from one texture of the meridian
// plane; azimuthal order and phase are put in by the shader, so that turning, cutting and the wave cost no data.
function turntable(root, data) {
  "use strict";
  const canvas = root.querySelector("canvas");
  const gl = canvas.getContext("webgl2", { antialias: true, stencil: true, alpha: false, preserveDrawingBuffer: true });
  if (!gl) { root.classList.add("without"); return null; }
  root.classList.add("with");
  gl.clearColor(1, 1, 1, 1); gl.clear(gl.COLOR_BUFFER_BIT);
  const find = name => root.querySelector(`[data-turn="${name}"]`);
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const AROUND = 384, SECTOR = 192, SURFACE = 0, FACE = 1, FLOOR = 2, LINE = 3, ARC = 4;

  const vertex = `#version 300 es
  precision highp float; precision highp int;
  layout(location = 0) in vec4 curve;   // r, z, and the normal in the meridian plane
  layout(location = 1) in float side;
  uniform int geometry; uniform float angle, cut, ground, ahead; uniform vec2 ring; uniform mat4 camera;
  out vec2 rz; out float phi; out vec3 normal, place;
  void main() {
    rz = curve.xy; phi = angle; vec2 n = vec2(0.0);
    if (geometry == 0) { phi = (float(gl_InstanceID) + side) * 6.283185307179586 / ${AROUND}.0; n = curve.zw; }
    if (geometry == 2) { rz = vec2(mix(ring.x, ring.y, curve.x), ground); phi = (float(gl_InstanceID) + side) * cut / ${SECTOR}.0; }
    if (geometry == 4) { rz = vec2(ring.x, ground); phi = float(gl_VertexID) * cut / ${SECTOR}.0; }
    vec2 e = vec2(cos(phi), sin(phi));
    place = vec3(rz.x * e, rz.y); normal = vec3(n.x * e, n.y);
    if (geometry == 1) normal = vec3(angle > 0.0 ? vec2(e.y, -e.x) : vec2(-e.y, e.x), 0.0);
    if (geometry == 2) normal = vec3(0.0, 0.0, 1.0);
    gl_Position = camera * vec4(place, 1.0);
    gl_Position.z -= ahead * gl_Position.w;
  }`;
  const fragment = `#version 300 es
  precision highp float; precision highp int;
  in vec2 rz; in float phi; in vec3 normal, place;
  uniform int geometry, what; uniform bool standing, bare; uniform float cut, ground, m, phase, gain; uniform vec4 box;
  uniform vec3 tint, eye; uniform sampler2D along, around, hot, wave;
  out vec4 colour;
  vec4 signed8(vec4 t) { return (t * 255.0 - 128.0) / 127.0; }
  void main() {
    if (geometry == 0 && cut > 0.0 && phi < cut && rz.y > ground) discard;
    if ((geometry == 1 || geometry == 3) && rz.y < ground) discard;
    if (geometry >= 3) { colour = vec4(tint, 1.0); return; }
    vec2 uv = (rz - box.xz) / (box.yw - box.xz), inside = min(uv, 1.0 - uv);
    float seen = box.x <= 0.0 ? min(1.0 - uv.x, inside.y) : min(inside.x, inside.y);
    vec4 shade = vec4(0.0);
    float turn = m * phi, blur = geometry == 1 ? 0.0 : fwidth(turn);
    if (seen > 0.0) {
      vec4 a = signed8(texture(along, uv)); vec2 b = signed8(texture(around, uv)).xy;
      float fine = smoothstep(1.2, 2.6, blur), c = cos(turn), s = sin(turn), edge = smoothstep(0.0, 0.04, seen);
      if (what == 0) {
        float cc = standing ? mix(c * c, 0.5, fine) : 1.0, ss = standing ? mix(s * s, 0.5, fine) : 1.0;
        float e2 = edge * (cc * dot(a, a) + ss * dot(b, b)) * gain;
        shade = texture(hot, vec2(clamp(e2, 0.0, 1.0), 0.5));
      } else {
        vec2 f = what == 1 ? a.xy : what == 3 ? a.zw : b;
        vec2 now = vec2(f.x * cos(phase) + f.y * sin(phase), f.y * cos(phase) - f.x * sin(phase));
        float v = standing ? (what == 2 ? -now.y * s : now.x * c) : now.x * c - now.y * s;
        vec4 lobes = texture(wave, vec2(0.5 + 0.5 * clamp(edge * v * gain, -1.0, 1.0), 0.5));
        vec4 hull = texture(hot, vec2(clamp(edge * length(f) * gain, 0.0, 1.0), 0.5));
        shade = mix(lobes, hull, fine);
      }
    }
    if (bare) { colour = shade; return; }
    vec3 n = normalize(normal), v = normalize(eye - place);
    if (dot(n, v) < 0.0) n = -n;
    float light = geometry == 0 ? 0.55 + 0.49 * dot(n, v) : 0.74 + 0.28 * dot(n, v);
    float gloss = geometry == 0 ? 0.10 * pow(max(dot(n, v), 0.0), 25.0) : 0.0;
    colour = vec4(mix(tint, shade.rgb, shade.a) * light + gloss, 1.0);
  }`;

  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source); gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  const at = new Proxy({}, { get: (known, name) => known[name] ??= gl.getUniformLocation(program, name) });
  const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255);

  function buffer(rows, width) {                  // vertex array of curve (4 floats) and side (1 float)
    const vao = gl.createVertexArray(), store = gl.createBuffer();
    gl.bindVertexArray(vao); gl.bindBuffer(gl.ARRAY_BUFFER, store);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(rows), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0); gl.vertexAttribPointer(0, 4, gl.FLOAT, false, 20, 0);
    gl.enableVertexAttribArray(1); gl.vertexAttribPointer(1, 1, gl.FLOAT, false, 20, 16);
    return { vao, count: rows.length / 5 };
  }
  const plain = points => buffer(points.flatMap(([r, z]) => [r, z, 0, 0, 0]));
  const revolved = points => buffer(points.flatMap(([r, z], i) => {
    const [r0, z0] = points[Math.max(i - 1, 0)], [r1, z1] = points[Math.min(i + 1, points.length - 1)];
    const length = Math.hypot(r1 - r0, z1 - z0) || 1, n = [(z1 - z0) / length, (r0 - r1) / length];
    return [r, z, ...n, 0, r, z, ...n, 1];
  }));
  const bodies = data.bodies.map(b => ({ tint: rgb(b.tint), skin: revolved(b.curve), face: plain(b.curve) }));
  const lines = data.lines.map(plain);
  const [r0, r1, z0, z1] = data.sheet;
  const quad = plain([[r0, z0], [r1, z0], [r0, z1], [r1, z1]]);
  const strip = buffer([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const arc = buffer(new Array(5 * (SECTOR + 1)).fill(0));

  function texture(unit, width, height, bytes, filter) {
    const made = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + unit); gl.bindTexture(gl.TEXTURE_2D, made);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    for (const edge of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, edge, gl.CLAMP_TO_EDGE);
    for (const size of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, size, gl.LINEAR);
    return made;
  }
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const inflated = async text => new Uint8Array(await new Response(
    new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  texture(2, 256, 1, bytes(data.maps.hot)); texture(3, 256, 1, bytes(data.maps.wave));
  ["along", "around", "hot", "wave"].forEach((name, unit) => gl.uniform1i(at[name], unit));

  // ---- what is shown
  const state = { mode: data.first, what: data.what, cut: data.cut, standing: data.standing, playing: false, phase: data.phase, dirty: true, painted: null };
  const view = { target: [0, 0, data.middle], distance: 0, azimuth: data.cut / 2, lift: 0.576 };
  const fov = Math.PI / 6;
  const whole = () => ({ target: [0, 0, data.middle], distance: 1.16 * data.size / Math.tan(fov / 2), azimuth: state.cut / 2, lift: 0.576 });
  function near() {
    const { peak: [r, z], reach } = data.modes[state.mode], ahead = data.floor ? 0.5 * reach / Math.max(r, reach) : 0;
    return { target: [r * Math.cos(ahead), r * Math.sin(ahead), data.floor ? Math.max(z, 0.12 * reach) : z],
      distance: 2.6 * reach, azimuth: 0.908, lift: 0.611 };
  }
  let glide = null;
  function go(to) {
    const from = { ...view, target: [...view.target] }, begin = performance.now();
    const turn = ((to.azimuth - from.azimuth + Math.PI) % (2 * Math.PI) + 2 * Math.PI) % (2 * Math.PI) - Math.PI;
    glide = now => {
      const t = reduced ? 1 : Math.min((now - begin) / 600, 1), s = t * t * (3 - 2 * t);
      view.target = from.target.map((x, i) => x + s * (to.target[i] - x));
      view.distance = Math.exp(Math.log(from.distance) * (1 - s) + Math.log(to.distance) * s);
      view.azimuth = from.azimuth + s * turn; view.lift = from.lift + s * (to.lift - from.lift);
      if (t === 1) glide = null;
    };
    wake();
  }

  function cameraMatrix(aspect) {
    const [c, s, u, d] = [Math.cos(view.azimuth), Math.sin(view.azimuth), Math.cos(view.lift), Math.sin(view.lift)];
    const back = [c * u, s * u, d], right = [-s, c, 0], up = [-c * d, -s * d, u];
    const eye = view.target.map((x, i) => x + view.distance * back[i]);
    const f = 1 / Math.tan(fov / 2) * Math.min(1, aspect), n = 0.04 * view.distance, g = view.distance + 5 * data.size;
    const dot = a => a[0] * eye[0] + a[1] * eye[1] + a[2] * eye[2];
    const rows = [right.map(x => x * f / aspect), up.map(x => x * f), back.map(x => x * (g + n) / (g - n)), back.map(x => -x)];
    const shift = [-f / aspect * dot(right), -f * dot(up), -(g + n) / (g - n) * dot(back) - 2 * g * n / (g - n), dot(back)];
    // Clip depth is -(g + n) / (g - n) times the view's z, which looks along -back.
    rows[2] = back.map(x => -x * (g + n) / (g - n)); shift[2] = (g + n) / (g - n) * dot(back) - 2 * g * n / (g - n);
    const out = [];
    for (let column = 0; column < 4; column++) for (let row = 0; row < 4; row++)
      out.push(column < 3 ? rows[row][column] : shift[row]);
    return [out, eye];
  }

  function measure() {                            // a length to compare with, at the depth of what one turns about
    const unit = 2 * Math.tan(fov / 2) * view.distance / Math.min(canvas.clientHeight, canvas.clientWidth);
    const rough = 0.2 * Math.min(canvas.clientWidth, 500) * unit, ten = 10 ** Math.floor(Math.log10(rough));
    const length = ten * [5, 2, 1].find(f => f * ten <= rough), rule = find("rule");
    rule.style.width = `${length / unit}px`;
    rule.textContent = length >= 1000 ? `${length / 1000} mm` : length >= 1 ? `${length} µm` : `${Math.round(1000 * length)} nm`;
  }

  function draw() {
    measure();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const mode = data.modes[state.mode], open = state.cut > 0, ground = data.floor ? data.middle : -1e9;
    const [camera, eye] = cameraMatrix(width / height);
    gl.viewport(0, 0, width, height);
    gl.clearColor(1, 1, 1, 1); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT | gl.STENCIL_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST); gl.depthFunc(gl.LEQUAL); gl.disable(gl.STENCIL_TEST); gl.disable(gl.BLEND);
    gl.uniformMatrix4fv(at.camera, false, camera); gl.uniform3fv(at.eye, eye);
    gl.uniform1f(at.cut, state.cut); gl.uniform1f(at.ground, ground); gl.uniform1f(at.m, mode.m);
    gl.uniform1f(at.phase, state.phase); gl.uniform1i(at.what, state.what); gl.uniform1i(at.standing, state.standing);
    gl.uniform1f(at.gain, mode.gain[state.what]); gl.uniform4fv(at.box, mode.box);
    gl.uniform1f(at.ahead, 0); gl.uniform1i(at.bare, 0);
    gl.activeTexture(gl.TEXTURE0); gl.bindTexture(gl.TEXTURE_2D, mode.along);
    gl.activeTexture(gl.TEXTURE1); gl.bindTexture(gl.TEXTURE_2D, mode.around);
    const geometry = number => gl.uniform1i(at.geometry, number);

    geometry(SURFACE);
    for (const body of bodies) {
      gl.uniform3fv(at.tint, body.tint); gl.bindVertexArray(body.skin.vao);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, body.skin.count, AROUND);
    }
    if (!open) return;
    const shown = call => { gl.uniform1f(at.angle, 0); call(); gl.uniform1f(at.angle, state.cut); call(); };
    const layers = draw => {                      // the same sheet again and again: the last layer wins
      geometry(FACE);
      shown(() => {
        gl.bindVertexArray(quad.vao); draw(() => gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4));
        gl.enable(gl.STENCIL_TEST);
        for (const body of bodies) {
          gl.colorMask(false, false, false, false); gl.depthMask(false); gl.disable(gl.DEPTH_TEST);
          gl.stencilFunc(gl.ALWAYS, 0, 1); gl.stencilOp(gl.KEEP, gl.INVERT, gl.INVERT); gl.stencilMask(1);
          geometry(LINE); gl.bindVertexArray(body.face.vao); gl.uniform1f(at.ground, -1e9);
          gl.drawArrays(gl.TRIANGLE_FAN, 0, body.face.count);
          gl.uniform1f(at.ground, ground);
          gl.colorMask(true, true, true, true); gl.depthMask(true); gl.enable(gl.DEPTH_TEST); geometry(FACE);
          gl.stencilFunc(gl.EQUAL, 1, 1); gl.stencilOp(gl.ZERO, gl.ZERO, gl.ZERO);
          gl.uniform3fv(at.tint, body.tint); gl.bindVertexArray(quad.vao); gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
        }
        gl.disable(gl.STENCIL_TEST);
      });
    };
    const ghost = paint => {                      // the field outside the body, as solid as it is strong
      gl.uniform1i(at.bare, 1); gl.enable(gl.BLEND); gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA); gl.depthMask(false);
      paint();
      gl.uniform1i(at.bare, 0); gl.disable(gl.BLEND); gl.depthMask(true);
    };
    layers(ghost);
    if (data.floor) {
      geometry(FLOOR); gl.bindVertexArray(strip.vao);
      const sector = (from, to) => { gl.uniform2f(at.ring, from, to); gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, SECTOR); };
      for (const [name, from, to, tint] of data.rings) { gl.uniform3fv(at.tint, rgb(tint)); sector(from, to); }
      ghost(() => sector(data.rim, mode.box[1]));
    }
    gl.uniform3f(at.tint, 0.114, 0.137, 0.165); gl.uniform1f(at.ahead, 4e-5);
    geometry(LINE);
    for (const line of lines) shown(() => { gl.bindVertexArray(line.vao); gl.drawArrays(gl.LINE_STRIP, 0, line.count); });
    if (data.floor) {
      geometry(ARC); gl.bindVertexArray(arc.vao);
      for (const [name, from, to] of data.rings) { gl.uniform2f(at.ring, to, to); gl.drawArrays(gl.LINE_STRIP, 0, arc.count); }
    }
  }

  // ---- time: a frame is drawn only when something has changed
  let asleep = true, last = 0;
  function frame(now) {
    const gone = Math.min(now - last, 100); last = now;
    if (state.playing) { state.phase = (state.phase + gone * 0.0025) % (2 * Math.PI); state.dirty = true; }
    if (glide) { glide(now); state.dirty = true; }
    if (state.dirty && data.modes[state.mode].along) { draw(); state.dirty = false; root.dataset.frames = 1 + Number(root.dataset.frames || 0); }
    if (state.playing || glide || state.dirty) requestAnimationFrame(frame); else asleep = true;
  }
  function wake() {
    state.dirty = true;
    if (asleep) { asleep = false; last = performance.now(); requestAnimationFrame(frame); }
  }

  // ---- the panel
  async function choose(index) {
    state.mode = index;
    const mode = data.modes[index];
    if (!mode.along) {
      const raw = await inflated(mode.field), cells = mode.size[0] * mode.size[1] * 4;
      mode.along = texture(0, ...mode.size, raw.subarray(0, cells)); mode.around = texture(1, ...mode.size, raw.subarray(cells));
      mode.field = null;
    }
    find("title").textContent = mode.title; find("about").textContent = mode.about;
    root.dataset.mode = mode.label;
    wake();
  }
  const modes = find("mode");
  data.modes.forEach((mode, i) => modes.add(new Option(mode.label, i, i === data.first, i === data.first)));
  modes.hidden = data.modes.length < 2;
  modes.addEventListener("change", () => choose(Number(modes.value)));
  find("what").addEventListener("change", event => { state.what = Number(event.target.value); scale(); wake(); });
  find("cut").addEventListener("input", event => { state.cut = event.target.value * Math.PI / 180; wake(); });
  find("standing").addEventListener("change", event => { state.standing = event.target.checked; wake(); });
  find("whole").addEventListener("click", () => go(whole()));
  find("near").addEventListener("click", () => go(near()));
  const play = find("play");
  play.addEventListener("click", () => {
    state.playing = !state.playing;
    play.setAttribute("aria-pressed", state.playing);
    if (state.playing && state.what === 0) { find("what").value = String(data.modes[state.mode].main); state.what = data.modes[state.mode].main; scale(); }
    wake();
  });
  function scale() {
    const bar = find("bar"), pen = bar.getContext("2d"), map = bytes(state.what ? data.maps.wave : data.maps.hot);
    for (let i = 0; i < 256; i++) {
      pen.fillStyle = "#fff"; pen.fillRect(i, 0, 1, 12);
      pen.fillStyle = `rgba(${map[4 * i]},${map[4 * i + 1]},${map[4 * i + 2]},${map[4 * i + 3] / 255})`; pen.fillRect(i, 0, 1, 12);
    }
    find("low").textContent = state.what ? "\u22121" : "0";
  }

  // ---- hands: drag turns, with shift or the right button it moves, the wheel and two fingers zoom, arrows turn
  const fingers = new Map();
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("pointerdown", event => { canvas.setPointerCapture(event.pointerId); fingers.set(event.pointerId, event); glide = null; });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, event => fingers.delete(event.pointerId));
  canvas.addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY], unit = 1 / canvas.clientHeight;
    if (fingers.size === 2) {
      const other = [...fingers.values()].find(f => f.pointerId !== event.pointerId);
      const span = e => Math.hypot(e.clientX - other.clientX, e.clientY - other.clientY);
      view.distance *= span(before) / Math.max(span(event), 1);
    } else if (event.shiftKey || before.button === 2) {
      const step = 2 * Math.tan(fov / 2) * view.distance * unit, [c, s] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
      const [u, d] = [Math.cos(view.lift), Math.sin(view.lift)];
      const right = [-s, c, 0], up = [-c * d, -s * d, u];
      view.target = view.target.map((x, i) => x - dx * step * right[i] + dy * step * up[i]);
    } else {
      view.azimuth -= 4 * dx * unit; view.lift = Math.max(-1.55, Math.min(1.55, view.lift + 4 * dy * unit));
    }
    fingers.set(event.pointerId, Object.assign(event, {}));
    wake();
  });
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    view.distance = Math.max(1e-3 * data.size, Math.min(20 * data.size, view.distance * Math.exp(0.0012 * event.deltaY)));
    wake();
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    const turn = { ArrowLeft: [0.08, 0], ArrowRight: [-0.08, 0], ArrowUp: [0, -0.06], ArrowDown: [0, 0.06] }[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1.11 }[event.key];
    if (!turn && !zoom) return;
    event.preventDefault();
    if (turn) { view.azimuth += turn[0]; view.lift = Math.max(-1.55, Math.min(1.55, view.lift + turn[1])); }
    if (zoom) view.distance *= zoom;
    wake();
  });
  new ResizeObserver(wake).observe(canvas);
  find("what").value = String(state.what); find("standing").checked = state.standing;
  Object.assign(view, whole());
  scale();
  choose(data.first);
  return { state, view, draw };
}
for (const root of document.querySelectorAll(".turntable")) turntable(root, JSON.parse(root.querySelector("script").textContent));
