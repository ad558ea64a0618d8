"use strict";
// Courses over steps: gauges of parameters, joins, attentions and norms.
(() => {
  const {number, finite} = charts, {probed, groups, unique} = probes;

  // What the angle of a step is expected to follow.
  const kExpected = {rate_over_square: "η/‖w‖²", rate_over_norm: "η/‖w‖"};
  // Gauges that are to come near to another one.
  const kNear = {
    "spectral_norm_error power_iteration": ["spectral_norm_error exact", "exact"],
    "norm_gradient left_u": ["norm_gradient predicted_left_u", "predicted"],
    "norm_gradient share_u": ["norm_gradient baseline", "a random direction"],
    "norm_gradient share_one": ["norm_gradient baseline", "a random direction"],
  };
  const kFirst = ["param_norm", "branch_share ratio", "largest_logit largest", "saturated"];
  // What other gauges are drawn beside, and else says nothing.
  const kBeside = [...Object.keys(kExpected).map(key => `rotation ${key}`), ...Object.values(kNear).map(([gauge]) => gauge)];

  // "blocks.*.attn.qkv.weight": the same place in every block.
  const pattern = name => name.replace(/\.\d+(?=\.|$)/g, ".*");
  // All, those of a kind, those at one place of every block, or a single one.
  function choices(names, kinds) {
    const several = (texts, key) => unique([texts]).filter(text => names.filter(name => key(name) === text).length > 1).map(text => ({text, holds: name => key(name) === text}));
    const kind = name => kinds[name] && `every ${kinds[name]}`;
    return [{text: "all", holds: () => true}, ...several(names.map(kind), kind).filter(({text}) => text), ...several(names.map(pattern), pattern),
      ...names.map(text => ({text, holds: name => name === text}))];
  }

  // Of a gauge, what stands beside it: {name, values, factor}.
  function besideIt(run, of, gauge, name, values) {
    const course = key => (run.courses[of][key] || {})[name];
    if (kNear[gauge]) return course(kNear[gauge][0]) && {name: kNear[gauge][1], values: course(kNear[gauge][0]), factor: 1};
    const expected = gauge === "rotation angle" && kExpected[run.follows] ? course(`rotation ${run.follows}`) : null;
    if (!expected) return null;
    const ratios = values.map((value, i) => value / expected[i]).filter(ratio => finite(ratio) && ratio > 0);
    return {name: kExpected[run.follows], values: expected, factor: d3.median(ratios)};
  }

  // A logarithmic axis where numbers are of one sign and of several sizes.
  function isLog(series) {
    const values = series.flatMap(s => s.points.map(p => p.y)).filter(finite), [low, high] = d3.extent(values);
    return low > 0 && high / low > 10;
  }

  // data-of: "parameters" or "parts"; "parameters: rotation angle" begins with that gauge.
  function course(place, data, chosenFirst) {
    const [of, first] = chosenFirst.split(": ");
    const runs = probed(data), courses = runs.map(run => run.courses[of] || {}), several = runs.length > 1;
    const known = unique(courses.map(Object.keys)).filter(gauge => !kBeside.includes(gauge));
    const gauges = [...kFirst.filter(gauge => known.includes(gauge)), ...known.filter(gauge => !kFirst.includes(gauge))];
    const which = choices(unique(courses.flatMap(all => Object.values(all).map(Object.keys))), of === "parameters" ? Object.assign({}, ...runs.map(run => run.kinds)) : {});
    if (!gauges.length) return;
    charts.xy(place, {
      controls: [{key: "gauge", label: "gauge", texts: gauges, at: Math.max(0, gauges.indexOf(first))}, {key: "which", label: "of", texts: which.map(({text}) => text)}],
      groups: groups(data), x: {label: "step", fixed: true}, y: {label: "", fixed: true},
      of: state => {
        const gauge = gauges[state.gauge];
        const chosen = runs.map((run, r) => Object.entries(courses[r][gauge] || {}).filter(([name]) => which[state.which].holds(name)));
        const labelled = !several && chosen[0].length <= 12;
        const series = runs.flatMap((run, r) => chosen[r].flatMap(([name, values], i) => {
          const group = several ? r : i % 8, last = d3.max(d3.range(values.length).filter(at => finite(values[at]))), marks = values.length <= 40;
          const text = (at, what) => `${run.name}, step ${number(run.steps[at])}\n${name}\n${what}`;
          const beside = besideIt(run, of, gauge, name, values);
          return [
            {group, line: "line", marks, points: values.map((y, at) => ({x: run.steps[at], y, label: at === last && labelled ? name : undefined, text: text(at, `${gauge}: ${number(y, 5)}`)}))},
            ...(beside ? [{group, line: "line", dashed: true, faint: true, points: beside.values.map((y, at) => ({x: run.steps[at], y: finite(y) ? y * beside.factor : y,
              text: text(at, `${beside.name}: ${number(y, 5)}${beside.factor === 1 ? "" : `, drawn times ${number(beside.factor, 3)}`}`)}))}] : []),
          ];
        }));
        return {series, y: {label: gauge, fixed: true, log: isLog(series)}};
      },
    });
  }

  charts.fill({probe_course: course});
})();
