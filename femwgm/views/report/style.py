"""Style and script of the report."""

from __future__ import annotations

STYLE = """
:root { --ink: #1d232a; --grey: #5c6670; --line: #dfe4e8; --te: #0072b2; --tm: #b34700; --paper: #fff; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f5f6; color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 2.5rem 2.5rem 4rem; background: var(--paper); min-height: 100vh; }
header { border-bottom: 2px solid var(--ink); margin-bottom: 1.2rem; }
h1 { font-size: 1.7rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 0.6rem; }
h3 { font-size: 1rem; margin: 1.8rem 0 0.3rem; }
p { margin: 0.4rem 0 0.8rem; max-width: 46rem; }
.stamp, .note, figcaption, caption { color: var(--grey); font-size: 0.85rem; }
.lead { font-size: 1.08rem; }
.warning { border-left: 4px solid #d55e00; background: #fdf4ec; padding: 0.2rem 1rem 0.4rem; margin: 1.2rem 0; }
.warning h2 { margin: 0.5rem 0 0.2rem; font-size: 1rem; }
figure { margin: 1rem 0 1.6rem; }
img { display: block; width: 100%; max-width: 60rem; height: auto; }
figcaption { margin-top: 0.4rem; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.82rem; }
caption { caption-side: bottom; text-align: left; padding-top: 0.5rem; }
th, td { padding: 0.25rem 0.5rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
.sortable { width: 100%; }
.sortable td:first-child, .plain th, .plain td { text-align: left; white-space: normal; }
thead th { border-bottom: 1.5px solid var(--ink); font-weight: 600; vertical-align: bottom; }
thead button { all: unset; cursor: pointer; }
thead button:hover, thead button:focus-visible { text-decoration: underline; }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
tbody tr:hover { background: #f3f7fa; }
.missed { background: #fdeee6; }
.TE { color: var(--te); font-weight: 700; } .TM { color: var(--tm); font-weight: 700; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; font-size: 0.88rem; max-width: 50rem; }
dt { font-weight: 600; } dd { margin: 0; }
summary { cursor: pointer; margin: 0.8rem 0 0.4rem; color: var(--grey); font-size: 0.88rem; }
pre { background: #f6f8f9; border: 1px solid var(--line); padding: 0.8rem 1rem; font-size: 0.78rem; line-height: 1.45;
  overflow-x: auto; white-space: pre-wrap; }
.side { display: flex; gap: 3rem; flex-wrap: wrap; align-items: flex-start; }
@media print {
  @page { size: A4; margin: 14mm 12mm; }
  thead { break-inside: avoid; } thead button { display: contents; }
  body { background: none; font-size: 10pt; } main { max-width: none; padding: 0; }
  table { font-size: 7pt; } th, td { padding: 0.12rem 0.3rem; } .wide { overflow: visible; }
  img { max-height: 104mm; width: auto; max-width: 100%; } figure { margin: 0.6rem 0; }
  figure, tr, li, .whole { break-inside: avoid; } h2, h3 { break-after: avoid; } thead { display: table-header-group; }
  summary { display: none; } pre { font-size: 7.5pt; } .warning { background: none; }
}
"""

SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const key = row => row.cells[column].dataset.key;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return up ? order : -order;
    });
    heads.forEach(other => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  }));
}
"""
