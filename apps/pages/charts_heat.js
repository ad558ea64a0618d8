"use strict";
// A cell for every pair of values of two axes.
charts.heat = (() => {
  const {finite, number, widthOf, shortened, frame} = charts;

  // spec: x and y {label, values (texts)}, cells (a row a y, null where there is none). Lower is
  // stronger. `bare`: low rows without numbers on them, for many; `square`: such cells as high as they
  // are wide; `none` says of an empty cell why.
  // With controls (charts.frame), `of(state)` gives what of the spec follows from them.
  function heat(figure, given) {
    frame(figure, {controls: given.controls, draw(svg, width, state) {
      const spec = given.of ? {...given, ...given.of(state)} : given;
      const margin = Math.min(width * .35, d3.max(spec.y.values.map(widthOf))) + 12;
      const wide = Math.min(spec.square ? 36 : 120, (width - margin) / spec.x.values.length), tall = spec.square ? wide : spec.bare ? 16 : 40, top = 40;
      const height = top + tall * spec.y.values.length + 6;
      const values = [].concat(...spec.cells).filter(finite), [low, high] = d3.extent(values);
      // Never so strong that the number on it could not be read.
      const strength = v => (high > low ? .56 - .5 * Math.sqrt((v - low) / (high - low)) : .3);
      const decimals = Math.max(0, Math.min(6, 3 - Math.ceil(Math.log10(Math.abs(low) || 1))));
      const shown = v => (wide < 50 || Math.abs(v) >= 1e4 ? number(v, 3) : v.toFixed(decimals).replace("-", "−"));
      svg.append("text").attr("class", "faint").attr("x", 0).attr("y", 12).text(shortened(`${spec.y.label} ↓   ${spec.x.label} →`, width));
      spec.x.values.forEach((name, i) => svg.append("text").attr("x", margin + (i + .5) * wide).attr("y", 30)
        .attr("text-anchor", "middle").text(spec.bare && i % Math.ceil(36 / wide) ? "" : shortened(name, Math.max(wide, 36) - 4)));
      const items = [];
      spec.cells.forEach((row, j) => {
        const group = svg.append("g").attr("class", "series").attr("data-group", j);
        group.append("text").attr("x", 0).attr("y", top + (j + .5) * tall + 4).text(shortened(spec.y.values[j], margin - 10));
        row.forEach((value, i) => {
          const x = margin + i * wide, y = top + j * tall, some = finite(value);
          group.append("rect").attr("class", some ? "mark cell" : "cell").attr("x", x).attr("y", y).attr("width", wide).attr("height", tall)
            .style("fill", some ? "var(--c0)" : "var(--line)").style("fill-opacity", some ? strength(value) : .4);
          if (!spec.bare)
            group.append("text").attr("x", x + wide / 2).attr("y", y + tall / 2 + 4).attr("text-anchor", "middle")
              .text(some ? shown(value) : "–");
          items.push({x: x + wide / 2, y: y + tall / 2, group: j, series: null,
            text: `${spec.x.label}: ${spec.x.values[i]}\n${spec.y.label}: ${spec.y.values[j]}\n${some ? (spec.told ? spec.told(value) : number(value, 6)) : spec.none || "no trial"}`});
        });
      });
      return {height, items};
    }});
  }

  return heat;
})();
