"use strict";
// The charts of Norma's pages, drawn by D3 (5 to 7): charts.xy, charts.rows, charts.heat. A chart takes
// its colours from the style sheet, is drawn anew when its width changes, and tells its numbers to
// mouse, finger and keyboard. Whatever users named reaches the page as text, never as markup.
// This file: numbers, colours and axes; then a frame for all charts, and one file a kind of chart.
const charts = (() => {
  const finite = Number.isFinite;
  const colour = i => `var(--c${i % 8})`;
  const dashes = i => [null, "7 4", "2 3", "9 3 2 3"][Math.floor(i / 8) % 4];
  const symbol = (i, size) => d3.symbol().type(d3.symbols[i % d3.symbols.length]).size(size)();
  const kCross = "M-4,-4L4,4M-4,4L4,-4";
  const kBeyond = "M-4,-5L5,0L-4,5Z";

  function number(value, digits = 4) {
    if (!finite(value)) return "–";
    const size = Math.abs(value), sign = value < 0 ? "−" : "";
    if (size >= 1e6 || (size > 0 && size < 1e-3))
      return sign + size.toExponential(digits - 1).replace(/\.?0*e\+?/, "e");
    return sign + d3.format(",")(+size.toPrecision(size >= 1e3 ? Math.max(digits, 6) : digits));
  }

  // The numbers of an axis: as many decimals for all, but for those of a logarithmic one.
  function axisFormat(ticks, log) {
    const texts = ticks.map(v => number(v));
    if (log || texts.some(text => text.includes("e"))) return v => number(v);
    const decimals = d3.max(texts, text => (text.split(".")[1] || "").length);
    return v => (v < 0 ? "−" : "") + d3.format(`,.${decimals}f`)(Math.abs(v));
  }

  const pen = document.createElement("canvas").getContext("2d");
  function widthOf(text) {
    pen.font = "12px system-ui, sans-serif";
    return pen.measureText(text).width;
  }
  function shortened(text, room) {
    if (widthOf(text) <= room) return text;
    let length = text.length;
    while (length > 1 && widthOf(text.slice(0, length) + "…") > room) --length;
    return text.slice(0, length) + "…";
  }

  function domainOf(values, log) {
    let [low, high] = d3.extent(values.filter(v => finite(v) && (!log || v > 0)));
    if (low === undefined) return log ? [1, 10] : [0, 1];
    if (log) {
      const pad = low === high ? 1.5 : Math.pow(high / low, .04);
      return [low / pad, high * pad];
    }
    const pad = low === high ? Math.abs(low) * .1 || 1 : .04 * (high - low);
    return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
  }

  // The domain of what matters; of outliers it shows as much as leaves that readable. `fixed` values are shown
  // in any case, but say nothing of what is readable.
  function domainWithOutliers(values, outliers, log, fixed = []) {
    if (!values.some(v => finite(v) && (!log || v > 0))) return domainOf([...outliers, ...fixed], log);
    const [low, high] = domainOf([...values, ...fixed], log);
    const [least, most] = d3.extent(outliers.filter(v => finite(v) && (!log || v > 0)));
    if (least === undefined) return [low, high];
    // A mark at the very edge would leave the plot by half.
    const pad = log ? 1.05 : .04 * (high - low), room = log ? 2 : .4 * (high - low);
    const above = log ? Math.min(most * pad, high * room) : Math.min(most + pad, high + room);
    const below = log ? Math.max(least / pad, low / room) : Math.max(least - (least > 0 ? Math.min(pad, least) : pad), low - room);
    return [Math.min(low, below), Math.max(high, above)];
  }

  const makeScale = (log, domain, range) => (log ? d3.scaleLog() : d3.scaleLinear()).domain(domain).range(range);

  function ticksOf(scale, log, count) {
    const [low, high] = scale.domain();
    if (!log) return scale.ticks(count);
    const powers = d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1);
    const choices = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].map(digits =>
      [].concat(...powers.map(p => digits.map(d => d * Math.pow(10, p)))).filter(v => v >= low && v <= high));
    const fits = choices.find(ticks => ticks.length <= count);
    if (!fits) {
      const decades = choices[4], every = Math.ceil(decades.length / count);
      return decades.filter((v, i) => i % every === 0);
    }
    return fits.length >= 3 ? fits : d3.ticks(low, high, count);
  }

  // The frame of numbers round the box {left, right, top, bottom}.
  function axes(svg, box, x, y) {
    const axis = (place, scale, spec, size, count) => {
      const ticks = spec.ticks && spec.ticks.length <= 2 * count ? spec.ticks : ticksOf(scale, spec.log, count);
      svg.append("g").attr("class", "grid").attr("transform", place)
        .call(spec.draw(scale).tickValues(ticks).tickFormat(spec.format || axisFormat(ticks, spec.log)).tickSize(-size).tickPadding(6));
    };
    const width = box.right - box.left, height = box.bottom - box.top;
    axis(`translate(0,${box.bottom})`, x.scale, {...x, draw: d3.axisBottom}, height, Math.max(3, Math.min(10, Math.floor(width / 75))));
    if (!y) return;
    axis(`translate(${box.left},0)`, y.scale, {...y, draw: d3.axisLeft}, width, Math.max(3, Math.floor(height / 40)));
    svg.append("text").attr("class", "faint").attr("x", 0).attr("y", 12).text(shortened(`${y.label}${y.log ? " (log)" : ""}`.trim(), box.right));
  }
  function nameBelow(svg, box, axis, height) {
    svg.append("text").attr("class", "faint").attr("x", box.right).attr("y", height - 4).attr("text-anchor", "end")
      .text(shortened(axis.label + (axis.log ? " (log)" : ""), box.right));
  }

  // Fills the figures <figure data-chart="name"> whose name is a key of `drawings`. Without D3 the
  // tables stand alone.
  function fill(drawings) {
    if (typeof d3 === "undefined") return;
    const data = JSON.parse(document.getElementById("data").textContent);
    for (const figure of document.querySelectorAll("figure[data-chart]"))
      if (drawings[figure.dataset.chart]) drawings[figure.dataset.chart](figure, data, figure.dataset.of);
  }

  return {finite, number, colour, dashes, symbol, kCross, kBeyond, widthOf, shortened, domainOf, domainWithOutliers,
    makeScale, ticksOf, axisFormat, axes, nameBelow, fill};
})();
