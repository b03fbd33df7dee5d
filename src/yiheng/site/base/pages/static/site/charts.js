// Bars of counts; the same numbers are in the tables below them.
"use strict";

for (const box of document.querySelectorAll("[data-bars]")) {
  const { names, counts } = JSON.parse(box.dataset.bars);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 12, top: 24, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: names, axisLabel: { interval: 0, rotate: names.length > 6 ? 35 : 0, color: "#37424e" } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: "#37424e" } },
    series: [{ type: "bar", data: counts, barMaxWidth: 46, itemStyle: { color: "#1f5f99" }, label: { show: true, position: "top", color: "#1d2733" } }],
  });
  window.addEventListener("resize", () => chart.resize());
}
