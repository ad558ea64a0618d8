"use strict";
// The charts of training runs: every figure of their metrics by step.
(() => {
  const {number, finite} = charts;

  // The figure's data-of says which; training and validation of one figure share a chart.
  function figure(place, data, name) {
    const all = data.charts[name] || {}, keys = Object.keys(all);
    const validated = keys.some(key => key.startsWith("val/"));
    const views = keys.length > 1 ? [{name: "both"}, {name: "validation"}, {name: "training"}] : [];
    const series = [].concat(...keys.map(key => all[key].map((points, group) => {
      const training = key.startsWith("train/");
      return {group, views: ["both", training ? "training" : "validation"], line: "line", faint: training && validated,
        thick: key.startsWith("val/"), marks: key.startsWith("val/") && points.length <= 12,
        points: points.map(([x, y]) => ({x, y, text: `${data.runs[group]}\n${key} at step ${number(x)}: ${number(y, 5)}`}))};
    })));
    const values = [].concat(...series.map(s => s.points.map(p => p.y))).filter(finite);
    const positive = values.length > 0 && values.every(v => v > 0);
    charts.xy(place, {
      x: {label: "step", log: name === "loss"}, y: {label: name === "loss" ? name : "", log: positive && (name === "loss" || name === "grad_norm")},
      height: name === "loss" ? undefined : 260, views, series,
      // The small charts have the colours of the large one.
      groups: name === "loss" ? data.runs.map((run, index) => ({index, name: run})) : [],
    });
  }

  charts.fill({figure});
})();
