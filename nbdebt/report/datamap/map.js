"use strict";
const map = JSON.parse(document.getElementById("map").textContent);
const KINDS = ["notebook", "script", "file", "pattern", "url", "table", "unknown"];
const WIDTH = 200, HEIGHT = 44;
const svg = document.getElementById("drawing"), world = document.getElementById("world");
const details = document.getElementById("details"), hint = document.getElementById("hint");
const find = document.getElementById("find"), hits = document.getElementById("hits");

const nodes = map.nodes.map((given, index) => {
  const [kind, label, x, y, more] = given;
  return { index, kind: KINDS[kind], book: kind < 2, label, x, y, ...more, into: [], out: [] };
});
const links = map.links.map(([from, to, kind, uses]) => ({ from: nodes[from], to: nodes[to], kind, uses }));
for (const link of links) { link.from.out.push(link); link.to.into.push(link); }
for (const loop of map.loops) {
  loop.forEach((at, i) => {
    nodes[at].loop = true;
    const next = loop[(i + 1) % loop.length];
    for (const link of nodes[at].out) if (link.to.index === next) link.loop = true;
  });
}

function make(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function tag(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter(child => child !== null && child !== ""));
  return made;
}
const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

// Drawing

function split(node) {
  if (node.kind === "url" || node.kind === "table") {
    const cut = node.kind === "table" ? node.label.lastIndexOf("#") : node.label.replace(/\/+$/, "").lastIndexOf("/");
    if (cut > 0) return [node.label.slice(cut + 1) || node.label, node.label.slice(0, cut).replace(/^\w+:\/\//, "")];
  }
  const cut = node.kind === "unknown" ? -1 : node.label.lastIndexOf("/");
  return [node.label.slice(cut + 1) || node.label, cut > 0 ? node.label.slice(0, cut) : ""];
}
const short = (text, room) => text.length <= room ? text : "…" + text.slice(1 - room);
const SIGNS = { script: "≡", file: "▤", pattern: "▧", url: "↗", table: "▦", unknown: "?" };

function shape(node) {
  const round = node.book ? 5 : node.kind === "table" ? 10 : HEIGHT / 2;
  return make("rect", { class: "shape", width: WIDTH, height: HEIGHT, rx: round });
}
function draw(node) {
  const [name, where] = split(node);
  const group = make("g", {
    class: ["node", node.kind, node.book ? "book" : "data", node.loop ? "loop" : ""].join(" ").trim(),
    transform: `translate(${node.x},${node.y})`, tabindex: -1, role: "button", "data-node": node.index,
    "aria-label": `${node.kind} ${node.label}, ${said(node)}`,
  });
  const sign = node.book && node.reproduces !== null && node.reproduces !== undefined
    ? (node.reproduces ? ["✓", "sign good"] : ["✗", "sign bad"]) : [node.book ? (SIGNS[node.kind] || "·") : SIGNS[node.kind], "sign"];
  group.append(shape(node), make("text", { x: 19, y: 27, class: sign[1] }, sign[0]));
  const count = (node.findings || []).filter(f => f[2] !== "note").length;
  const note = node.loop ? "↻" : node.unread ? "not read" : "";
  const below = [where && short(where, note.length > 2 || count ? 18 : 26), note && note !== "↻" ? note : ""].filter(Boolean).join(" · ");
  group.append(make("text", { x: 34, y: below ? 19 : 27 }, short(name, note === "↻" ? 20 : 22)));
  if (below) group.append(make("text", { x: 34, y: 35, class: "where" }, below));
  if (note === "↻") group.append(make("text", { x: WIDTH - 12, y: 19, class: "count" }, "↻"));
  if (count) group.append(make("text", { x: WIDTH - 12, y: 36, class: "count" }, `▲${count}`));
  // From afar only the name, as large as the box.
  const plain = name.replace(/\.(ipynb|py)$/, "");
  group.append(make("text", { x: WIDTH / 2, y: 31, class: "far" }, plain.length <= 14 ? plain : plain.slice(0, 13) + "…"));
  node.element = group;
  return group;
}
function said(node) {
  if (node.book) return `reads ${new Set(node.into.map(l => l.from)).size}, makes ${node.out.filter(l => !l.to.book).length}`;
  return `made by ${node.into.filter(l => l.from.book).length}, read by ${node.out.filter(l => l.to.book).length}`;
}
function curve(link) {
  const { from, to } = link;
  if (map.down) {
    const x1 = from.x + WIDTH / 2, y1 = from.y + HEIGHT, x2 = to.x + WIDTH / 2, y2 = to.y - 2;
    if (y2 > y1) {
      const half = Math.max(18, (y2 - y1) / 2);
      return `M${x1},${y1} C${x1},${y1 + half} ${x2},${y2 - half} ${x2},${y2}`;
    }
    const far = Math.max(x1, x2) + WIDTH / 2 + 16 + Math.min(120, (y1 - y2) / 8);
    return `M${x1},${y1} C${x1},${y1 + 50} ${far},${y1 + 30} ${far},${(y1 + y2) / 2} S${x2},${y2 - 60} ${x2},${y2}`;
  }
  const x1 = from.x + WIDTH, y1 = from.y + HEIGHT / 2, x2 = to.x - 2, y2 = to.y + HEIGHT / 2;
  if (x2 > x1) {
    const half = Math.max(24, (x2 - x1) / 2);
    return `M${x1},${y1} C${x1 + half},${y1} ${x2 - half},${y2} ${x2},${y2}`;
  }
  // Back: below both, so that it isn't taken for one that goes on.
  const deep = Math.max(y1, y2) + HEIGHT + 16 + Math.min(120, (x1 - x2) / 8);
  return `M${x1},${y1} C${x1 + 90},${y1} ${x1 + 60},${deep} ${(x1 + x2) / 2},${deep} S${x2 - 90},${y2} ${x2},${y2}`;
}
for (const link of links) {
  link.element = make("path", { class: ["edge", link.kind, link.loop ? "loop" : ""].join(" ").trim(), d: curve(link) });
  world.append(link.element);
}
for (const node of nodes) world.append(draw(node));
if (!nodes.length) document.querySelector("main").append(tag("p", { class: "nothing" }, map.quiet.length ? "No notebook here reads or makes data, as far as its code says." : "No notebooks here."));

// Moving

let view = { x: 0, y: 0, k: 1 };
const bounds = nodes.reduce((b, n) => [Math.min(b[0], n.x), Math.min(b[1], n.y), Math.max(b[2], n.x + WIDTH), Math.max(b[3], n.y + HEIGHT)],
  nodes.length ? [Infinity, Infinity, -Infinity, -Infinity] : [0, 0, 1, 1]);
function place(next) {
  view = { ...next, k: Math.min(3, Math.max(.02, next.k)) };
  world.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.k})`);
  world.classList.toggle("mid", view.k >= .17 && view.k < .45);
  world.classList.toggle("small", view.k < .17);
}
function fit(only = null) {
  const [left, top, right, bottom] = only && only.length ? only.reduce((b, n) =>
    [Math.min(b[0], n.x), Math.min(b[1], n.y), Math.max(b[2], n.x + WIDTH), Math.max(b[3], n.y + HEIGHT)], [Infinity, Infinity, -Infinity, -Infinity]) : bounds;
  const wide = svg.clientWidth || 800, tall = svg.clientHeight || 600, room = 40;
  const k = Math.min(1.15, (wide - 2 * room) / (right - left), (tall - 2 * room) / (bottom - top));
  place({ k, x: (wide - (left + right) * k) / 2, y: (tall - (top + bottom) * k) / 2 });
}
function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const k = Math.min(3, Math.max(.02, view.k * factor));
  place({ k, x: x - (x - view.x) * k / view.k, y: y - (y - view.y) * k / view.k });
}
function reveal(node) {
  const k = Math.max(view.k, .7), x = (node.x + WIDTH / 2) * view.k + view.x, y = (node.y + HEIGHT / 2) * view.k + view.y;
  if (k === view.k && x > 130 && y > 40 && x < svg.clientWidth - 130 && y < svg.clientHeight - 40) return;
  place({ k, x: svg.clientWidth / 2 - (node.x + WIDTH / 2) * k, y: svg.clientHeight / 2 - (node.y + HEIGHT / 2) * k });
}
svg.addEventListener("wheel", event => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  const step = event.deltaMode === 1 ? event.deltaY * 18 : event.deltaY;
  zoom(Math.exp(-step * (event.ctrlKey ? .01 : .0016)), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
const fingers = new Map();
let moved = false;
svg.addEventListener("pointerdown", event => {
  if (event.button > 1) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  moved = false;
});
svg.addEventListener("pointermove", event => {
  const last = fingers.get(event.pointerId);
  if (!last) return;
  const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
  if (!moved && Math.hypot(dx, dy) < 4) return;
  if (!moved) { svg.setPointerCapture(event.pointerId); svg.classList.add("moving"); }
  moved = true;
  if (fingers.size === 1) place({ ...view, x: view.x + dx, y: view.y + dy });
  else {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const before = Math.hypot(last[0] - other[0], last[1] - other[1]), now = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
    const box = svg.getBoundingClientRect();
    if (before > 0) zoom(now / before, (event.clientX + other[0]) / 2 - box.left, (event.clientY + other[1]) / 2 - box.top);
  }
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, event => {
  fingers.delete(event.pointerId);
  svg.classList.remove("moving");
});
world.addEventListener("pointerover", event => {
  const group = event.target.closest(".node");
  if (!group || fingers.size) return;
  hint.textContent = nodes[group.dataset.node].label;
  hint.hidden = false;
});
svg.addEventListener("pointermove", event => {
  if (hint.hidden) return;
  const box = svg.getBoundingClientRect();
  hint.style.left = `${Math.min(event.clientX - box.left + 14, box.width - hint.offsetWidth - 6)}px`;
  hint.style.top = `${Math.min(event.clientY - box.top + 16, box.height - hint.offsetHeight - 6)}px`;
});
world.addEventListener("pointerout", () => { hint.hidden = true; });

// Up- and downstream

function reach(node, side, end) {
  const seen = new Set([node]), ways = new Set(), todo = [node];
  while (todo.length) for (const link of todo.pop()[side]) {
    ways.add(link);
    if (!seen.has(link[end])) { seen.add(link[end]); todo.push(link[end]); }
  }
  seen.delete(node);
  return [seen, ways];
}
let at = null;
function mark(node) {
  const [above, up] = node ? reach(node, "into", "from") : [new Set(), new Set()];
  const [below, down] = node ? reach(node, "out", "to") : [new Set(), new Set()];
  for (const one of nodes) {
    const classes = one.element.classList;
    classes.toggle("at", one === node);
    classes.toggle("up", above.has(one) && !below.has(one));
    classes.toggle("down", below.has(one));
  }
  for (const link of links) {
    link.element.classList.toggle("down", down.has(link));
    link.element.classList.toggle("up", up.has(link) && !down.has(link));
    if (down.has(link) || up.has(link)) world.insertBefore(link.element, nodes[0].element);
  }
  return [above, below];
}
function pick(node, show = false) {
  at = node;
  const [above, below] = mark(node);
  world.classList.toggle("some", node !== null || find.value.trim() !== "");
  for (const one of nodes) one.element.setAttribute("tabindex", one === (node || nodes[0]) ? 0 : -1);
  if (node) {
    if (show) reveal(node);
    history.replaceState(null, "", "#" + encodeURIComponent(node.label));
    describe(node, above, below);
  } else {
    history.replaceState(null, "", location.pathname + location.search);
    overview();
  }
}
svg.addEventListener("click", event => {
  if (moved) { moved = false; return; }
  const group = event.target.closest(".node");
  pick(group ? nodes[group.dataset.node] : null);
  if (group) group.focus({ preventScroll: true });
});

// Details

function link(node, text = node.label) {
  const made = tag("button", { class: "link", type: "button" }, text);
  made.addEventListener("click", () => { pick(node, true); node.element.focus({ preventScroll: true }); });
  return made;
}
function list(items) { return tag("ul", {}, ...items.map(item => tag("li", {}, ...[item].flat()))); }
function fold(title, items, open = false) {
  if (!items.length) return null;
  const made = tag("details", open ? { open: "" } : {}, tag("summary", {}, `${title} (${items.length})`), list(items.slice(0, 400)));
  if (items.length > 400) made.append(tag("p", { class: "soft" }, `and ${items.length - 400} more: find them above`));
  return made;
}
function uses(one) {
  return (one.uses || []).map(([where, text, via]) => tag("p", { class: "soft" }, where, text ? " · " : "", text ? tag("code", {}, text) : "", via ? ` · ${via}` : ""));
}
const counted = set => {
  const books = [...set].filter(n => n.book).length;
  return [books && plural(books, "notebook"), set.size - books && plural(set.size - books, "data set")].filter(Boolean).join(" and ") || "nothing";
};
function describe(node, above, below) {
  const parts = [tag("h2", {}, node.label), tag("p", { class: "soft" }, node.what || node.kind)];
  if (node.problem) parts.push(tag("p", { class: "error" }, node.problem));
  if (node.verdict) parts.push(tag("p", {}, node.verdict));
  if (node.loop) parts.push(tag("p", { class: "warning" }, "↻ in a feedback loop: each run changes what the next one starts from"));
  for (const line of node.lines || []) parts.push(tag("p", {}, line));
  parts.push(tag("p", { class: "soft" }, `depends on ${counted(above)}; ${counted(below)} ${below.size === 1 ? "depends" : "depend"} on it`));
  const all = [node, ...above, ...below];
  if (all.length > 1) {
    const made = tag("button", { type: "button", title: "(f)" }, "Show all of these");
    made.addEventListener("click", () => fit(all));
    parts.push(tag("p", {}, made));
  }
  const sides = node.book
    ? [["Reads", node.into, "from", "reads"], ["Runs", node.into, "from", "runs"], ["Makes", node.out, "to", "writes"], ["Is run by", node.out, "to", "runs"]]
    : [["Made by", node.into, "from", "writes"], ["Made of", node.into, "from", "part"], ["Read by", node.out, "to", "reads"], ["Part of what is read", node.out, "to", "part"]];
  for (const [title, all, end, kind] of sides) {
    const found = all.filter(one => one.kind === kind);
    if (found.length) parts.push(tag("h3", {}, title), list(found.map(one => [link(one[end]), ...uses(one)])));
    else if (kind === "writes" && !node.book) parts.push(tag("h3", {}, title), tag("p", { class: "soft" }, "no notebook here"));
    else if (kind === "reads" && !node.book) parts.push(tag("h3", {}, title), tag("p", { class: "soft" }, "no notebook here"));
  }
  const findings = node.findings || [];
  if (findings.length || node.more) {
    parts.push(tag("h3", {}, "Findings"), list(findings.map(([code, name, severity, where, message]) =>
      tag("div", { class: severity }, tag("p", {}, message), tag("p", { class: "soft" }, [code, name, where].filter(Boolean).join(" · "))))));
    if (node.more) parts.push(tag("p", { class: "soft" }, `and ${node.more} more: nbdebt check ${node.label}`));
  }
  details.replaceChildren(...parts);
  details.scrollTop = 0;
}
function swatch(...drawn) { return make("svg", { viewBox: "0 0 34 18", "aria-hidden": "true" }, ...drawn); }
function box(classes, round) {
  return swatch(make("g", { class: "node " + classes }, make("rect", { class: "shape", x: 2, y: 2, width: 30, height: 14, rx: round })));
}
const arrow = classes => swatch(make("path", { class: "edge " + classes, d: "M1,9 H32" }));
function overview() {
  const parts = [tag("h2", {}, "Who makes what, and who reads it"), tag("p", { class: "soft" }, `Data flows ${map.down ? "downward" : "from left to right"}. Select a box to see what it depends on and what depends on it.`)];
  const loops = map.loops.map(loop => {
    const made = tag("button", { class: "link", type: "button" }, [...loop, loop[0]].map(i => split(nodes[i])[0]).join(" → "));
    made.addEventListener("click", () => { pick(nodes[loop[0]]); fit(loop.map(i => nodes[i])); });
    return made;
  });
  const listed = (test, also = () => "") => nodes.filter(test).map(n => [link(n), also(n) ? tag("p", { class: "soft" }, also(n)) : ""]);
  parts.push(
    fold("Feedback loops", loops, true),
    fold("Made, and read by no notebook", listed(n => n.unread), false),
    fold("Read, and made by no notebook", listed(n => n.unmade, n => (n.lines || [])[0] || ""), false),
    fold("Computed paths", listed(n => n.kind === "unknown" || n.kind === "pattern", n => [...n.into, ...n.out].filter(l => l.from.book || l.to.book).map(l => (l.from.book ? l.from : l.to).label).join(", ")), false),
    fold("Notebooks and scripts", listed(n => n.book, n => said(n)), nodes.length < 30),
    fold("Notebooks without data", map.quiet.map(label => [label]), false),
    tag("h3", {}, "Legend"),
    tag("div", { class: "legend" },
      box("book", 3), "notebook or script: ✓ ✗ whether Restart & Run All gives the saved results, ▲ findings",
      box("data", 7), "data set: ▤ file, ↗ address, ▦ table",
      box("data pattern", 7), "path that is partly (▧) or wholly (?) computed",
      box("data loop", 7), "in a feedback loop (↻)",
      arrow(""), "is read, is made", arrow("part"), "is part of a directory or pattern", arrow("runs"), "is run by",
      arrow("up"), "what the selected box depends on", arrow("down"), "what depends on it"),
    tag("h3", {}, "Keys"),
    tag("p", { class: "soft" }, tag("kbd", {}, "/"), " find, ", tag("kbd", {}, "Enter"), " the next hit · ", tag("kbd", {}, map.down ? "↑ ↓" : "← →"), " along the flow, ", tag("kbd", {}, map.down ? "← →" : "↑ ↓"), " to neighbours · ",
      tag("kbd", {}, "+ − 0"), " zoom, show all, ", tag("kbd", {}, "f"), " what is marked · ", tag("kbd", {}, "Esc"), " back · ", tag("kbd", {}, "t"), " light or dark · ", tag("kbd", {}, "d"), " details"));
  details.replaceChildren(...parts.filter(Boolean));
}

// Finding

let found = [], turn = -1;
function search() {
  const wanted = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  found = wanted.length ? nodes.filter(n => wanted.every(word => n.label.toLowerCase().includes(word))) : [];
  turn = -1;
  const set = new Set(found);
  for (const node of nodes) node.element.classList.toggle("hit", set.has(node));
  const quiet = wanted.length ? map.quiet.filter(label => wanted.every(word => label.toLowerCase().includes(word))).length : 0;
  hits.textContent = wanted.length ? plural(found.length, "hit") + (quiet ? `, ${quiet} without data` : "") : "";
  if (at) pick(null); else world.classList.toggle("some", wanted.length > 0);
}
find.addEventListener("input", search);
find.addEventListener("keydown", event => {
  if (event.key === "Enter" && found.length) {
    turn = (turn + (event.shiftKey ? found.length - 1 : 1)) % found.length;
    pick(found[turn], true);
    hits.textContent = `${turn + 1} of ${found.length}`;
  } else if (event.key === "Escape") { find.value = ""; search(); svg.focus(); }
  event.stopPropagation();
});

// Keys

function beside(key) {
  if (!at) return nodes[0] || null;
  const [along, across, size] = map.down ? ["y", "x", HEIGHT] : ["x", "y", WIDTH];
  const nearest = (list, end) => list.map(l => l[end]).sort((a, b) => Math.abs(a[across] - at[across]) - Math.abs(b[across] - at[across]))[0] || at;
  if (key === (map.down ? "ArrowUp" : "ArrowLeft")) return nearest(at.into, "from");
  if (key === (map.down ? "ArrowDown" : "ArrowRight")) return nearest(at.out, "to");
  const more = key === "ArrowDown" || key === "ArrowRight";
  const beside = nodes.filter(n => Math.abs(n[along] - at[along]) < size / 2 && (more ? n[across] > at[across] : n[across] < at[across]));
  return beside.sort((a, b) => more ? a[across] - b[across] : b[across] - a[across])[0] || at;
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = event.target.closest("aside, header");
  if (event.key === "/") { find.focus(); find.select(); }
  else if (event.key === "Escape") { if (find.value) { find.value = ""; search(); } pick(null); }
  else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(.8);
  else if (event.key === "0") fit();
  else if (event.key === "f") fit(nodes.filter(n => ["at", "up", "down"].some(c => n.element.classList.contains(c))));
  else if (event.key === "t") theme();
  else if (event.key === "d") panel();
  else if (event.key.startsWith("Arrow") && !inside) {
    const next = beside(event.key);
    if (next) { pick(next, true); next.element.focus({ preventScroll: true }); }
  } else if ((event.key === "Enter" || event.key === " ") && event.target.closest(".node")) pick(nodes[event.target.closest(".node").dataset.node], true);
  else return;
  event.preventDefault();
});

// Light, dark, details

const root = document.documentElement, darkly = matchMedia("(prefers-color-scheme: dark)");
function dress(dark) {
  root.dataset.theme = dark ? "dark" : "light";
  document.getElementById("theme").textContent = dark ? "Light" : "Dark";
}
function theme() { dress(root.dataset.theme !== "dark"); }
darkly.addEventListener("change", event => dress(event.matches));
dress(darkly.matches);
function panel() {
  const hidden = document.body.classList.toggle("wide");
  document.getElementById("panel").setAttribute("aria-pressed", String(!hidden));
}
document.getElementById("theme").addEventListener("click", theme);
document.getElementById("panel").addEventListener("click", panel);
document.getElementById("fit").addEventListener("click", () => fit());
document.getElementById("in").addEventListener("click", () => zoom(1.25));
document.getElementById("out").addEventListener("click", () => zoom(.8));

fit();
const named = decodeURIComponent(location.hash.slice(1));
const start = named && nodes.find(node => node.label === named);
pick(start || null, Boolean(start));
