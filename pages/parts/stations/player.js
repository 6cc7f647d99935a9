// Plays a day: the site with every station's status, and one station's levels, power, price and money.
// All figures come written from `core.figures.playback.player`; nothing here computes one. Texts are set as text.

const STEPS_PER_SECOND = 4;
const SPEEDS = [[0.5, "½×"], [1, "1×"], [2, "2×"], [4, "4×"]];
const STATUS = ["empty", "idle", "charging", "discharging"];
const SIGNS = ["", "", "▲", "▼"];
const NOBODY = 255;
const MARGIN = { left: 46, right: 22 };
const TRACKS = { soc: [18, 98], power: [124, 194], price: [220, 262], money: [288, 372] };
const BOTTOM = 392;

const kept = new WeakMap(); // by place on the page: where the day stands, whether it plays, how fast

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const before = kept.get(parentElement);
  if (before) before.stop();
  const state = before ?? { at: data.poster, touched: false, playing: false, speed: 1, steps: data.steps };
  // Of another day of another length, the same share.
  if (state.steps !== data.steps) state.at = Math.min(data.steps, Math.round((state.at / state.steps) * data.steps));
  state.steps = data.steps;
  kept.set(parentElement, state);

  const words = data.words;
  const n = data.steps;
  const focused = parentElement.activeElement?.dataset.id ?? document.activeElement?.dataset?.id;
  parentElement.querySelector(".player")?.remove();
  const root = make("div", "player");
  for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);

  // --- controls ---
  const bar = make("div", "bar", root);
  const play = make("button", "play", bar);
  play.type = "button";
  play.dataset.id = "play";
  const time = make("input", "time", bar);
  Object.assign(time, { type: "range", min: 0, max: n, step: calm ? 1 : "any" });
  time.dataset.id = "time";
  time.setAttribute("aria-label", words.time);
  const clock = make("output", "clock", bar);
  const speed = make("select", "speed", bar);
  speed.dataset.id = "speed";
  speed.setAttribute("aria-label", words.speed);
  for (const [value, label] of SPEEDS) {
    const option = make("option", "", speed, label);
    option.value = value;
    option.selected = value === state.speed;
  }

  // --- the site ---
  const middle = make("div", "middle", root);
  const site = make("div", "site", middle);
  site.setAttribute("role", "group");
  site.setAttribute("aria-label", words.site);
  const boxes = [];
  const soc = { before: data.before.map(bytes), after: data.after.map(bytes) };
  const gauges = [];
  if (data.stations.length > 60) site.classList.add("many");
  for (const group of data.transformers) {
    const section = make("section", "group", site);
    if (group.power) gauges.push(gaugeOf(group, section));
    const grid = make("div", "grid", section);
    for (const place of group.stations) grid.appendChild(boxOf(place));
  }
  const legend = make("div", "legend", site);
  for (const name of ["charging", "discharging", "idle", "empty"]) {
    const entry = make("span", "", legend);
    make("i", `swatch ${name}`, entry);
    make("span", "", entry, words[name]);
  }

  // --- the station ---
  const side = make("div", "side", middle);
  make("h4", "", side, `${words.station} ${data.stations[data.place]}`);
  const doing = make("p", "doing", side);
  const rows = make("dl", "", side);
  const figures = {};
  for (const name of ["buy", "sell"]) figures[name] = row(name, "");
  for (const name of Object.keys(data.shown.money)) figures[name] = row(name, name === "total" ? "total" : "");
  make("p", "note", side, words.note);

  const chart = make("div", "chart", root);
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", words.chart);
  let veil = null, head = null, along = () => 0;
  const watcher = new ResizeObserver(() => drawChart());
  parentElement.appendChild(root);
  watcher.observe(chart);

  // --- a frame ---
  let shownAt = -1, shownStep = -1, shownEdge = -1, request = 0, last = 0;

  function show() {
    const at = calm ? Math.floor(state.at) : state.at;
    if (at === shownAt) return;
    shownAt = at;
    const step = Math.min(n - 1, Math.floor(at)), part = at - step, edge = Math.floor(at);
    for (const box of boxes) {
      for (const [bar, port] of box.bars) {
        const from = soc.before[port][step];
        const level = from === NOBODY ? 0 : from + (soc.after[port][step] - from) * part;
        bar.style.transform = `scaleY(${(level / 100).toFixed(3)})`;
      }
    }
    if (veil) {
      const x = along(at);
      veil.setAttribute("x", x);
      veil.setAttribute("width", Math.max(0, along(n) - x));
      head.setAttribute("transform", `translate(${x} 0)`);
    }
    time.value = at;
    if (step !== shownStep || edge !== shownEdge) figuresOf(step, edge);
    shownStep = step;
    shownEdge = edge;
  }

  function figuresOf(step, edge) {
    for (const box of boxes) {
      const said = [], signs = [], levels = [];
      for (const [bar, port] of box.bars) {
        const status = Number(data.status[port][step]);
        const level = (edge > step ? soc.after : soc.before)[port][step];
        bar.parentNode.className = `port ${STATUS[status]}`;
        said.push(status ? `${words[STATUS[status]]} ${level} %` : words.empty);
        signs.push(SIGNS[status]);
        levels.push(status ? level : "–");
      }
      box.signs.textContent = [...new Set(signs)].join("");
      box.levels.textContent = levels.join(" ");
      box.button.setAttribute("aria-label", `${words.station} ${box.number}: ${said.join(", ")}`);
      box.button.title = `${words.station} ${box.number}: ${said.join(", ")}`;
    }
    for (const gauge of gauges) gauge(step);
    const ports = data.shown.power.map((power, i) => {
      const status = Number(data.status[data.place * data.ports + i][step]);
      if (!status) return words.empty;
      const kw = status > 1 ? ` ${power[step]}` : "";
      return `${words[STATUS[status]]}${kw}, ${data.shown.soc[i][edge]}`;
    });
    doing.textContent = ports.join(" · ");
    const when = `${n > 96 || data.dates[0] !== data.dates[n] ? `${data.dates[edge]} ` : ""}${data.clock[edge]}`;
    clock.textContent = when;
    time.setAttribute("aria-valuetext", `${when}, ${words.station} ${data.stations[data.place]}: ${doing.textContent}`);
    figures.buy.textContent = data.shown.buy[step];
    figures.sell.textContent = data.shown.sell[step];
    for (const [name, amounts] of Object.entries(data.shown.money)) figures[name].textContent = amounts[edge];
  }

  function frame(now) {
    const seconds = Math.min(0.25, (now - last) / 1000);
    last = now;
    state.at = Math.min(n, state.at + seconds * STEPS_PER_SECOND * state.speed);
    if (state.at >= n) setPlaying(false);
    show();
    if (state.playing) request = requestAnimationFrame(frame);
  }

  function setPlaying(on) {
    state.playing = on;
    play.textContent = on ? "❚❚" : "▶";
    play.setAttribute("aria-label", on ? words.pause : words.play);
    play.title = on ? words.pause : words.play;
    cancelAnimationFrame(request);
    if (on) {
      last = performance.now();
      request = requestAnimationFrame(frame);
    }
  }

  function toggle() {
    // The first look is into the middle of the day; playing tells it from the beginning.
    if (!state.playing && (!state.touched || state.at >= n)) state.at = 0;
    state.touched = true;
    setPlaying(!state.playing);
    show();
  }

  function go(to) {
    state.touched = true;
    state.at = Math.max(0, Math.min(n, to));
    show();
  }

  play.addEventListener("click", toggle);
  time.addEventListener("input", () => go(Number(time.value)));
  speed.addEventListener("change", () => { state.speed = Number(speed.value); });
  root.addEventListener("keydown", (event) => {
    const on = event.target.dataset.id ?? "";
    if (event.altKey || event.ctrlKey || event.metaKey || on === "speed") return;
    if (event.key === " " && on === "time") toggle();
    else if (on.startsWith("station")) { if (!walk(event.key, Number(on.slice(7)))) return; }
    else if (event.key === "ArrowRight" || event.key === "ArrowUp") go(Math.floor(state.at) + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowDown") go(Math.ceil(state.at) - 1);
    else if (event.key === "PageUp") go(state.at + 8);
    else if (event.key === "PageDown") go(state.at - 8);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(n);
    else return;
    event.preventDefault();
  });
  let pulling = false;
  const pull = (event) => go(((event.offsetX - MARGIN.left) / Math.max(1, along(n) - MARGIN.left)) * n);
  chart.addEventListener("pointerdown", (event) => {
    pulling = true;
    chart.setPointerCapture(event.pointerId);
    pull(event);
  });
  chart.addEventListener("pointermove", (event) => { if (pulling) pull(event); });
  for (const end of ["pointerup", "pointercancel"]) chart.addEventListener(end, () => { pulling = false; });

  state.stop = () => {
    cancelAnimationFrame(request);
    watcher.disconnect();
  };
  drawChart();
  setPlaying(state.playing);
  show();
  if (focused) root.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return () => {
    state.stop();
    kept.delete(parentElement);
  };

  // --- parts ---
  function boxOf(place) {
    const button = make("button", "box");
    button.type = "button";
    button.dataset.id = `station${place}`;
    button.tabIndex = place === data.place ? 0 : -1;
    button.setAttribute("aria-pressed", String(place === data.place));
    const top = make("span", "top", button);
    make("b", "", top, String(data.stations[place]));
    const signs = make("span", "signs", top);
    const batteries = make("span", "ports", button);
    const bars = [];
    for (let i = 0; i < data.ports; i++) bars.push([make("i", "", make("span", "port", batteries)), place * data.ports + i]);
    const levels = make("span", "levels", button);
    button.addEventListener("click", () => {
      for (const box of boxes) box.button.setAttribute("aria-pressed", String(box.button === button));
      setTriggerValue("station", place);
    });
    boxes.push({ button, bars, signs, levels, number: data.stations[place], place });
    return button;
  }

  /** Arrows lead from station to station; only the chosen one is a stop of the tabulator key. */
  function walk(key, place) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
    const i = boxes.findIndex((box) => box.place === place) + (step ?? 0);
    if (!step || !boxes[i]) return false;
    boxes[i].button.focus();
    return true;
  }

  function gaugeOf(group, section) {
    const line = make("div", "transformer", section);
    make("span", "name", line, data.transformers.length > 1 ? `${words.transformer} ${group.number}` : words.transformer);
    const track = make("span", "gauge", line);
    const fill = make("i", "", track), limit = make("b", "", track);
    const text = make("span", "load", line);
    const share = (kw) => ((kw - group.low) / (group.high - group.low)) * 100;
    return (step) => {
      const ends = [share(0), share(group.power[step])].sort((a, b) => a - b);
      fill.style.left = `${ends[0]}%`;
      fill.style.width = `${ends[1] - ends[0]}%`;
      limit.style.left = `${share(group.limit[step])}%`;
      line.classList.toggle("over", group.over[step] === 1);
      text.textContent = words.load.replace("{power}", group.shown[step]).replace("{limit}", group.shown_limit[step]);
    };
  }

  function row(name, kind) {
    const line = make("div", kind, rows);
    const term = make("dt", "", line);
    if (name !== "buy" && name !== "sell") make("i", `swatch ${name}`, term);
    make("span", "", term, words[name]);
    return make("dd", "", line);
  }

  function drawChart() {
    const width = Math.max(240, chart.clientWidth);
    along = (step) => MARGIN.left + (step / n) * (width - MARGIN.left - MARGIN.right);
    const svg = draw("svg", { width, height: BOTTOM, viewBox: `0 0 ${width} ${BOTTOM}`, "aria-hidden": true });
    for (const [name, [top, bottom]] of Object.entries(TRACKS)) track(svg, name, top, bottom, width);
    hours(svg, width);
    veil = draw("rect", { class: "veil", y: TRACKS.soc[0] - 4, height: TRACKS.money[1] - TRACKS.soc[0] + 8 }, svg);
    head = draw("g", { class: "head" }, svg);
    draw("line", { y1: TRACKS.soc[0] - 6, y2: TRACKS.money[1] + 4 }, head);
    for (const [name, [top]] of Object.entries(TRACKS)) {
      draw("text", { class: "title", x: MARGIN.left, y: top - 7 }, svg).textContent = words[`track_${name}`];
    }
    chart.replaceChildren(svg);
    shownAt = -1;
    show();
  }

  function track(svg, name, top, bottom, width) {
    const axis = name === "soc" ? { low: 0, high: 1, ticks: [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]] } : data[name];
    const up = (value) => bottom - ((value - axis.low) / (axis.high - axis.low)) * (bottom - top);
    for (const [value, label] of axis.ticks) {
      draw("line", { class: "rule", x1: MARGIN.left, x2: width - MARGIN.right, y1: up(value), y2: up(value) }, svg);
      draw("text", { class: "tick", x: MARGIN.left - 6, y: up(value) + 3.5 }, svg).textContent = label;
    }
    const lineOf = (values, from, kind) => draw("path", { class: kind, d: "M" + values.map((v, i) => `${along(from + i).toFixed(1)},${up(v).toFixed(1)}`).join("L") }, svg);
    const steps = (values) => values.map((v, i) => `${along(i).toFixed(1)},${up(v).toFixed(1)}H${along(i + 1).toFixed(1)}`).join("L");
    if (name === "soc") for (const line of data.lines) lineOf(line.soc, line.from, "soc");
    if (name === "power") {
      for (const kind of ["charge", "give"]) {
        draw("path", { class: kind, d: `M${along(0)},${up(0)}L${steps(data.power[kind])}L${along(n)},${up(0)}Z` }, svg);
      }
    }
    if (name === "price") draw("path", { class: "price", d: `M${steps(data.price.buy)}` }, svg);
    if (name === "money") for (const kind of Object.keys(data.shown.money)) lineOf(data.money[kind], 0, `money ${kind}`);
  }

  function hours(svg, width) {
    const whole = [...Array(n + 1).keys()].filter((i) => data.clock[i].endsWith(":00"));
    const fits = Math.max(1, Math.floor((width - MARGIN.left) / 62));
    const every = [1, 2, 3, 4, 6, 12, 24].find((h) => whole.length / h <= fits) ?? 24;
    for (const i of whole.filter((i) => Number(data.clock[i].slice(0, 2)) % every === 0)) {
      const label = data.clock[i] === "00:00" ? data.dates[i] : data.clock[i];
      draw("text", { class: "hour", x: along(i), y: BOTTOM - 4 }, svg).textContent = label;
    }
  }
}

function make(tag, kind, parent, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  parent?.appendChild(element);
  return element;
}

function draw(tag, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.appendChild(element);
  return element;
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
