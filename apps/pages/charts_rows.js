"use strict";
// One row an arm: a value, its interval, the points behind it.
charts.rows = (() => {
  const {finite, number, colour, symbol, kCross, kBeyond, widthOf, shortened, domainWithOutliers, makeScale, axes,
    nameBelow, frame} = charts;

  // spec: x {label, log, fixed}, zero (a line there), rows [{name, aside, group, value, low, high, band
  // [low, high], outlier, text, beyond (what to write where `value` is off the axis), points [{x, text,
  // cross}]}]. What lies off the axis becomes an arrow.
  function rows(figure, spec) {
    frame(figure, {draw(svg, width) {
      const narrow = width < 560, step = narrow ? 46 : 32, log = !!spec.x.log;
      const height = spec.rows.length * step + 58;
      const asides = d3.max(spec.rows.map(r => (r.aside ? widthOf(r.aside) : 0))) || 0;
      const names = narrow ? 0 : Math.min(width * .3, d3.max(spec.rows.map(r => widthOf(r.name))));
      const left = narrow ? 6 : Math.ceil(names + (asides ? asides + 14 : 0)) + 16;
      const box = {left, right: width - 16, top: 10, bottom: height - 44};
      const numbers = list => [].concat(...list.map(r => [r.value, r.low, r.high, ...(r.band || []),
        ...(r.points || []).filter(p => !p.cross).map(p => p.x)]));
      const far = [].concat(...spec.rows.map(r => (r.points || []).filter(p => p.cross).map(p => p.x)));
      // Of outliers the values decide how much is shown, not their intervals, which are wide; where there is nothing
      // else, all of them.
      const outliers = spec.rows.filter(r => r.outlier), plain = numbers(spec.rows.filter(r => !r.outlier));
      const wild = (plain.length ? outliers.map(r => r.value) : numbers(outliers)).concat(far);
      const x = makeScale(log, domainWithOutliers(plain, wild, log, spec.zero === undefined ? [] : [spec.zero]), [box.left, box.right]);
      axes(svg, box, {scale: x, ...spec.x, log});
      nameBelow(svg, box, {...spec.x, log}, height);
      if (spec.zero !== undefined)
        svg.append("path").attr("class", "reference").attr("d", `M${x(spec.zero)},${box.top}V${box.bottom}`);
      const items = [];
      spec.rows.forEach((row, i) => {
        const group = svg.append("g").attr("class", "series").attr("data-group", row.group);
        const middle = box.top + (i + (narrow ? .7 : .5)) * step;
        if (narrow) group.append("text").attr("class", "halo").attr("x", 0).attr("y", middle - 13)
          .text(shortened([row.aside, row.name].filter(Boolean).join("  "), width));
        else {
          if (row.aside) group.append("text").attr("class", "faint").attr("x", 0).attr("y", middle + 4).text(row.aside);
          group.append("text").attr("x", asides ? asides + 14 : 0).attr("y", middle + 4).text(shortened(row.name, names + 2));
        }
        drawRow(group, row, x, middle, items);
      });
      return {height, items};
    }});
  }

  function drawRow(group, row, x, middle, items) {
    const [low, high] = x.domain(), paint = colour(row.group);
    const place = v => x(Math.max(low, Math.min(high, v)));
    const item = (v, text) => items.push({x: place(v), y: middle, text, group: row.group, series: group.node()});
    if (row.band)
      group.append("rect").attr("class", "band").attr("x", place(row.band[0])).attr("width", place(row.band[1]) - place(row.band[0]))
        .attr("y", middle - 12).attr("height", 24);
    for (const p of row.points || []) {
      item(p.x, p.text);
      if (p.x > high || p.x < low) continue;
      group.append("path").attr("class", p.cross ? "mark cross" : "mark faint").attr("d", p.cross ? kCross : symbol(0, 34))
        .style(p.cross ? "stroke" : "fill", paint).attr("transform", `translate(${x(p.x)},${middle})`);
    }
    const cap = v => (v >= low && v <= high ? `M${x(v)},${middle - 5}v10` : "");
    if (finite(row.low) && finite(row.high))
      group.append("path").attr("class", "whisker").style("stroke", paint)
        .attr("d", `M${place(row.low)},${middle}H${place(row.high)}${cap(row.low)}${cap(row.high)}`);
    const beyond = v => (v > high ? 0 : v < low ? 180 : null);
    const arrow = (v, shift) => group.append("path").attr("class", "mark").attr("d", kBeyond).style("fill", paint)
      .attr("transform", `translate(${place(v) + shift},${middle})rotate(${beyond(v)})`);
    if (finite(row.low) && beyond(row.low) !== null) arrow(row.low, 0);
    if (finite(row.high) && beyond(row.high) !== null) arrow(row.high, 0);
    if (!finite(row.value)) return;
    item(row.value, row.text);
    if (beyond(row.value) === null)
      group.append("path").attr("class", "mark").attr("data-value", row.value).attr("d", symbol(row.group, 80)).style("fill", paint)
        .attr("transform", `translate(${x(row.value)},${middle})`);
    else {
      arrow(row.value, 0);
      group.append("text").attr("class", "halo faint").attr("x", place(row.value) - 8).attr("y", middle - 7)
        .attr("text-anchor", row.value > high ? "end" : "start").text(row.beyond || number(row.value));
    }
  }

  return rows;
})();
