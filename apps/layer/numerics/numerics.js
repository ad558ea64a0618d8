"use strict";
// The charts of the numerics lab: errors over a logarithmic axis, predicted lines dashed.
(() => {
  const {finite, number} = charts;

  // The figure's data-of says which of the lab's charts.
  function lines(place, data, id) {
    const chart = data.charts.find(each => each.id === id), x = chart.x.values;
    const points = (values, text) => values.map((y, i) => ({x: x[i], y: finite(y) && y > 0 ? y : NaN, text: text(x[i], y)}));
    const said = name => (at, y) => `${name}\n${chart.x.name} ${number(at, 2)}: ${number(y, 2)}`;
    const views = chart.views.map(view => view.name), names = Object.keys(chart.views[0].series);
    const measured = [].concat(...chart.views.map(view => names.map((name, group) => ({group, views: [view.name], line: "line",
      marks: x.length < 12, points: points(view.series[name], said(name))}))));
    // An error of 1 has lost everything: what is above 10 says no more.
    const all = [].concat(...measured.map(s => s.points.map(p => p.y))).filter(finite);
    const top = 10, low = Math.min(...all, 1e-8) / 2;
    // A predicted line has its name where it leaves the picture.
    const references = Object.entries(chart.references).map(([name, values], i) => {
      const drawn = points(values, said(`predicted: ${name}`)).filter(p => p.y <= top);
      if (drawn.length) drawn[drawn.length - 1].label = name;
      return {group: 90 + i, views, line: "line", dashed: true, reference: true, points: drawn};
    });
    charts.xy(place, {
      x: {label: chart.x.name, log: true, fixed: true}, y: {label: chart.y, log: true, fixed: true, domain: [low, top]},
      groups: names.map((name, index) => ({index, name})), views: views.length > 1 ? views.map(name => ({name})) : [], view: chart.view,
      series: [...measured, ...references],
    });
  }

  charts.fill({lines});
})();
