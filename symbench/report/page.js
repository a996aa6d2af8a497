"use strict";
// The page works without this script: it adds sorting, filters, sizes, metrics, copying, the choice of methods and values
// at the pointer. It needs no library and requests nothing.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const SVG = "http://www.w3.org/2000/svg";
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const draw = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const off = new Set(); // methods that are not shown
  const charts = [];
  const say = (text) => { one("#said").textContent = text; };

  // ---- tables: sort, filter, size, copy
  const words = (cell) => cell.classList.contains("cell")
    ? all("[aria-hidden],b,small", cell).map((part) => part.textContent).join(" ")
    : cell.textContent;
  const sortKey = (cell) => {
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim().replace(/−/g, "-").replace(/(\d),(?=\d{3})/g, "$1");
    const number = text.match(/^[<>≥≤~±\s]*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/i);
    if (number) return Number(number[1]);
    return text === "" || text === "–" ? null : text;
  };
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null); // nothing is last in both orders
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return sign * a.localeCompare(b, undefined, {numeric: true});
  };
  const sort = (table, column, state) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.forEach((row, i) => { if (row.dataset.order === undefined) row.dataset.order = i; });
    const original = (a, b) => a.dataset.order - b.dataset.order;
    if (state === "none") rows.sort(original);
    else {
      const sign = state === "ascending" ? 1 : -1;
      rows.sort((a, b) => compare(sortKey(a.cells[column]), sortKey(b.cells[column]), sign) || original(a, b));
    }
    body.append(...rows);
    table.classList.toggle("sorted", state !== "none");
    [...table.tHead.rows[0].cells].forEach((head, i) => head.setAttribute("aria-sort", i === column ? state : "none"));
  };
  const next = (head, table, column) => {
    const cells = [...table.tBodies[0].rows].map((row) => sortKey(row.cells[column]));
    const first = cells.some((key) => typeof key === "number") ? "descending" : "ascending";
    const second = first === "descending" ? "ascending" : "descending";
    const now = head.getAttribute("aria-sort");
    return now === first ? second : now === second ? "none" : first;
  };
  const refresh = (table) => {
    const wanted = (table.wanted || "").toLowerCase().split(/\s+/);
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = off.has(row.dataset.m) || !wanted.every((word) => text.includes(word));
    }
  };
  const LATEX = {"\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "%": "\\%", "#": "\\#",
    "_": "\\_", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "±": "$\\pm$",
    "×": "$\\times$", "−": "$-$", "≥": "$\\geq$", "≤": "$\\leq$", "≈": "$\\approx$", "⊕": "$\\oplus$", "–": "--",
    "ε": "$\\varepsilon$", "σ": "$\\sigma$", "φ": "$\\varphi$", "η": "$\\eta$", "λ": "$\\lambda$", "°": "$^{\\circ}$"};
  const FORMS = {
    CSV: (rows) => rows.map((row) => row.map((cell) => {
      const safe = /^[=+\-@\t]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
      return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
    }).join(",")).join("\n") + "\n",
    Markdown: (rows) => {
      const line = (row) => `| ${row.map((cell) => cell.replace(/([\\|*`<])/g, "\\$1")).join(" | ")} |`;
      return [line(rows[0]), `|${" --- |".repeat(rows[0].length)}`, ...rows.slice(1).map(line)].join("\n") + "\n";
    },
    LaTeX: (rows, text) => {
      const escaped = (cell) => [...cell].map((letter) => LATEX[letter] || letter).join("");
      const line = (row) => `  ${row.map(escaped).join(" & ")} \\\\`;
      return [`\\begin{tabular}{${text.map((isText) => (isText ? "l" : "r")).join("")}}`, "  \\toprule", line(rows[0]),
        "  \\midrule", ...rows.slice(1).map(line), "  \\bottomrule", "\\end{tabular}"].join("\n") + "\n";
    },
  };
  const content = (table, form) => {
    const heads = [...table.tHead.rows[0].cells];
    const kept = heads.map((head, i) => i).filter((i) => !heads[i].classList.contains("bar"));
    const tidy = (text) => text.replace(/\s+/g, " ").trim();
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
    const lines = [kept.map((i) => heads[i].dataset.head), ...rows.map((row) => kept.map((i) => tidy(words(row.cells[i]))))];
    return FORMS[form](lines, kept.map((i) => heads[i].classList.contains("text")));
  };
  const copy = async (text, form) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(`copied as ${form}`);
    setTimeout(() => say(""), 3000);
  };
  const enhance = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const label = all(":scope > :not(.why)", head).filter((part) => part.tagName !== "BUTTON");
      head.dataset.head = [...head.childNodes].filter((node) => !(node.classList && (node.classList.contains("why")
        || node.tagName === "SMALL"))).map((node) => node.textContent).join("").trim();
      if (head.classList.contains("bar")) return;
      const linked = label.some((part) => part.tagName === "A");
      const button = make("button", {type: "button", class: "sort", "aria-label": `sort by ${head.dataset.head}`});
      if (linked) head.append(button);
      else {
        button.append(...[...head.childNodes].filter((node) => !(node.classList && node.classList.contains("why"))));
        head.prepend(button);
      }
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, column, next(head, table, column)));
    });
    const bar = make("div", {class: "bar-of-table"});
    if (table.tBodies[0].rows.length > 4 || table.dataset.task) {
      const filter = make("input", {type: "search", placeholder: "filter rows", "aria-label": `filter ${table.dataset.title}`});
      filter.addEventListener("input", () => { table.wanted = filter.value; refresh(table); });
      bar.append(filter);
    }
    const copies = make("span", {class: "copies"}, "copy as ");
    for (const form of Object.keys(FORMS)) {
      const button = make("button", {type: "button", "aria-label": `copy ${table.dataset.title} as ${form}`}, form);
      button.addEventListener("click", () => copy(content(table, form), form));
      copies.append(button);
    }
    bar.append(copies);
    table.closest(".scroll").before(bar);
    table.bar = bar;
  };
  const cellsOf = (table, row, task) => {
    const line = make("tr", {"data-m": task.methods[row[0]][0]});
    if (row[2]) line.className = "dim";
    const heads = [...table.tHead.rows[0].cells].filter((head) => !head.classList.contains("bar"));
    row[3].forEach((text, i) => {
      const cell = make("td", heads[i].classList.contains("text") ? {class: "text"} : {}, text);
      line.append(cell);
      if (i !== 3) return;
      const place = row[4] && row[4].map((part) => (4 + 88 * part).toFixed(1));
      line.append(make("td", {class: "bar"}, ...(place ? [draw("svg", {viewBox: "0 0 96 12", class: "place"},
        draw("path", {d: "M4 6H92", stroke: "var(--line)"}), draw("path", {d: `M${place[0]} 6H${place[2]}`, class: "span"}),
        draw("circle", {cx: place[1], cy: 6, r: 3.2}))] : [])));
    });
    return line;
  };
  const sizes = (table, task) => {
    const known = [...new Set([task.largest, ...task.rows.map((row) => row[1])])].sort((a, b) => b - a);
    if (known.length < 2) return;
    const largest = [...table.tBodies[0].rows];
    const select = make("select", {"aria-label": `training events in ${table.dataset.title}`});
    for (const size of [...known, "all"]) {
      select.append(make("option", {value: size}, size === "all" ? "all sizes" : `N = ${size.toLocaleString("en")}`));
    }
    select.addEventListener("change", () => {
      const wanted = select.value;
      const others = task.rows.filter((row) => wanted === "all" || row[1] === Number(wanted));
      const shown = wanted === "all" || Number(wanted) === task.largest ? largest : [];
      const rows = [...shown, ...others.map((row) => cellsOf(table, row, task))];
      rows.forEach((row) => { delete row.dataset.order; });
      table.tBodies[0].replaceChildren(...rows);
      sort(table, 0, "none");
      refresh(table);
    });
    table.bar.prepend(select);
  };

  // ---- the tooltip
  const tip = one("#tip");
  const show = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const wide = tip.offsetWidth, high = tip.offsetHeight;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - wide - 6))}px`;
    tip.style.top = `${y + 18 + high > innerHeight ? y - high - 12 : y + 18}px`;
  };
  const hide = () => { tip.hidden = true; };
  const number = (value, digits = 4) => {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
    return Number(value.toPrecision(digits)).toLocaleString("en", {maximumFractionDigits: 6});
  };
  const highlight = (svg, method) => {
    svg.classList.toggle("pointed", method !== null);
    for (const group of all("g[data-m]", svg)) group.classList.toggle("this", group.dataset.m === method);
  };

  // ---- figures: values at the pointer, from the places of the marks and the axes of their panel
  const marksOf = (svg) => {
    const found = [];
    for (const panel of all("g[data-axes]", svg)) {
      const axes = JSON.parse(panel.dataset.axes);
      const [left, top, wide, high] = axes.box;
      const value = ([low, high_, log], part) => (log ? low * (high_ / low) ** part : low + (high_ - low) * part);
      for (const group of all("g[data-m]", panel)) {
        const places = all("use", group).map((mark) => [Number(mark.getAttribute("x")), Number(mark.getAttribute("y"))]);
        if (!places.length) {
          for (const path of all("path", group)) {
            if (path.closest("defs")) continue;
            for (const [, x, y] of path.getAttribute("d").matchAll(/[ML] ?(-?[\d.]+) (-?[\d.]+)/g)) places.push([Number(x), Number(y)]);
          }
        }
        for (const [x, y] of places) {
          const across = (x - left) / wide, up = 1 - (y - top) / high;
          if (across < -0.01 || across > 1.01 || up < -0.01 || up > 1.01) continue;
          const parts = [[axes.x, across], [axes.y, up]].filter(([axis]) => axis[3]);
          const text = parts.map(([axis, part]) => `${axis[3]}: ${number(value(axis, part), 3)}`).join("\n");
          found.push({x, y, method: group.dataset.m, text});
        }
      }
    }
    return found;
  };
  const point = (svg) => {
    let marks = null;
    svg.addEventListener("pointermove", (event) => {
      marks = marks || marksOf(svg);
      const matrix = svg.getScreenCTM();
      if (!matrix) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      let best = null, least = 14;
      for (const mark of marks) {
        const distance = Math.hypot(mark.x - at.x, mark.y - at.y);
        if (distance < least && !off.has(mark.method)) { best = mark; least = distance; }
      }
      highlight(svg, best && best.method);
      if (best) show(`${best.method}\n${best.text}`, event.clientX, event.clientY);
      else hide();
    });
    svg.addEventListener("pointerleave", () => { highlight(svg, null); hide(); });
  };

  // ---- curves of any metric, drawn from the page's data
  const SHAPES = {
    o: "M-3.4 0A3.4 3.4 0 1 1 3.4 0A3.4 3.4 0 1 1 -3.4 0Z", s: "M-3-3H3V3H-3Z", D: "M0-4.2L4.2 0L0 4.2L-4.2 0Z",
    P: "M-1.4-4H1.4V-1.4H4V1.4H1.4V4H-1.4V1.4H-4V-1.4H-1.4Z", X: "M-4-2.2L-2.2-4L0-1.8L2.2-4L4-2.2L1.8 0L4 2.2L2.2 4L0 1.8L-2.2 4L-4 2.2L-1.8 0Z",
    p: "M0-4L3.8-1.2L2.4 3.2H-2.4L-3.8-1.2Z", h: "M0-4L3.5-2V2L0 4L-3.5 2V-2Z",
    "*": "M0-4.6L1.2-1.4L4.4-1.4L1.9.7L2.7 4L0 2.1L-2.7 4L-1.9.7L-4.4-1.4L-1.2-1.4Z", _: "M-4-.8H4V.8H-4Z",
  };
  const DASHES = {"-": "none", "--": "6 3", "-.": "6 3 1.5 3", ":": "1.5 2.5"};
  const ticks = (low, high, log) => {
    if (log) {
      const found = [], steps = Math.log10(high / low) < 2 ? [1, 2, 5] : [1];
      for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
        for (const step of steps) { const v = step * 10 ** e; if (v >= low * 0.999 && v <= high * 1.001) found.push(v); }
      }
      return found;
    }
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) found.push(Math.abs(v) < step * 1e-6 ? 0 : v);
    return found;
  };
  const WIDE = 640, HIGH = 300, LEFT = 64, RIGHT = 14, TOP = 12, BOTTOM = 44;
  const chart = (figure, task) => {
    const select = make("select", {"aria-label": `metric of the curves of ${task.label}`});
    task.curves.forEach((curve, i) => select.append(make("option", {value: i}, curve.title)));
    const plot = make("div", {class: "plot"}), legend = make("div", {class: "legend-of-chart"});
    const box = make("div", {class: "chart"}, make("label", {}, "metric ", select), plot, legend);
    const frame = one(".frame", figure);
    frame.classList.add("still");
    frame.before(box);
    let points = [], chosen = -1;
    const mark = (i, svg) => {
      chosen = i;
      const at = points[i];
      highlight(svg, at.method);
      const screen = new DOMPoint(at.x, at.y).matrixTransform(svg.getScreenCTM());
      show(at.text, screen.x, screen.y);
    };
    const redraw = () => {
      const curve = task.curves[select.value || 0];
      const grey = (i) => task.methods[i][1] === "#8A8D94";
      const seen = curve.points.filter((p) => !off.has(task.methods[p[0]][0]));
      const least = Math.min(...curve.points.filter((p) => p[2] > 0 && !grey(p[0])).map((p) => p[2]));
      const kept = seen.filter((p) => !curve.log || (p[2] > 0 && !(grey(p[0]) && p[2] < least / 100)));
      points = [];
      legend.replaceChildren();
      for (const [method, colour, marker] of task.methods) {
        if (!curve.points.some((p) => task.methods[p[0]][0] === method)) continue;
        const key = draw("svg", {viewBox: "-6 -6 12 12", width: 14, height: 14, "aria-hidden": "true"}, draw("path", {d: SHAPES[marker] || SHAPES.o, fill: colour}));
        const button = make("button", {type: "button", "aria-pressed": String(!off.has(method))}, key, method);
        button.addEventListener("click", () => { off.has(method) ? off.delete(method) : off.add(method); apply(); });
        legend.append(button);
      }
      if (!kept.length) { plot.replaceChildren(make("p", {class: "note"}, "No chosen method has a value of this metric.")); return; }
      const ns = [...new Set(curve.points.map((p) => p[1]))].sort((a, b) => a - b);
      const wide = ns[0] === ns[ns.length - 1] ? 2 : 1.25;
      const x0 = ns[0] / wide, x1 = ns[ns.length - 1] * wide;
      const ends = (p) => [p[2], p[3] ?? p[2], p[4] ?? p[2]];
      let low = Math.min(...kept.flatMap((p) => (curve.log ? ends(p).filter((v) => v > p[2] / 30) : ends(p))));
      let high = Math.max(...kept.flatMap(ends));
      if (curve.log) { low /= 1.3; high *= 1.3; } else {
        const room = (high - low || Math.abs(high) || 1) * 0.06;
        low -= room; high += room;
      }
      const X = (n) => LEFT + (WIDE - LEFT - RIGHT) * Math.log(n / x0) / Math.log(x1 / x0);
      const part = (v) => (curve.log ? Math.log(Math.max(v, low) / low) / Math.log(high / low) : (v - low) / (high - low));
      const Y = (v) => HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * part(v);
      const svg = draw("svg", {viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", tabindex: 0,
        "aria-label": `${curve.title} against training events on ${task.label}; arrow keys go from point to point`});
      for (const v of ticks(low, high, curve.log)) {
        const text = draw("text", {x: LEFT - 8, y: Y(v) + 4, "text-anchor": "end"}, number(v));
        svg.append(draw("path", {d: `M${LEFT} ${Y(v)}H${WIDE - RIGHT}`, stroke: "var(--grid)"}), text);
      }
      for (const n of ns) svg.append(draw("text", {x: X(n), y: HIGH - BOTTOM + 18, "text-anchor": "middle"}, n.toLocaleString("en")));
      svg.append(draw("path", {d: `M${LEFT} ${TOP}V${HIGH - BOTTOM}H${WIDE - RIGHT}`, fill: "none", stroke: "currentColor"}),
        draw("text", {x: (LEFT + WIDE - RIGHT) / 2, y: HIGH - 6, "text-anchor": "middle"}, "training events N"),
        draw("text", {x: 0, y: 0, transform: `translate(13 ${(TOP + HIGH - BOTTOM) / 2}) rotate(-90)`, "text-anchor": "middle"}, curve.title));
      task.methods.forEach(([method, colour, marker, dash], i) => {
        const own = kept.filter((p) => p[0] === i).sort((a, b) => a[1] - b[1]);
        if (!own.length) return;
        const shift = 1.02 ** (i - (task.methods.length - 1) / 2);
        const place = (p) => [X(Math.min(Math.max(p[1] * (task.methods.length < 20 ? shift : 1), x0), x1)), Y(p[2])];
        const line = own.map((p) => place(p).map((v) => v.toFixed(1)).join(" ")).join("L");
        const group = draw("g", {"data-m": method, stroke: colour, fill: colour},
          draw("path", {d: `M${line}`, fill: "none", "stroke-width": 1.6, "stroke-dasharray": DASHES[dash] || "none"}));
        for (const p of own) {
          const [x, y] = place(p);
          if (p[3] !== null) group.append(draw("path", {d: `M${x.toFixed(1)} ${Y(p[3]).toFixed(1)}V${Y(p[4]).toFixed(1)}`}));
          group.append(draw("path", {d: SHAPES[marker] || SHAPES.o, stroke: "none", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`}));
          const interval = p[3] === null ? "" : ` [${number(p[3])}, ${number(p[4])}]`;
          const seeds = p[5] === 1 ? "1 seed" : `${p[5]} seeds`;
          points.push({x, y, method, text: `${method}, N = ${p[1].toLocaleString("en")}\n${curve.title}: ${number(p[2])}${interval}\n${seeds}`});
        }
        svg.append(group);
      });
      plot.replaceChildren(svg);
      svg.addEventListener("pointermove", (event) => {
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        let best = -1, nearest = 24;
        points.forEach((p, i) => { const d = Math.hypot(p.x - at.x, p.y - at.y); if (d < nearest) { best = i; nearest = d; } });
        if (best >= 0) mark(best, svg);
        else { highlight(svg, null); hide(); }
      });
      svg.addEventListener("pointerleave", () => { highlight(svg, null); hide(); });
      svg.addEventListener("blur", () => { highlight(svg, null); hide(); });
      svg.addEventListener("keydown", (event) => {
        const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
        if (event.key === "Escape") hide();
        if (!step) return;
        event.preventDefault();
        mark((chosen + step + points.length) % points.length, svg);
        say(points[chosen].text);
      });
    };
    select.addEventListener("change", redraw);
    charts.push(redraw);
    redraw();
  };

  // ---- the choice of methods
  const boxes = [];
  const apply = () => {
    for (const table of all("table[data-title]")) refresh(table);
    for (const group of all("figure .frame g[data-m]")) group.style.display = off.has(group.dataset.m) ? "none" : "";
    for (const redraw of charts) redraw();
    for (const box of boxes) box.checked = !off.has(box.value);
    one("#shown").textContent = off.size ? `${boxes.length - off.size} of ${boxes.length}` : `all ${boxes.length}`;
  };
  const methods = () => {
    const field = one("#methods");
    for (const row of all("table.matrix tbody tr")) {
      const box = make("input", {type: "checkbox", value: row.dataset.m});
      box.checked = true;
      box.reference = row.classList.contains("dim");
      box.addEventListener("change", () => { box.checked ? off.delete(box.value) : off.add(box.value); apply(); });
      boxes.push(box);
      field.append(make("label", {}, box, ` ${row.dataset.m}`));
    }
    one("#find-method").addEventListener("input", (event) => {
      const wanted = event.target.value.toLowerCase();
      for (const box of boxes) box.parentElement.hidden = !box.value.toLowerCase().includes(wanted);
    });
    for (const button of all("[data-choose]")) {
      button.addEventListener("click", () => {
        off.clear();
        for (const box of boxes) {
          if (button.dataset.choose === "none" || (button.dataset.choose === "competing" && box.reference)) off.add(box.value);
        }
        apply();
      });
    }
    document.addEventListener("click", (event) => {
      const choose = one("#choose");
      if (choose.open && !choose.contains(event.target)) choose.open = false;
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") { one("#choose").open = false; hide(); } });
    if (boxes.length) one("#tools").hidden = false;
  };

  // ---- folds
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  };
  const folds = () => {
    const inside = () => all("main details");
    const button = one("#unfold");
    button.addEventListener("click", () => {
      const open = button.dataset.open !== "true";
      for (const part of inside()) if (part.id !== "choose") part.open = open;
      button.dataset.open = String(open);
      button.textContent = open ? "Close all sections" : "Open all sections";
    });
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = inside().filter((part) => !part.open && part.id !== "choose");
      for (const part of closed) part.open = true;
    });
    addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
    addEventListener("hashchange", reveal);
    if (matchMedia("(max-width: 64rem)").matches) one(".contents").open = false;
    reveal();
  };

  const load = async () => {
    if (typeof DecompressionStream === "undefined") return {tasks: []};
    const bytes = Uint8Array.from(atob(one("#page-data").textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  all("table[data-title]").forEach(enhance);
  methods();
  apply();
  all("figure .frame > svg").forEach(point);
  folds();
  load().then((data) => {
    for (const task of data.tasks) {
      const table = one(`table[data-task="${task.anchor}"]`);
      if (table) sizes(table, task);
      const figure = one(`figure.curves[data-task="${task.anchor}"]`);
      if (figure) chart(figure, task);
    }
    document.documentElement.dataset.ready = "true";
  });
})();
