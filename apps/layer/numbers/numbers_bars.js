"use strict";
// Bars, one an element: numbers before and after a norm, and a gradient on its way back.
(() => {
  const {number, makeScale, ticksOf, axisFormat, widthOf, domainOf, shortened, frame} = charts;
  const {colour, size, place, hasStatistic, told, slots} = numbersPictures;
  const kTitle = 20, kRoom = 14; // above each row of bars; for the number at a bar's end
  const range = (...lists) => domainOf([0, ...[].concat(...lists)], false);
  const length = values => Math.sqrt(d3.sum(values, value => value * value));

  // Rows of bars one below the other: rows [{title, aside, values, domain, height, paint(i), under(group, i,
  // x, step, y)}]. An element's bars are one series, so that it shows in all rows.
  function drawRows(svg, width, rows, numbers, norm) {
    const {shape} = numbers, count = size(shape), names = 18;
    let top = 0;
    const scales = rows.map(row => {
      const from = top + kTitle, to = from + row.height;
      top = to + 12;
      return makeScale(false, row.domain, [to - kRoom, from + kRoom]);
    });
    const ticks = scales.map((y, k) => ticksOf(y, false, Math.max(2, Math.floor(rows[k].height / 36))));
    const left = 14 + d3.max([].concat(...ticks.map(list => list.map(axisFormat(list, false)))), widthOf);
    const places = slots(shape, left, width - 4), items = [];
    const right = places.left(count - 1) + places.step;
    rows.forEach((row, k) => drawAxis(svg, scales[k], ticks[k], {...row, left, right: Math.max(right, left + 40), width}));
    const groups = d3.range(count).map(i => svg.append("g").attr("class", "series").attr("data-group", norm.domains.of[i]));
    rows.forEach((row, k) => groups.forEach((group, i) => {
      const x = places.left(i), y = scales[k], value = row.values[i];
      if (row.under) row.under(group, i, x, places.step, y);
      drawBar(group, value, x, places.step, y, row.paint(i));
      items.push({x: x + places.step / 2, y: y(value), text: told(numbers, norm, i), group: norm.domains.of[i], series: group.node()});
    }));
    nameElements(svg, shape, places, top);
    return {height: top + names, items};
  }

  function drawAxis(svg, y, ticks, {title, aside, left, right, width}) {
    const top = d3.min(y.range()) - kRoom, format = axisFormat(ticks, false), room = aside ? widthOf(aside) + 12 : 0;
    svg.append("text").attr("class", "faint").attr("x", 0).attr("y", top - 5).text(shortened(title, width - room));
    if (aside) svg.append("text").attr("class", "faint").attr("x", width).attr("y", top - 5).attr("text-anchor", "end").text(aside);
    const grid = svg.append("g").attr("class", "grid");
    for (const tick of ticks) {
      grid.append("line").attr("x1", left - 4).attr("x2", right).attr("y1", y(tick)).attr("y2", y(tick));
      grid.append("text").attr("class", "faint").attr("x", left - 8).attr("y", y(tick) + 4).attr("text-anchor", "end").text(format(tick));
    }
    svg.append("path").attr("class", "reference").attr("d", `M${left - 4},${y(0)}H${right}`);
  }

  function drawBar(group, value, x, step, y, paint) {
    const inset = step * .14, from = Math.min(y(0), y(value)), tall = Math.abs(y(value) - y(0));
    group.append("rect").attr("class", "number-bar").attr("data-value", value).attr("x", x + inset).attr("width", step - 2 * inset)
      .attr("y", from).attr("height", Math.max(tall, .75)).attr("rx", Math.min(2, step / 8)).style("fill", paint);
    const text = number(value, 3);
    if (widthOf(text) > step + 2 || step < 16) return;
    group.append("text").attr("class", "halo number-text").attr("x", x + step / 2).attr("text-anchor", "middle")
      .attr("y", value < 0 ? y(value) + 12 : y(value) - 4).text(text);
  }

  // Channels where there is one position, positions and samples else.
  function nameElements(svg, shape, places, y) {
    const [samples, positions, channels] = shape, rows = samples * positions;
    const say = (x, text, anchor) => svg.append("text").attr("class", "faint").attr("x", x).attr("y", y).attr("text-anchor", anchor).text(text);
    if (rows === 1) {
      const every = Math.ceil(18 / places.step);
      for (let c = 0; c < channels; c += every) say(places.left(c) + places.step / 2, c, "middle");
      return;
    }
    let free = -1;
    for (let row = 0; row < rows; ++row) {
      const [n, s] = place(row * channels, shape), x = places.left(row * channels);
      const text = positions === 1 ? `n ${n}` : samples === 1 ? `s ${s}` : `n ${n}, s ${s}`, brief = `${n},${s}`;
      const room = channels * places.step + places.gap;
      const shown = widthOf(text) <= room ? text : samples > 1 && positions > 1 ? brief : text;
      if (x < free) continue;
      say(x, shown, "start");
      free = x + widthOf(shown) + 4;
    }
  }

  // Where |x̂| is at most 1, about the mean that is taken off: what the norm's table made of the numbers.
  const band = norm => (hasStatistic(norm) && norm.xhat && norm.stats.length === 1 ?
    {middle: norm.centre, half: norm.stats[0].map(r => (r > 0 ? 1 / r : 0))} : null);
  const bandEdges = norm => {
    const found = band(norm);
    return found ? found.middle.flatMap((m, i) => [m - found.half[i], m + found.half[i]]) : [];
  };

  function bars(figure, {numbers}, of) {
    const norm = numbers.norms[+of], about = band(norm);
    const paint = i => colour(norm.domains.of[i]);
    const under = about && ((group, i, x, step, y) => {
      group.append("rect").attr("class", "band").attr("x", x).attr("width", step).attr("y", y(about.middle[i] + about.half[i]))
        .attr("height", y(about.middle[i] - about.half[i]) - y(about.middle[i] + about.half[i])).style("fill", paint(i));
      group.append("path").attr("class", "number-mean").attr("d", `M${x},${y(about.middle[i])}h${step}`).style("stroke", paint(i));
    });
    // One scale for all norms of the page.
    const xDomain = range(numbers.x, ...numbers.norms.map(bandEdges)), yDomain = range(...numbers.norms.map(each => each.y));
    frame(figure, {draw: (svg, width) => drawRows(svg, width, [
      {title: "before: x", values: numbers.x, domain: xDomain, height: 170, paint, under},
      {title: "after: y", values: norm.y, domain: yDomain, height: 170, paint}], numbers, norm)});
  }

  const kTerms = [["direct", "direct: dy·∂f/∂x", "var(--c0)"], ["along_one", "+ along 1, through the mean", "var(--c1)"],
    ["along_u", "+ along x̂, through the second moment", "var(--c3)"]];

  // The lists that share a scale: the terms and dx.
  const termsOf = norm => (norm.terms && hasStatistic(norm) ? kTerms.map(([key]) => norm.terms[key]) : []);

  function parts(figure, {numbers}, of) {
    const norm = numbers.norms[+of], row = {height: 88}, aside = values => `length ${number(length(values))}`;
    const domain = range(...numbers.norms.flatMap(each => [...termsOf(each), each.dx]));
    const terms = termsOf(norm).map((values, k) => ({...row, title: kTerms[k][1], aside: aside(values), values, domain, paint: () => kTerms[k][2]}));
    frame(figure, {draw: (svg, width) => drawRows(svg, width, [
      {...row, title: "dy, the gradient that comes back", aside: aside(numbers.dy), values: numbers.dy, domain: range(numbers.dy), paint: () => "var(--faint)"},
      ...terms,
      {...row, title: terms.length ? "= dx" : "dx", aside: aside(norm.dx), values: norm.dx, domain, paint: () => "var(--ink)"}], numbers, norm)});
  }

  charts.fill({numbers_bars: bars, numbers_parts: parts});
})();
