// Draws the charts of a page from their data, again when the theme or the width changes. A bar with an address leads there.

const MOBILE_PX = 560, BAR_PX = 34, AROUND_BARS_PX = 84;
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
const month = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short" });
const whole = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
const drawn = new Map(); // element -> instance of ECharts

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function look() {
  return {
    text: token("--dh-text"),
    quiet: token("--dh-text-quiet"),
    line: token("--dh-line"),
    surface: token("--dh-surface"),
    roles: {
      now: token("--dh-series-1"),
      before: token("--dh-series-5"),
      target: token("--dh-series-2"),
      projection: token("--dh-series-1"),
    },
    font: getComputedStyle(document.body).fontFamily,
  };
}

const isCurve = (chart) => chart.shape === "lines" || chart.shape === "curve";

const column = (one, colors) => ({
  name: one.name,
  type: "bar",
  data: one.values,
  barMaxWidth: 22,
  itemStyle: { color: colors.roles[one.role], borderRadius: 2, opacity: one.role === "before" ? 0.6 : 1 },
});

const line = (one, colors) => ({
  name: one.name,
  type: "line",
  data: one.values,
  showSymbol: one.values.filter((value) => value !== null).length === 1, // a single point has no line
  symbol: "circle",
  symbolSize: 8,
  lineStyle: {
    color: colors.roles[one.role],
    width: one.role === "now" ? 3 : 2,
    type: { target: "dashed", projection: "dotted" }[one.role] ?? "solid",
  },
  itemStyle: { color: colors.roles[one.role] },
});

function axes(chart, colors, narrow) {
  const quiet = { color: colors.quiet, fontFamily: colors.font, fontSize: narrow ? 12 : 13 };
  const names = {
    type: "category",
    data: chart.labels,
    axisLine: { lineStyle: { color: colors.line } },
    axisTick: { show: false },
    axisLabel: quiet,
  };
  const values = {
    type: "value",
    min: chart.floor,
    name: chart.unit,
    nameTextStyle: { ...quiet, align: "left" },
    splitLine: { lineStyle: { color: colors.line } },
    axisLabel: { ...quiet, formatter: (value) => number.format(value) },
  };
  if (chart.shape === "bars") {
    const width = narrow ? 110 : 190;
    return {
      xAxis: { ...values, nameLocation: "end", nameTextStyle: { ...quiet, align: "right", verticalAlign: "top", padding: [26, 0, 0, 0] }, splitNumber: narrow ? 3 : 5 },
      yAxis: { ...names, inverse: true, axisLabel: { ...quiet, width, overflow: "break" } },
    };
  }
  if (isCurve(chart)) names.boundaryGap = false;
  if (chart.shape === "lines") {
    names.axisLabel = {
      ...quiet,
      interval: (_, day) => day.endsWith("-01") && (!narrow || Number(day.slice(5, 7)) % 3 === 1),
      formatter: (day) => month.format(new Date(`${day}T12:00`)),
    };
  }
  return { xAxis: names, yAxis: values };
}

function option(chart, colors, narrow) {
  const text = { color: colors.text, fontFamily: colors.font, fontSize: 13 };
  return {
    animation: false,
    textStyle: { fontFamily: colors.font },
    grid: { left: 8, right: chart.shape === "bars" ? 48 : 16, top: chart.shape === "bars" ? 36 : 64, bottom: chart.shape === "bars" ? 28 : 8, containLabel: true },
    legend: { type: "scroll", top: 0, left: 0, right: 0, textStyle: text, itemGap: 16, itemWidth: 18, itemHeight: 8, data: chart.series.map((one) => (one.role === "target" || isCurve(chart) ? one.name : { name: one.name, icon: "roundRect" })) },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: colors.surface,
      borderColor: colors.line,
      textStyle: text,
      axisPointer: { type: isCurve(chart) ? "line" : "shadow" },
      valueFormatter: (value) => (value === null || value === undefined ? "–" : `${number.format(value)} ${chart.unit}`),
    },
    series: chart.series.map((one) => {
      const straight = isCurve(chart) || one.role === "target";
      const series = (straight ? line : column)(one, colors);
      if (chart.shape === "columns" && one.role === "target") series.symbol = "none";
      if (chart.shape === "bars" && one.role === "now") {
        series.label = { show: true, position: "right", color: colors.quiet, fontFamily: colors.font, formatter: ({ value }) => (value < 100 ? number : whole).format(value) };
      }
      return series;
    }),
    ...axes(chart, colors, narrow),
  };
}

function draw(element) {
  const chart = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  if (chart.shape === "bars") element.style.height = `${AROUND_BARS_PX + BAR_PX * Math.max(chart.labels.length, 3)}px`;
  let instance = drawn.get(element);
  if (!instance) {
    instance = window.echarts.init(element, null, { renderer: "canvas" });
    drawn.set(element, instance);
    instance.on("click", ({ dataIndex }) => {
      if (chart.hrefs[dataIndex]) location.assign(chart.hrefs[dataIndex]);
    });
  }
  instance.setOption(option(chart, look(), element.clientWidth < MOBILE_PX), true);
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected) continue;
    drawn.get(target)?.resize();
    draw(target);
  }
});

// What a part of the page brings along when it is fetched anew is drawn too; what it replaced is let go.
function begin() {
  for (const [element, instance] of drawn) {
    if (!element.isConnected) {
      widths.unobserve(element);
      instance.dispose();
      drawn.delete(element);
    }
  }
  document.querySelectorAll("[data-chart]").forEach((element) => {
    draw(element);
    widths.observe(element);
  });
}

begin();
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.closest("[data-charts-anew]")) begin();
});
document.addEventListener("dh:theme", drawAll);
window.addEventListener("beforeprint", () => drawn.forEach((instance) => instance.resize()));
