"use strict";
// Lines and points over two numeric axes.
charts.xy = (() => {
  const {finite, number, colour, dashes, symbol, kCross, kBeyond, widthOf, domainOf, domainWithOutliers, makeScale,
    ticksOf, axisFormat, axes, nameBelow, frame} = charts;

  let pictures = 0;

  // spec: x and y {label, log, fixed (no switch), domain, ticks, format}, groups [{index, name}], series
  // [{group, points [{x, y, low, high, left, right, text, diverged, ring, label}], line ("line", "step"),
  // faint, thick, dashed, marks, outlier, views [name]}], views [{name, label (of y)}], view (the first one shown). The axes suit what did
  // not diverge; marks beyond them become arrows at the edge. Where there are controls (charts.frame), `of(state)`
  // gives what of the spec follows from them.
  function xy(figure, given) {
    const controls = given.controls || [], now = state => (given.of ? {...given, ...given.of(state)} : given);
    const spec = now(charts.frame.atFirst(controls));
    const views = spec.views && spec.views.length > 1 ? spec.views : [];
    const switches = views.map(({name}, i) => ({key: "view", value: name, name, on: i === (spec.view || 0), exclusive: true}));
    for (const side of ["x", "y"]) {
      const positive = spec.series.some(s => s.points.some(p => p[side] > 0));
      if (!spec[side].fixed && positive)
        switches.push({key: side, value: "log", name: `log ${spec[side].short || side}`, on: spec[side].log});
    }
    frame(figure, {groups: spec.groups || [], switches, controls, draw(svg, width, state) {
      const log = {}, spec = now(state);
      for (const side of ["x", "y"]) log[side] = spec[side].fixed ? !!spec[side].log : state[side] === "log";
      const shown = spec.series.filter(s => !state.hidden.has(s.group) && (!views.length || s.views.includes(state.view)));
      const view = views.find(v => v.name === state.view), y = view && view.label ? {...spec.y, label: view.label} : spec.y;
      return drawXy(svg, width, {...spec, y}, shown, log);
    }});
  }

  function drawXy(svg, width, spec, shown, log) {
    const height = Math.round(spec.height || Math.min(460, Math.max(280, width * .5)));
    const box = {left: 0, right: width - 12, top: 26, bottom: height - 40};
    const visible = p => finite(p.x) && finite(p.y) && (!log.x || p.x > 0) && (!log.y || p.y > 0);
    const values = (list, keys, wanted = visible) => [].concat(...list.map(s => [].concat(...s.points.filter(wanted).map(p => keys.map(k => p[k])))));
    const plain = shown.filter(s => !s.outlier), wild = shown.filter(s => s.outlier);
    const xDomain = spec.x.domain || domainOf(values(shown, ["x", "left", "right"]), log.x);
    const yDomain = spec.y.domain || domainWithOutliers(values(plain, ["y", "low", "high"], p => visible(p) && !p.diverged),
      [...values(wild, ["y"]), ...values(plain, ["y"], p => visible(p) && p.diverged)], log.y);
    const y = makeScale(log.y, yDomain, [box.bottom, box.top]);
    const ticks = ticksOf(y, log.y, Math.floor((box.bottom - box.top) / 40));
    box.left = 14 + d3.max(ticks.map(axisFormat(ticks, log.y)), widthOf) || 40;
    const x = makeScale(log.x, xDomain, [box.left, box.right]);
    axes(svg, box, {scale: x, ...spec.x, log: log.x}, {scale: y, ...spec.y, log: log.y});
    nameBelow(svg, box, {...spec.x, log: log.x}, height);

    const clip = `inside-${++pictures}`;
    svg.append("clipPath").attr("id", clip).append("rect").attr("x", box.left - 6).attr("y", box.top - 6)
      .attr("width", box.right - box.left + 12).attr("height", box.bottom - box.top + 12);
    const inside = svg.append("g").attr("clip-path", `url(#${clip})`);
    const items = [], labels = [];
    for (const s of shown) {
      const group = inside.append("g").attr("class", "series").attr("data-group", s.group);
      // Where a point stands; at the edge where the axis ends before it.
      const points = s.points.map(p => (visible(p) ? {...p, px: x(p.x), py: Math.max(box.top, Math.min(box.bottom, y(p.y))),
        beyond: y(p.y) < box.top ? -90 : y(p.y) > box.bottom ? 90 : 0} : null));
      drawSeries(group, s, points, {x, y});
      for (const p of points.filter(p => p !== null && (s.marks || !p.beyond))) {
        const item = {x: p.px, y: p.py, text: p.text, group: s.group, series: group.node(), drawn: group};
        items.push(item);
        if (p.label) labels.push({...item, label: p.beyond ? `${p.label} (${number(p.y)})` : p.label, covered: coveredBy(s, p, {x, y}, box)});
      }
    }
    placeLabels(labels, box);
    if (!items.length)
      svg.append("text").attr("class", "faint").attr("x", (box.left + box.right) / 2).attr("y", height / 2)
        .attr("text-anchor", "middle").text("nothing to show with this choice");
    return {height, items};
  }

  // What a label beside the point must not cover: its mark, its whiskers, a level line.
  function coveredBy(s, p, {x, y}, box) {
    const areas = [[p.px - 7, p.py - 7, p.px + 7, p.py + 7]];
    if (finite(p.left) && finite(p.right)) areas.push([x(p.left), p.py - 1, x(p.right), p.py + 1]);
    if (finite(p.low) && finite(p.high)) areas.push([p.px - 1, y(p.high), p.px + 1, y(p.low)]);
    if (s.reference) areas.push([box.left, p.py - 1, box.right, p.py + 1]);
    return areas;
  }

  function drawSeries(group, s, points, {x, y}) {
    const stroke = s.reference ? "var(--faint)" : colour(s.group);
    const whisker = (a, b) => group.append("path").attr("class", "whisker").style("stroke", stroke).attr("d", d3.line()([a, b]));
    for (const p of points.filter(p => p !== null)) {
      if (finite(p.low) && finite(p.high)) whisker([p.px, y(p.low)], [p.px, y(p.high)]);
      if (finite(p.left) && finite(p.right)) whisker([x(p.left), p.py], [x(p.right), p.py]);
    }
    if (s.line)
      group.append("path").attr("class", `line${s.faint ? " faint" : ""}${s.thick ? " thick" : ""}`)
        .style("stroke", stroke).attr("stroke-dasharray", s.dashed ? "5 4" : dashes(s.group))
        .attr("d", d3.line().defined(p => p !== null).x(p => p.px).y(p => y(p.y))
          .curve(s.line === "step" ? d3.curveStepAfter : d3.curveLinear)(points));
    if (!s.marks) return;
    for (const p of points.filter(p => p !== null)) {
      const cross = p.diverged && !p.beyond;
      group.append("path").attr("class", cross ? "mark cross" : `mark${s.faint ? " faint" : ""}`)
        .attr("d", p.beyond ? kBeyond : cross ? kCross : symbol(s.group, s.faint ? 34 : 62))
        .attr("transform", `translate(${p.px},${p.py})rotate(${p.beyond})`).style(cross ? "stroke" : "fill", stroke);
      if (p.ring) group.append("circle").attr("class", "chosen").attr("r", 8).attr("cx", p.px).attr("cy", p.py);
    }
  }

  // Names beside points, where they cover neither each other nor a point; else not at all.
  function placeLabels(labels, box) {
    const taken = [].concat(...labels.map(l => l.covered));
    for (const l of labels) {
      const w = widthOf(l.label), places = [[9, 4], [9, -6], [9, 15], [-9 - w, -6], [-9 - w, 15], [-9 - w, 4], [-w / 2, -12], [-w / 2, 21]];
      const fits = places.map(([dx, dy]) => [l.x + dx, l.y + dy - 11, l.x + dx + w, l.y + dy + 3]).find(r =>
        r[0] >= box.left && r[2] <= box.right + 12 && r[1] >= box.top - 8 && r[3] <= box.bottom &&
        !taken.some(t => r[0] < t[2] && t[0] < r[2] && r[1] < t[3] && t[1] < r[3]));
      if (!fits) continue;
      taken.push(fits);
      l.drawn.append("text").attr("class", "halo").attr("x", fits[0]).attr("y", fits[3] - 3).text(l.label);
    }
  }

  return xy;
})();
