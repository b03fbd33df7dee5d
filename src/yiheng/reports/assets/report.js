"use strict";
// Draws the charts, switches the language (kept in the address: #en/section), sorts tables. Asks no network for anything.
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("charts").textContent);
  const drawn = new Map();
  const COLOURS = { main: "#1f5f99", pale: "#a9c6e0", line: "#c8682a", over: "#c8682a", under: "#1f5f99", soft: "#55616f", grid: "#e3e8ee" };
  const PALETTE = ["#1f5f99", "#c8682a", "#4f8f6b", "#8a6bb0", "#b59a2d", "#6f7f8f"];

  const LABEL = 11;
  const PAPER = 1000; // px across A4 landscape between the margins
  const SCREEN = { bubbles: 520, bars: 22, balance: 20 }; // px: a chart's height, and a bar's with its gap
  const SHEET = { bubbles: 390, bars: 18, balance: 16 };

  const english = () => root.lang === "en";
  const say = (pair) => (pair ? (english() ? pair.en : pair.zh) : "");
  const short = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
  const bubbleName = (name) => short(name, english() ? 28 : 14);
  const titled = (series) => say(series.name) + (series.unit ? ` (${say(series.unit)})` : "");

  function axisNumber(value) {
    const steps = english() ? [[1e9, "bn"], [1e6, "M"], [1e3, "k"]] : [[1e8, "亿"], [1e4, "万"]];
    const step = steps.find(([size]) => Math.abs(value) >= size);
    return step ? `${+(value / step[0]).toPrecision(4)}${step[1]}` : String(+value.toPrecision(6));
  }

  // Names and codes come from the data, so tooltips are built of text nodes and never of markup.
  function tip(chart, at) {
    const box = document.createElement("div");
    const lines = [say(chart.labels[at])];
    for (const series of [...chart.series, ...(chart.size ? [chart.size] : [])]) lines.push(`${titled(series)}: ${series.shown[at]}`);
    lines.forEach((line, place) => {
      const row = box.appendChild(document.createElement(place ? "div" : "b"));
      row.textContent = line;
    });
    return box;
  }

  const base = (chart, trigger) => ({
    animation: false,
    color: PALETTE,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#1d2733" },
    tooltip: {
      trigger,
      confine: true,
      axisPointer: { type: "shadow" },
      formatter: (hit) => tip(chart, (Array.isArray(hit) ? hit[0] : hit).dataIndex),
    },
  });
  const valueAxis = (series, extra) => ({
    type: "value",
    name: series ? titled(series) : "",
    nameTextStyle: { color: COLOURS.soft },
    axisLabel: { formatter: axisNumber, color: COLOURS.soft, hideOverlap: true },
    splitLine: { lineStyle: { color: COLOURS.grid } },
    ...extra,
  });
  const nameAxis = (chart, most, extra) => ({
    type: "category",
    data: chart.labels.map((label) => short(say(label), most)),
    axisTick: { show: false },
    axisLabel: { color: "#1d2733", ...extra },
  });

  // Both axes begin at 0; the bars keep to the lower part so that the line runs free above them.
  const ROOM = 1.45;
  const STEPS = [[1, 0.2], [1.2, 0.3], [1.5, 0.5], [2, 0.5], [2.5, 0.5], [3, 1], [4, 1], [5, 1], [6, 2], [8, 2], [10, 2]];
  function upTo(series, room) {
    const most = Math.max(1, ...series.values.map((value) => value ?? 0)) * room;
    const size = 10 ** Math.floor(Math.log10(most));
    const [max, interval] = STEPS.find(([end]) => end * size >= most);
    return { max: max * size, interval: interval * size };
  }

  const trend = (chart) => ({
    ...base(chart, "axis"),
    legend: { top: 0, itemWidth: 16, textStyle: { fontSize: 12 } },
    grid: { left: 8, right: 8, top: 52, bottom: 4, containLabel: true },
    xAxis: nameAxis(chart, 12),
    yAxis: [
      valueAxis(chart.series[0], upTo(chart.series[0], ROOM)),
      valueAxis(chart.series[1], { ...upTo(chart.series[1], 1.08), splitLine: { show: false } }),
    ],
    series: chart.series.map((series, place) => ({
      name: say(series.name),
      type: place ? "line" : "bar",
      yAxisIndex: place,
      data: series.values,
      barMaxWidth: 42,
      symbolSize: 7,
      itemStyle: { color: place ? COLOURS.line : COLOURS.pale },
      lineStyle: { width: 2.5 },
      label: { show: chart.labels.length <= 6, position: place ? "top" : "insideTop", color: place ? "#8a3b0a" : "#1d2733", backgroundColor: place ? "rgba(255,255,255,0.85)" : "transparent", padding: [1, 3], formatter: (hit) => series.shown[hit.dataIndex], fontSize: 11 },
    })),
  });

  // The first series by months or days; the others, where there are any, are its centre and limits.
  const control = (chart) => ({
    ...base(chart, "axis"),
    legend: { top: 0, itemWidth: 16, textStyle: { fontSize: 12 } },
    grid: { left: 8, right: 8, top: 34, bottom: 4, containLabel: true },
    xAxis: nameAxis(chart, 12),
    yAxis: valueAxis(chart.series[0], { scale: chart.series.length > 1 }),
    series: chart.series.map((series, place) => ({
      name: say(series.name),
      type: "line",
      data: series.values,
      symbol: place ? "none" : "circle",
      symbolSize: 7,
      itemStyle: { color: place ? COLOURS.line : COLOURS.main },
      lineStyle: { width: place ? 1.5 : 2.5, type: place > 1 ? "dashed" : "solid" },
    })),
  });

  const bars = (chart) => ({
    ...base(chart, "axis"),
    grid: { left: 8, right: 110, top: 6, bottom: 4, containLabel: true },
    xAxis: valueAxis(null),
    yAxis: { ...nameAxis(chart, 22, { interval: 0 }), inverse: true },
    series: [{
      type: "bar",
      data: chart.series[0].values,
      barMaxWidth: 18,
      itemStyle: { color: COLOURS.main },
      label: { show: true, position: "right", fontSize: 11, formatter: (hit) => chart.series[0].shown[hit.dataIndex] },
      // Of an index, 1 is what the region gives.
      ...(chart.series[0].kind === "index" ? { markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: "#8c98a5", type: "solid" }, data: [{ xAxis: 1 }] } } : {}),
    }],
  });

  const balance = (chart) => ({
    ...base(chart, "axis"),
    grid: { left: 8, right: 24, top: 6, bottom: 4, containLabel: true },
    xAxis: valueAxis(null, { boundaryGap: ["14%", "14%"] }),
    yAxis: { ...nameAxis(chart, 36, { interval: 0 }), inverse: true, axisLine: { onZero: false } },
    series: [{
      type: "bar",
      data: chart.series[0].values.map((value) => ({
        value,
        itemStyle: { color: value < 0 ? COLOURS.over : COLOURS.under },
        label: { position: value < 0 ? "left" : "right" },
      })),
      barMaxWidth: 16,
      label: { show: true, fontSize: 11, formatter: (hit) => chart.series[0].shown[hit.dataIndex] },
    }],
  });

  const donut = (chart) => ({
    ...base(chart, "item"),
    series: [{
      type: "pie",
      radius: ["42%", "70%"],
      center: ["50%", "50%"],
      data: chart.labels.map((label, at) => ({ name: say(label), value: chart.series[0].values[at] })),
      label: { formatter: (hit) => `${hit.name}\n${hit.percent.toFixed(1)}%` },
    }],
  });

  function quadrant(chart) {
    const [across, up] = chart.series;
    const most = Math.max(...chart.size.values.map((value) => value ?? 0), 1);
    const points = chart.labels.map((label, at) => ({ name: say(label), value: [across.values[at], up.values[at], chart.size.values[at], at] }))
      .filter((point) => point.value[0] !== null && point.value[1] !== null);
    const axis = (series, place) => {
      const furthest = Math.max(0.1, ...points.map((point) => Math.abs(point.value[place] - 1))) * 1.1;
      const interval = [0.05, 0.1, 0.2, 0.5].find((step) => furthest / step <= 5) ?? 1;
      const reach = Math.ceil(furthest / interval) * interval;
      return valueAxis(series, {
        min: +(1 - reach).toFixed(2), max: +(1 + reach).toFixed(2), interval, nameLocation: "middle", nameGap: place ? 44 : 28,
        axisLabel: { formatter: (value) => value.toFixed(2), color: COLOURS.soft },
      });
    };
    const corner = (text, x, y) => ({ type: "text", [x]: x === "left" ? 76 : 34, [y]: y === "top" ? 16 : 62, silent: true, style: { text, fill: "#6b7785", fontSize: 12 } });
    return {
      ...base(chart, "item"),
      tooltip: { ...base(chart, "item").tooltip, formatter: (hit) => (hit.data && hit.data.value ? tip(chart, hit.data.value[3]) : "") },
      grid: { left: 66, right: 24, top: 8, bottom: 52 },
      xAxis: axis(across, 0),
      yAxis: axis(up, 1),
      graphic: english()
        ? [corner("dearer, longer", "right", "top"), corner("cheaper, longer", "left", "top"), corner("dearer, shorter", "right", "bottom"), corner("cheaper, shorter", "left", "bottom")]
        : [corner("费用高、时间长", "right", "top"), corner("费用低、时间长", "left", "top"), corner("费用高、时间短", "right", "bottom"), corner("费用低、时间短", "left", "bottom")],
      series: [{
        type: "scatter",
        data: points,
        symbolSize: (value) => 8 + 32 * Math.sqrt((value[2] ?? 0) / most),
        itemStyle: { color: "rgba(31,95,153,0.62)", borderColor: "#fff" },
        label: { show: false, fontSize: LABEL, color: "#1d2733", formatter: (hit) => bubbleName(hit.name) },
        markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: "#8c98a5", type: "solid" }, data: [{ xAxis: 1 }, { yAxis: 1 }] },
      }],
    };
  }

  // This build of ECharts lays out no labels: those furthest from 1.0 are placed first, then what still finds room.
  const SIDES = {
    top: (x, y, r, w) => [x - w / 2, y - r - LABEL - 5],
    right: (x, y, r) => [x + r + 4, y - LABEL / 2 - 1],
    bottom: (x, y, r, w) => [x - w / 2, y + r + 4],
    left: (x, y, r, w) => [x - r - w - 4, y - LABEL / 2 - 1],
  };
  function nameBubbles(here) {
    const { data: points, symbolSize } = here.getOption().series[0];
    const wide = here.getWidth();
    const spots = points.map((point) => ({ point, at: here.convertToPixel({ gridIndex: 0 }, point.value.slice(0, 2)), r: symbolSize(point.value) / 2 }));
    const taken = spots.map(({ at: [x, y], r }) => [x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7]);
    for (const across of [70, wide - 140]) taken.push([across, 8, across + 110, 34], [across, here.getHeight() - 90, across + 110, here.getHeight() - 58]);
    const free = (box) => box[0] > 70 && box[2] < wide - 4 && box[1] > 2 && taken.every((other) => box[2] < other[0] || other[2] < box[0] || box[3] < other[1] || other[3] < box[1]);
    const far = ({ point: { value: [x, y] } }) => Math.hypot(x - 1, y - 1);
    for (const { point, at: [x, y], r } of [...spots].sort((a, b) => far(b) - far(a))) {
      const w = [...bubbleName(point.name)].reduce((sum, letter) => sum + (letter > "\u2e7f" ? LABEL : LABEL * 0.56), 0);
      const fits = Object.entries(SIDES).map(([side, corner]) => [side, corner(x, y, r, w)])
        .map(([side, [left, top]]) => [side, [left, top, left + w, top + LABEL + 2]]).find(([, box]) => free(box));
      point.label = { show: Boolean(fits), position: fits ? fits[0] : "top" };
      if (fits) taken.push(fits[1]);
    }
    here.setOption({ series: [{ data: points }] });
  }

  const DRAWINGS = { trend, control, bars, balance, donut, quadrant };
  // What a chart needs by its content, in px; nothing where the style sheet's height will do.
  function tall(chart, on) {
    if (chart.drawing === "quadrant") return on.bubbles;
    return on[chart.drawing] && Math.max(120, 46 + on[chart.drawing] * chart.labels.length);
  }

  const fit = (box, height) => { if (height) box.style.height = `${height}px`; };

  function draw(id) {
    const box = document.getElementById(id);
    const chart = data[id];
    if (!box || !chart.series.some((series) => series.values.some((value) => value !== null))) {
      if (box) { box.hidden = true; box.nextElementSibling.hidden = false; }
      return;
    }
    fit(box, tall(chart, SCREEN));
    const here = drawn.get(id) || echarts.init(box, null, { renderer: "svg" });
    drawn.set(id, here);
    here.resize();
    here.setOption(DRAWINGS[chart.drawing](chart), true);
    if (chart.drawing === "quadrant") nameBubbles(here);
    box.setAttribute("aria-label", english() ? box.dataset.en : box.dataset.zh);
  }
  const drawAll = () => Object.keys(data).forEach(draw);

  // The address: "#overview" in Chinese, "#en/overview" in English.
  const place = () => location.hash.replace(/^#(en(\/|$))?/, "");
  function speak() {
    root.lang = /^#en(\/|$)/.test(location.hash) ? "en" : "zh-CN";
    const title = document.querySelector("title");
    document.title = english() ? title.dataset.en : title.dataset.zh;
    const button = document.getElementById("language");
    button.textContent = english() ? button.dataset.en : button.dataset.zh;
    button.lang = english() ? "zh-CN" : "en";
    drawAll();
  }
  function go(to, focus) {
    const target = to && document.getElementById(to);
    if (!target) return;
    target.scrollIntoView();
    if (focus) target.focus({ preventScroll: true });
  }
  function address(to, inEnglish) {
    history.replaceState(null, "", inEnglish ? `#en${to ? "/" + to : ""}` : `#${to}`);
  }

  document.querySelectorAll(".side li a, .skip").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    const to = link.getAttribute("href").slice(1);
    address(to, english());
    go(to, true);
  }));
  document.getElementById("language").addEventListener("click", () => { address(place(), !english()); speak(); });
  document.getElementById("print").addEventListener("click", () => window.print());
  // Other pages open in the language of this one.
  document.querySelectorAll("a[href*='.html']").forEach((link) => link.addEventListener("click", () => { link.hash = english() ? "en" : ""; }));
  window.addEventListener("hashchange", () => { speak(); go(place(), false); });

  // Sorting: numbers as numbers, names as names, what is not available always last.
  function sort(head) {
    const table = head.closest("table");
    const at = [...head.parentNode.children].indexOf(head);
    const falling = head.getAttribute("aria-sort") === "none" ? head.classList.contains("number") : head.getAttribute("aria-sort") === "ascending";
    const numbers = head.classList.contains("number");
    const key = (row) => row.children[at].dataset.key;
    const rows = [...table.tBodies[0].rows];
    const compare = numbers ? (a, b) => key(a) - key(b) : (a, b) => key(a).localeCompare(key(b), "zh-CN");
    rows.sort((a, b) => (key(a) === "") - (key(b) === "") || (falling ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...rows);
    [...head.parentNode.children].forEach((each) => each.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  }
  document.querySelectorAll("th .sort").forEach((button) => {
    button.addEventListener("click", () => sort(button.closest("th")));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(button.closest("th"));
    });
  });

  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    document.querySelectorAll(".side li a").forEach((link) => link.classList.toggle("here", link.getAttribute("href") === `#${entry.target.id}`));
  }), { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("main section").forEach((section) => seen.observe(section));

  const resizeAll = (width, on) => drawn.forEach((chart, id) => {
    fit(document.getElementById(id), tall(data[id], on));
    chart.resize({ width });
    if (data[id].drawing === "quadrant") nameBubbles(chart);
    chart.getZr().flush(); // a printer waits for no next frame
  });
  window.addEventListener("resize", () => resizeAll("auto", SCREEN));
  window.addEventListener("beforeprint", () => resizeAll(PAPER, SHEET));
  window.addEventListener("afterprint", () => resizeAll("auto", SCREEN));
  speak();
  go(place(), false);
})();
