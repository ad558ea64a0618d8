"use strict";
// The charts of a study's page, from the report's data.
(() => {
  const {number, finite} = charts;
  const list = value => value || [];
  const groupsOf = data => list(data.arms).map((arm, index) => ({index, name: arm.name}));
  const groupOf = (data, name) => Math.max(0, list(data.arms).findIndex(arm => arm.name === name));
  const metricOf = data => {
    const metric = data.metric || {};
    return (metric.name || "metric") + (metric.unit ? `, ${metric.unit}` : "");
  };
  const within = (low, high) => (finite(low) && finite(high) ? ` [${number(low, 5)}, ${number(high, 5)}]` : "");
  const ranked = data => list(data.arms).map((arm, index) => ({arm, index}))
    .sort((a, b) => (finite(a.arm.mean) ? a.arm.mean : Infinity) - (finite(b.arm.mean) ? b.arm.mean : Infinity));
  const rankOf = rank => (!rank ? "" : rank.best === rank.worst ? `${rank.best}` : `${rank.best}–${rank.worst}`);
  const troubled = ending => !!ending && ending !== "finished";
  const troublesOf = arm => list(arm.endings).filter(troubled).length;
  // "2 diverged, 1 no better"
  const troublesIn = arm => [...new Set(list(arm.endings).filter(troubled))]
    .map(ending => `${list(arm.endings).filter(each => each === ending).length} ${ending}`).join(", ");

  function ranking(figure, data) {
    charts.rows(figure, {
      x: {label: metricOf(data), fixed: true},
      rows: ranked(data).map(({arm, index}) => ({
        name: arm.name + (arm.baseline ? " (baseline)" : ""), aside: rankOf(arm.rank), group: index, value: arm.mean, low: arm.low, high: arm.high,
        outlier: troublesOf(arm) > 0,
        beyond: `mean ${number(arm.mean)}${troublesOf(arm) ? `, ${troublesIn(arm)}` : ""}`,
        text: `${arm.name}: mean ${number(arm.mean, 5)}${within(arm.low, arm.high)}` +
          (troublesOf(arm) ? `\nof ${list(arm.scores).length} seeds ${troublesIn(arm)}` : ""),
        points: list(arm.scores).map((x, i) => ({x, ending: list(arm.endings)[i]})).map(({x, ending}, i) => ({x, cross: troubled(ending),
          text: `${arm.name}, seed ${list(arm.seeds)[i]}: ${number(x, 5)}` + (troubled(ending) ? `\n${ending}` : "")})),
      })),
    });
  }

  function differences(figure, data) {
    charts.rows(figure, {
      x: {label: "difference from the baseline; below 0 is better", fixed: true}, zero: 0,
      rows: list(data.comparisons).filter(c => finite(c.difference)).map(c => ({
        name: c.arm, group: groupOf(data, c.arm), value: c.difference, low: c.low, high: c.high,
        band: finite(c.margin) ? [-c.margin, c.margin] : null,
        outlier: troublesOf(list(data.arms)[groupOf(data, c.arm)] || {}) > 0,
        text: `${c.arm}: ${c.finding}\n${number(c.difference)}${within(c.low, c.high)}`,
      })),
    });
  }

  const coordinates = pairs => list(pairs).map(([x, y]) => ({x, y}));
  function courses(figure, data) {
    const metric = data.metric || {};
    const views = [{name: "validation", label: metric.tuned_on || "validation"}, {name: "training", label: "train/loss"}]
      .filter(view => list(data.curves).some(curve => list(curve[view.name]).length));
    // One point is no course: what has more is shown first.
    const hasCourse = view => !!view && list(data.curves).some(curve => list(curve[view.name]).length > 1);
    charts.xy(figure, {
      x: {label: "step", log: true}, y: {label: "loss", log: true}, groups: groupsOf(data), views,
      view: hasCourse(views[0]) ? 0 : Math.max(0, views.findIndex(hasCourse)),
      series: [].concat(...views.map(({name}) => list(data.curves).map(curve => ({
        group: groupOf(data, curve.arm), views: [name], line: "line", outlier: troubled(curve.ending), marks: list(curve[name]).length < 2,
        points: coordinates(curve[name]).map(p => ({...p, text: `${curve.arm}, seed ${curve.seed}` +
          `${troubled(curve.ending) ? ` (${curve.ending})` : ""}\nstep ${number(p.x)}: ${number(p.y, 5)}`})),
      })))),
    });
  }

  // The figure's data-of says which tuned path.
  function rates(figure, data, path) {
    const entries = list(data.tuning).filter(t => t.path === path);
    const series = [];
    for (const entry of entries) {
      const group = groupOf(data, entry.arm), after = rung => (rung ? ` after ${rung} steps` : "");
      // Scores of different rungs are of different trainings: a line for each.
      for (const rung of new Set(list(entry.points).map(p => p.rung))) {
        const points = list(entry.points).filter(p => p.rung === rung), of = x => points.filter(p => p.x === x);
        const xs = [...new Set(points.map(p => p.x))].sort((a, b) => a - b);
        series.push({group, line: "line",
          points: xs.map(x => ({x, y: d3.mean(of(x), p => p.score), diverged: of(x).some(p => troubled(p.ending)),
            text: `${entry.arm}, ${path} = ${number(x)}${after(rung)}\nmean of ${of(x).length} trials`}))});
      }
      series.push({group, marks: true,
        points: list(entry.points).map(p => ({x: p.x, y: p.score, diverged: troubled(p.ending), ring: p.x === entry.chosen,
          text: `${entry.arm}, ${path} = ${number(p.x)}, seed ${p.seed}${after(p.rung)}\n${number(p.score, 5)}` +
            `${troubled(p.ending) ? `\n${p.ending}` : ""}${p.x === entry.chosen ? "\nchosen" : ""}`}))});
    }
    const metric = data.metric || {};
    charts.xy(figure, {
      x: {label: path, log: entries.some(e => e.log), short: "x"}, y: {label: metric.tuned_on || "score", log: true},
      groups: groupsOf(data).filter(g => series.some(s => s.group === g.index)), series,
    });
  }

  function profile(figure, data) {
    const arms = list(data.profile && data.profile.arms);
    const most = d3.max(arms, a => d3.max(list(a.tau))) * 1.1;
    const steps = a => [...list(a.tau).map((x, i) => [x, a.share[i]]), [most, a.share[a.share.length - 1]]];
    charts.xy(figure, {
      x: {label: "time, as a multiple of the fastest arm's", log: true, fixed: true},
      y: {label: "share of seeds that reached the target", domain: [0, 1.02], fixed: true},
      groups: groupsOf(data).filter(g => arms.some(a => a.arm === g.name)),
      series: arms.map(a => ({group: groupOf(data, a.arm), line: "step", thick: true,
        points: list(a.tau).length ? steps(a).map(([x, y]) => ({x, y, text: `${a.arm}\nwithin ${number(x)} of the fastest: ${number(100 * y)} %`})) : []})),
    });
  }

  function costs(figure, data) {
    charts.xy(figure, {
      x: {label: "milliseconds a step", fixed: true}, y: {label: metricOf(data), fixed: true}, groups: groupsOf(data),
      series: list(data.arms).map((arm, group) => ({group, marks: true,
        points: arm.costs && finite(arm.costs.ms_per_step) ? [{
          x: arm.costs.ms_per_step, left: arm.costs.low, right: arm.costs.high, y: arm.mean, low: arm.low, high: arm.high, diverged: troublesOf(arm) > 0,
          label: arm.name, text: `${arm.name}\n${number(arm.costs.ms_per_step)} ms a step; middle half of the turns${within(arm.costs.low, arm.costs.high)}\n` +
            `${number(arm.mean, 5)}${within(arm.low, arm.high)}`}] : []})),
    });
  }

  const worded = value => (typeof value === "string" ? value : finite(value) ? number(value) : JSON.stringify(value));
  function heatMap(figure, data) {
    const {x, y, cells} = data.heat_map;
    charts.heat(figure, {x: {label: x.path, values: x.values.map(worded)}, y: {label: y.path, values: y.values.map(worded)}, cells});
  }

  // Both curves of a claim, each on its own scale: magnitudes are not compared, shapes are.
  const curvePoints = curve => list(curve.x).map((x, i) => ({x, y: curve.y[i], low: list(curve.low)[i], high: list(curve.high)[i],
    diverged: !!list(curve.diverged)[i],
    text: `${number(x)}: ${number(curve.y[i], 5)}${within(list(curve.low)[i], list(curve.high)[i])}`}));
  const spread = xs => xs.length > 2 && Math.min(...xs) > 0 && Math.max(...xs) / Math.min(...xs) >= 8;
  function claimed(figure, data, which) {
    const claim = data.claim, curve = claim[`${which}_curve`];
    const references = list(which === "measured" ? curve.references : []);
    const ends = [Math.min(...curve.x), Math.max(...curve.x)];
    charts.xy(figure, {
      height: 280, x: {label: claim.x_name || (claim.published_curve || {}).x_name || "x", log: spread(curve.x), fixed: true, ticks: curve.x},
      y: {label: which === "measured" ? metricOf(data) : curve.name || "published", fixed: true},
      series: [{group: which === "measured" ? 0 : 1, line: "line", marks: true, points: curvePoints(curve)},
        ...references.map(r => ({group: 7, line: "line", dashed: true, reference: true,
          points: ends.map((x, i) => ({x, y: r.y, label: i ? "" : r.name, text: `${r.name}: ${number(r.y, 5)}`}))}))],
    });
  }

  // A prediction over what was measured; `of` says which: test.overlay.
  function overlay(figure, data, of) {
    const [test, index] = of.split(".").map(Number), o = data.claim.outcomes[test].overlays[index];
    const bounds = o.predicted_low.some((low, i) => low !== o.predicted_high[i]);
    const line = (name, ys) => ({group: 1, line: "line", dashed: true,
      points: o.x.map((x, i) => ({x, y: ys[i], text: `${name}, ${o.x_name} ${number(x)}: ${number(ys[i], 5)}`}))});
    // At least a tenth of the prediction on both sides, or small deviations would look large.
    const room = o.log ? null : d3.extent([...o.predicted_low.map(y => .9 * y), ...o.predicted_high.map(y => 1.1 * y),
      ...o.y, ...o.low, ...o.high].filter(finite));
    const measured = o.x.map((x, i) => ({x, y: o.y[i], low: o.low[i], high: o.high[i],
      text: `measured, ${o.x_name} ${number(x)}: ${number(o.y[i], 5)}${within(o.low[i], o.high[i])}`}));
    charts.xy(figure, {
      height: 280, x: {label: o.x_name, log: o.log, fixed: true, ticks: o.x}, y: {label: o.y_name, log: o.log, fixed: true, domain: room},
      groups: [{index: 0, name: "measured"}, {index: 1, name: "predicted"}],
      series: [...(bounds ? [line("at least", o.predicted_low), line("at most", o.predicted_high)] : [line("predicted", o.predicted_low)]),
        {group: 0, marks: true, points: measured}],
    });
  }

  charts.fill({ranking, differences, courses, rates, profile, costs, heat_map: heatMap, claim: claimed, overlay});
})();
