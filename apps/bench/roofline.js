"use strict";
// The roofline: every case a point under the measured roofs.
(() => {
  if (typeof d3 === "undefined") return;
  const data = JSON.parse(document.getElementById("data").textContent);
  const figure = document.getElementById("picture"), tip = document.getElementById("tip");
  const cases = Object.entries(data.cases).map(([name, c]) =>
    ({name, family: name.split("/")[0], x: c.flops / c.bytes, y: c.gflop_per_s, ...c}))
    .filter(c => c.x > 0 && c.y > 0).sort((a, b) => a.x - b.x || a.y - b.y);
  if (cases.length === 0) return;
  const memory = data.roofs.memory.map(m => ({...m, rate: Math.max(m.copy_gb_per_s, m.triad_gb_per_s)}));
  const levels = Object.entries(data.roofs.arithmetic).map(([name, a]) => ({name, rate: a.gflop_per_s}));
  const top = d3.max(levels, l => l.rate);
  const families = [...new Set(Object.keys(data.cases).map(name => name.split("/")[0]))];
  const colour = family => `var(--c${families.indexOf(family) % 8})`;
  const symbols = d3.symbols;
  const symbol = (family, size) => d3.symbol()
    .type(symbols[families.indexOf(family) % symbols.length]).size(size)();
  const digits = value => d3.format(value < 1000 ? ".3~r" : ",.0f")(value);
  const mebibytes = bytes => bytes < 1048576 ? `${bytes / 1024} KiB` : `${bytes / 1048576} MiB`;
  const described = c => `${c.name}\n${digits(c.us)} µs${c.disturbed ? " (disturbed)" : ""}, ` +
    `${digits(c.gb_per_s)} GB/s, ${digits(c.gflop_per_s)} GFLOP/s\n` +
    `${digits(c.x)} operations a byte\n${digits(100 * c.share)}% of its roof: ${c.bound}`;

  for (const family of families) {
    const item = d3.select("#legend").append("li");
    item.append("svg").attr("viewBox", "-7 -7 14 14").attr("aria-hidden", "true")
      .append("path").attr("d", symbol(family, 64)).style("fill", colour(family));
    item.append("span").text(" " + family);
  }

  let current = 0;
  function show(node, c) {
    tip.textContent = described(c);
    tip.style.display = "block";
    const box = figure.getBoundingClientRect(), at = node.getBoundingClientRect();
    const left = Math.min(at.right - box.left + 8, box.width - tip.offsetWidth);
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${at.bottom - box.top + 8}px`;
  }
  const hide = () => { tip.style.display = "none"; };

  function draw() {
    const width = figure.clientWidth, narrow = width < 560;
    const height = Math.round(Math.min(620, Math.max(340, width * .6)));
    const margin = {left: 54, right: 14, top: 14, bottom: 44};
    const x = d3.scaleLog([Math.min(.1, cases[0].x / 1.5), Math.max(100, cases[cases.length - 1].x * 1.5)],
      [margin.left, width - margin.right]);
    const y = d3.scaleLog([d3.min(cases, c => c.y) / 1.6, Math.max(top, d3.max(cases, c => c.y)) * 1.6],
      [height - margin.bottom, margin.top]);
    d3.select(figure).select("svg").remove();
    const svg = d3.select(figure).insert("svg", "#tip").attr("viewBox", [0, 0, width, height])
      .attr("height", height).attr("role", "group").attr("aria-labelledby", "picture-title");
    const decades = scale => d3.range(Math.ceil(Math.log10(scale.domain()[0]) - 1e-9),
      Math.floor(Math.log10(scale.domain()[1])) + 1).map(power => Math.pow(10, power));
    const plain = value => value >= 1 ? d3.format(",")(value) : String(+value.toPrecision(1));
    svg.append("g").attr("class", "grid").attr("transform", `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).tickValues(decades(x)).tickFormat(plain).tickSize(-(height - margin.top - margin.bottom)).tickPadding(6));
    svg.append("g").attr("class", "grid").attr("transform", `translate(${margin.left},0)`)
      .call(d3.axisLeft(y).tickValues(decades(y)).tickFormat(plain).tickSize(-(width - margin.left - margin.right)).tickPadding(6));
    svg.append("text").attr("x", width - margin.right).attr("y", height - 6).attr("text-anchor", "end")
      .text(narrow ? "operations a byte" : "operations for each byte that must move (log)");
    svg.append("text").attr("x", margin.left + 6).attr("y", margin.top + 4).text("GFLOP/s" + (narrow ? "" : " (log)"));

    svg.append("clipPath").attr("id", "inside").append("rect").attr("x", margin.left).attr("y", margin.top)
      .attr("width", width - margin.left - margin.right).attr("height", height - margin.top - margin.bottom);
    const roofs = svg.append("g"), lines = roofs.append("g").attr("clip-path", "url(#inside)");
    const [x0, x1] = x.domain();
    for (const m of memory)
      lines.append("path").attr("class", "roof").attr("d", d3.line()([
        [x(x0), y(m.rate * x0)], [x(top / m.rate), y(top)]]));
    for (const l of levels)
      lines.append("path").attr("class", "roof").attr("d", d3.line()([
        [x(l.rate / d3.max(memory, m => m.rate)), y(l.rate)], [x(x1), y(l.rate)]]));
    // Names stand left of the rising lines, where no point can be; the slowest memory's right of its.
    const name = (text, at, height, anchor) => roofs.append("text").attr("class", "roof-name")
      .attr("x", at).attr("y", height).attr("text-anchor", anchor).text(text);
    const memoryName = m => `${mebibytes(m.working_set)}: ${digits(m.rate)} GB/s`;
    const byRate = [...memory].sort((a, b) => b.rate - a.rate), fastest = byRate[0];
    const slowest = byRate[byRate.length - 1];
    const third = y(Math.pow(y.domain()[0], .6) * Math.pow(top, .4));
    name(memoryName(fastest), x(y.invert(third) / fastest.rate) - 6, third, "end");
    if (slowest !== fastest)
      name(memoryName(slowest), x(y.invert(third) / slowest.rate) + 8, third + 4, "start");
    let below = Infinity;
    for (const l of levels.sort((a, b) => a.rate - b.rate)) {
      below = Math.min(y(l.rate) + 4, below - 13);
      name(`${l.name}: ${digits(l.rate)} GFLOP/s`, x(l.rate / fastest.rate) - 6, below, "end");
    }

    const points = svg.append("g").selectAll("path").data(cases).enter().append("path")
      .attr("class", "point").attr("d", c => symbol(c.family, narrow ? 50 : 70))
      .attr("transform", c => `translate(${x(c.x)},${y(c.y)})`).style("fill", c => colour(c.family))
      .attr("role", "img").attr("aria-label", described)
      .attr("tabindex", (c, i) => i === current ? 0 : -1);
    const nodes = points.nodes();
    const go = to => {
      nodes[current].setAttribute("tabindex", -1);
      current = Math.max(0, Math.min(nodes.length - 1, to));
      nodes[current].setAttribute("tabindex", 0);
      nodes[current].focus();
    };
    nodes.forEach((node, i) => {
      node.addEventListener("mouseenter", () => show(node, cases[i]));
      node.addEventListener("mouseleave", hide);
      node.addEventListener("focus", () => show(node, cases[i]));
      node.addEventListener("blur", hide);
      node.addEventListener("click", () => go(i));
      node.addEventListener("keydown", event => {
        const to = {ArrowRight: i + 1, ArrowUp: i + 1, ArrowLeft: i - 1, ArrowDown: i - 1, Home: 0,
          End: nodes.length - 1}[event.key];
        if (event.key === "Escape") hide();
        if (to === undefined) return;
        event.preventDefault();
        go(to);
      });
    });
  }
  draw();
  let drawn = figure.clientWidth;
  window.addEventListener("resize", () => {
    if (figure.clientWidth === drawn) return;
    drawn = figure.clientWidth;
    hide();
    draw();
  });
})();
