"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (place) => (place === null ? null : data.pool[place]);
  const all = (place) => at(place).map(at);
  const byId = (id) => document.getElementById(id);
  const table = byId("matrix");
  const dialog = byId("story");
  const body = byId("story-body");
  for (const id of ["filters", "hint", "theme"]) byId(id).hidden = false;

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const seconds = (ms) => (ms / 1000).toFixed(3);
  const time = (ms) => make("time", {}, ms === null ? "" : seconds(ms));

  // --- A story ---

  const marks = {
    command: [">", "command"], reply: ["<", "reply"], event: ["*", "event"], note: ["*", "note"],
    failure: ["!", "failure"], said: ["\"", "the client prints"], changed: ["~", "changed on the way"],
    lost: ["x", "lost"], packet: ["-", "packet"],
  };

  const boxOf = (point) => {
    const kinds = { "load-balancer": "lb", endpoint: "vpce", gateway: "router", firewall: "router",
      "internet-gateway": "igw", router: "net" };
    const id = point.kind === "router" ? point.network : point.name;
    return `${kinds[point.kind] ?? "host"}_${id.replaceAll("-", "_")}`;
  };

  const called = (point) => (point.address ? `${point.name} (${point.address})` : point.name);

  const sentence = (way) => {
    const names = way.points.map(called);
    if (way.stayed) return `${way.packet}: no packet left ${names[0]}.`;
    const through = names.slice(1, way.lost ? undefined : -1);
    const passed = through.length ? ` through ${through.join(", ")}` : "";
    const end = way.lost
      ? ` and was ${way.lost.answered ? "answered with unreachable" : "dropped"} by ${way.lost.at.name}: ${way.lost.text}.`
      : ` to ${names[names.length - 1]}.`;
    return `${way.packet} went from ${names[0]}${passed}${end}`;
  };

  /** Draws ways over a picture. */
  const overlay = (svg, ways, failed) => {
    const shape = (name) => svg.querySelector(`g[data-name="${name}"] rect`);
    const box = (name) => {
      const rect = shape(name);
      if (!rect) return null;
      const [x, y, w, h] = ["x", "y", "width", "height"].map((key) => Number(rect.getAttribute(key)));
      return { x, y, w, h, cx: x + w / 2, cy: y + h / 2 };
    };
    const lines = [...svg.querySelectorAll("path[data-from]")];
    const joins = (a, b) => (line) =>
      (line.dataset.from === a && line.dataset.to === b) ||
      (line.dataset.from === b && line.dataset.to === a);
    const between = (a, b) => {
      const line = lines.find(joins(a, b));
      if (line) return [line.getAttribute("d")];
      // A network that is only crossed is no stop on a packet's way, but a box in the drawing.
      const over = [...svg.querySelectorAll("g.crossed")].map((g) => g.dataset.name)
        .find((name) => lines.some(joins(a, name)) && lines.some(joins(name, b)));
      if (over) return [...between(a, over), ...between(over, b)];
      const [from, to] = [box(a), box(b)];
      if (from.x === to.x) {
        const down = from.y < to.y;
        return [`M${from.cx} ${down ? from.y + from.h : from.y}L${to.cx} ${down ? to.y : to.y + to.h}`];
      }
      const right = from.x < to.x;
      return [`M${right ? from.x + from.w : from.x} ${from.cy}L${right ? to.x : to.x + to.w} ${to.cy}`];
    };
    const cross = (x, y, text) => svg.append(draw("g", { class: "mark" },
      draw("circle", { cx: x, cy: y, r: 10 }),
      draw("path", { d: `M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10` }),
      draw("text", { x: x + 15, y: y + 4 }, text)));
    ways.forEach((way, number) => {
      const extra = number ? " later" : "";
      const add = (d) => svg.append(draw("path", { class: `way${extra}`, d }));
      const names = way.points.map(boxOf).filter(box);
      if (!names.length) return;
      names.slice(1).forEach((name, place) => {
        if (name !== names[place]) between(names[place], name).forEach(add);
      });
      const last = box(names[names.length - 1]);
      const foot = { x: last.x + 24, y: last.y + last.h + 20 };
      if (way.stayed) {
        const y = last.y + last.h;
        add(`M${last.x + 12} ${y}C${last.x + 8} ${y + 30} ${last.x + 44} ${y + 30} ${last.x + 40} ${y}`);
        if (failed) cross(foot.x, foot.y, "stays here");
        return;
      }
      if (!way.lost) return;
      const end = boxOf(way.lost.at);
      const there = box(end);
      const frame = svg.querySelector(`g.frame[data-name="${end}"]`);
      const inside = frame && there && last.x >= there.x && last.x + last.w <= there.x + there.w
        && last.y >= there.y && last.y <= there.y + there.h;
      if (there && !inside && end !== names[names.length - 1]) {
        if (frame) {
          const x = last.x < there.x ? there.x : there.x + there.w;
          const y = there.y + there.h - 14;
          add(`M${last.x < there.x ? last.x + last.w : last.x} ${last.cy}L${x} ${y}`);
          cross(x, y, `lost at ${way.lost.at.name}`);
        } else {
          between(names[names.length - 1], end).forEach(add);
          cross(there.x + 24, there.y + there.h + 2, `lost at ${way.lost.at.name}`);
        }
        return;
      }
      if (there && !frame) {
        cross(foot.x, last.y + last.h + 2, `lost at ${way.lost.at.name}`);
        return;
      }
      add(`M${foot.x} ${last.y + last.h}V${foot.y}`);
      cross(foot.x, foot.y, `lost at ${way.lost.at.name}`);
    });
  };

  const pictureOf = (topology, ways, failed) => {
    const template = byId(`picture-${topology}`);
    if (!template) return null;
    const svg = template.content.querySelector("svg").cloneNode(true);
    const frame = make("div", { class: "picture", tabindex: "0", role: "region", "aria-label": "Drawing of the topology" }, svg);
    if (ways.length) {
      overlay(svg, ways, failed);
      const title = svg.getAttribute("aria-label");
      svg.setAttribute("aria-label", `${title}. ${ways.map(sentence).join(" ")}`);
    }
    return frame;
  };

  const sequenceOf = (participants, steps) => {
    const n = participants.length;
    const who = make("li", { class: "who" });
    participants.forEach((point, place) => {
      const name = make("span", { style: `grid-column:${place + 2}` }, point.name);
      if (point.address) name.append(make("small", {}, point.address));
      who.append(name);
    });
    const list = make("ol", {}, who);
    let last = null;
    for (const [ms, kind, from, to, words] of steps) {
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      const stamp = make("time", {}, ms === last ? "" : seconds(ms));
      last = ms;
      let what;
      if (kind === "note" || kind === "failure") {
        const wide = low === high ? Math.min(low + 2, n - 1) : high;
        what = make("div", { class: `remark ${kind}`, style: `grid-column:${low + 2}/${wide + 3}` }, at(words));
      } else {
        const names = `${participants[from].name} to ${participants[to].name}: `;
        what = make("div", {
          class: `message ${kind} ${from <= to ? "right" : "left"}`,
          style: `grid-column:${low + 2}/${high + 3};--span:${high - low + 1}`,
        }, make("span", { class: "unseen" }, names), make("span", {}, at(words)));
      }
      list.append(make("li", {}, stamp, what));
    }
    const lifelines = make("div", { class: "lifelines", "aria-hidden": "true" });
    participants.forEach((_, place) => lifelines.append(make("i", { style: `grid-column:${place + 2}` })));
    list.prepend(make("li", { "aria-hidden": "true", style: "position:static;padding:0" }, lifelines));
    return make("div", { class: "sequence", style: `--n:${n}`, tabindex: "0", role: "region", "aria-label": "Messages in order" }, list);
  };

  const timelineOf = (moments) => {
    const list = make("ol", { class: "timeline wire", tabindex: "0", "aria-label": "Transcript" });
    for (const [ms, kind, words] of moments) {
      const [mark, name] = marks[kind];
      list.append(make("li", { class: kind }, time(ms),
        make("span", { "aria-hidden": "true" }, mark),
        make("span", {}, make("span", { class: "unseen" }, `${name}: `), at(words))));
    }
    return list;
  };

  const heading = (title, subtitle) => {
    const close = make("button", { type: "button" }, "Close");
    close.addEventListener("click", () => dialog.close());
    return make("div", { class: "bar" },
      make("div", {}, make("h2", { id: "story-title", tabindex: "-1" }, title), subtitle), close);
  };

  const tell = (id) => {
    const story = data.cells[id];
    const [topology, setting, client] = id.split("/");
    const outcome = data.outcomes[at(story.outcome)];
    const failed = at(story.outcome) !== "transferred";
    const ways = all(story.ways);
    const chain = all(story.chain).map(([ms, cause, words]) =>
      make("li", {}, at(words), " ", ms === null ? null : make("time", {}, `(at ${seconds(ms)} s)`)));
    const fixes = all(story.fixes).map((words) => make("li", {}, words));
    const cause = at(story.cause);
    const announced = at(story.announced);
    body.replaceChildren(
      heading(`${client} through ${topology}, PassiveIp ${setting}`,
        make("p", { class: "facts" }, `${at(story.program)} talks to ${at(story.server)}; PassiveIp is ${announced}. ${byId(`picture-${topology}`).dataset.title}.`)),
      make("p", { class: "verdict" },
        make("span", { class: `badge ${at(story.outcome)}` }, `${outcome.symbol} ${outcome.short}`),
        make("span", {}, `${outcome.meaning}, after ${seconds(story.ms)} s`)),
      ...(failed ? [make("p", {}, make("strong", {}, at(story.reason)), " ",
        cause ? make("code", {}, `[${cause}]`) : null)] : []),
      ...(chain.length ? [make("h3", {}, failed ? "Why" : "How"), make("ol", { class: "chain" }, ...chain)] : []),
      ...(fixes.length ? [make("h3", {}, "What helps (each was run and seen to work)"), make("ul", {}, ...fixes)] : []),
      make("h3", {}, "Where the deciding packet went"),
      pictureOf(topology, ways, failed),
      ...(ways.length ? ways.map(sentence) : ["Nobody dialled a data connection."]).map((words) => make("p", { class: "caption" }, words)),
      make("h3", {}, "Who said what to whom"),
      sequenceOf(all(story.participants), all(story.steps)),
      make("h3", {}, "Everything that happened"),
      make("p", { class: "facts" }, "Virtual seconds; > command, < reply, * event, x lost packet, ! failure, \" what the client prints."),
      timelineOf(all(story.timeline)),
      make("h3", {}, "Run it again"),
      make("code", { class: "replay" }, at(story.command)),
    );
  };

  const describe = (topology) => {
    const { title, summary } = byId(`picture-${topology}`).dataset;
    body.replaceChildren(heading(topology, make("p", { class: "facts" }, title)),
      make("p", {}, summary), pictureOf(topology, [], false));
  };

  // --- Opening and closing; the address says what is open ---

  let opener = null;
  const linkTo = (id) => table.querySelector(`a[href="#${CSS.escape(id)}"]`) ??
    [...table.querySelectorAll("a")].find((link) => link.hash === `#${id}`);

  const show = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (data.cells[id]) tell(id);
    else if (id && byId(`picture-${id}`)) describe(id);
    else {
      if (dialog.open) dialog.close();
      return;
    }
    opener = linkTo(id) ?? null;
    for (const link of table.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    opener?.setAttribute("aria-current", "true");
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId("story-title").focus();
  };
  dialog.addEventListener("close", () => {
    history.replaceState(null, "", location.pathname + location.search);
    if (opener) {
      if (opener.closest("td")) rove(opener);
      opener.focus();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  addEventListener("hashchange", show);

  // --- Keys ---

  const links = [...table.querySelectorAll("tbody td a")];
  const rove = (link) => {
    for (const other of links) if (other.tabIndex === 0) other.tabIndex = -1;
    link.tabIndex = 0;
  };
  for (const link of links) link.tabIndex = -1;
  if (links.length) rove(links[0]);

  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
    const column = cell.cellIndex;
    const row = rows.indexOf(cell.parentElement);
    const reach = (list) => list.find((other) => other && !other.hidden && other.querySelector("a"));
    const right = [...cell.parentElement.cells].slice(column + 1);
    const left = [...cell.parentElement.cells].slice(1, column).reverse();
    const next = {
      ArrowRight: () => reach(right),
      ArrowLeft: () => reach(left),
      ArrowDown: () => reach(rows.slice(row + 1).map((other) => other.cells[column])),
      ArrowUp: () => reach(rows.slice(0, Math.max(row, 0)).reverse().map((other) => other.cells[column])),
      Home: () => reach(left.reverse()),
      End: () => reach(right.reverse()),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const link = next()?.querySelector("a");
    if (!link) return;
    rove(link);
    link.focus();
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // --- Filters ---

  const filter = () => {
    const value = (id) => byId(id).value.trim().toLowerCase();
    const [client, topology] = [value("filter-client"), value("filter-topology")];
    const [program, outcome] = [byId("filter-program").value, byId("filter-outcome").value];
    const heads = [...table.tHead.rows[1].cells];
    // A whole id means itself, any other text every id that has it.
    const exact = heads.some((head) => head.dataset.topology === topology);
    const wanted = heads.map((head) => head.dataset.topology === undefined ||
      (exact ? head.dataset.topology === topology : head.dataset.topology.includes(topology)));
    const used = heads.map(() => false);
    let [shown, total] = [0, 0];
    for (const row of table.tBodies[0].rows) {
      const mine = row.cells[0].textContent.toLowerCase().includes(client) &&
        (!program || row.dataset.program === program);
      let hits = 0;
      for (const cell of row.cells) {
        const column = cell.cellIndex;
        if (!cell.className || column === 0) continue;
        total += 1;
        const hit = mine && wanted[column] && (!outcome || cell.classList.contains(outcome));
        cell.classList.toggle("dim", Boolean(outcome) && !hit);
        if (!hit) continue;
        hits += 1;
        used[column] = true;
      }
      row.hidden = hits === 0;
      shown += hits;
    }
    used[0] = true;
    for (const row of [table.tHead.rows[1], ...table.tBodies[0].rows]) {
      for (const cell of row.cells) cell.hidden = !used[cell.cellIndex];
    }
    for (const group of table.tHead.rows[0].cells) {
      if (!group.id) continue;
      const mine = heads.filter((head, column) => used[column] && `t-${head.dataset.topology}` === group.id);
      group.hidden = mine.length === 0;
      if (mine.length) group.colSpan = mine.length;
    }
    byId("count").textContent = shown === total ? `${total} cells` : `${shown} of ${total} cells`;
    const reachable = links.filter((link) => !link.closest("tr").hidden && !link.closest("td").hidden);
    if (reachable.length && !reachable.some((link) => link.tabIndex === 0)) rove(reachable[0]);
  };
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("reset", () => setTimeout(filter));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  filter();

  // --- Light and dark ---

  const themes = ["automatic", "light", "dark"];
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const next = themes[(themes.indexOf(root.dataset.theme ?? "automatic") + 1) % themes.length];
    if (next === "automatic") delete root.dataset.theme;
    else root.dataset.theme = next;
    byId("theme").textContent = `Theme: ${next}`;
  });

  const only = Object.keys(data.cells);
  if (!location.hash && only.length === 1) history.replaceState(null, "", `#${only[0]}`);
  show();
})();
