"use strict";
// The loss around the weights: along the gradient, along random directions, and over steps.
(() => {
  const {number, finite} = charts, {probed, groups, unique, slider} = probes;

  // The looks of a run that found this part, {step, …} each.
  const looks = (run, part) => run.landscape.map((seen, i) => ({step: run.steps[i], seen})).filter(({seen}) => seen && seen[part] !== null && seen[part] !== undefined);
  const lookAt = (run, part, step) => (looks(run, part).find(look => look.step === step) || {}).seen;
  // A slider over the steps at which any of these runs found it.
  function lookControl(runs, part) {
    const steps = unique(runs.map(run => looks(run, part).map(({step}) => step))).sort((a, b) => a - b);
    return {steps, control: slider(steps)};
  }

  const kWalk = [
    {name: "loss", label: "loss", of: walk => walk.loss},
    {name: "gradient", label: "‖g − g there‖: how far the gradient turns", of: walk => walk.apart},
    {name: "smoothness", label: "‖g − g there‖ over the way gone", of: walk => walk.smoothness},
  ];
  function walk(place, data) {
    const {steps, control} = lookControl(probed(data), "walk");
    if (!steps.length) return;
    charts.xy(place, {
      controls: [control], groups: groups(data), views: kWalk.map(({name, label}) => ({name, label})),
      x: {label: "distance η‖g‖ along the negative gradient", fixed: true}, y: {label: "", fixed: true},
      of: state => ({series: probed(data).flatMap((run, group) => {
        const seen = lookAt(run, "walk", steps[state.step]);
        if (!seen) return [];
        const {eta, gradient_norm: slope} = seen.walk, head = `${run.name}, step ${number(steps[state.step])}`;
        const points = (values, what) => eta.map((by, i) => ({x: by * slope, y: values[i], text: `${head}, η = ${number(by)}\n${what}: ${number(values[i], 5)}`}));
        const start = {x: 0, y: seen.loss, text: `${head}\nloss at the weights: ${number(seen.loss, 5)}`};
        return [
          ...kWalk.map(({name, of}) => ({group, views: [name], line: "line", marks: true, points: [...(name === "loss" ? [start] : []), ...points(of(seen.walk), name)]})),
          {group, views: ["loss"], line: "line", dashed: true, faint: true, points: [{...start}, ...points(eta.map(by => seen.loss - by * slope * slope), "if the gradient did not turn")]},
        ];
      })}),
    });
  }

  function line(place, data) {
    const {steps, control} = lookControl(probed(data), "line");
    if (!steps.length) return;
    charts.xy(place, {
      controls: [control], groups: groups(data), x: {label: "lengths of each filter", fixed: true}, y: {label: "loss", log: false},
      of: state => ({series: probed(data).flatMap((run, group) => {
        const seen = lookAt(run, "line", steps[state.step]);
        return !seen ? [] : [{group, line: "line", marks: seen.line.at.length <= 40, points: seen.line.at.map((x, i) => ({x, y: seen.line.loss[i],
          text: `${run.name}, step ${number(steps[state.step])}\n${number(x, 3)} lengths away: ${number(seen.line.loss[i], 5)}`}))}];
      })}),
    });
  }

  function plane(place, data, which) {
    const run = probed(data)[+which], {steps, control} = lookControl([run], "plane");
    if (!steps.length) return;
    charts.heat(place, {
      bare: true, square: true, none: "not finite", controls: [control],
      of: state => {
        const {at, loss} = lookAt(run, "plane", steps[state.step]).plane, texts = at.map(v => number(v, 2));
        return {x: {label: "first direction", values: texts}, y: {label: "loss, dark is low; second direction", values: [...texts].reverse()}, cells: [...loss].reverse()};
      },
    });
  }

  const kCourses = [
    {name: "largest eigenvalue", of: seen => seen.curvature && seen.curvature.eigenvalues[0]},
    {name: "effective β-smoothness", of: seen => seen.walk && seen.walk.effective_beta},
    {name: "gradient predictiveness", of: seen => seen.walk && seen.walk.predictiveness},
    {name: "length of the gradient", of: seen => seen.walk && seen.walk.gradient_norm},
    {name: "loss", of: seen => seen.loss},
  ];
  function course(place, data) {
    const found = kCourses.filter(({of}) => probed(data).some(run => looks(run, "loss").some(({seen}) => finite(of(seen)))));
    if (!found.length) return;
    charts.xy(place, {
      controls: [{key: "what", label: "what", texts: found.map(({name}) => name)}], groups: groups(data),
      x: {label: "step", fixed: true}, y: {label: "", log: false},
      of: state => {
        const {name, of} = found[state.what];
        return {y: {label: name, log: false}, series: probed(data).map((run, group) => ({group, line: "line", marks: true,
          points: looks(run, "loss").map(({step, seen}) => ({x: step, y: of(seen), text: `${run.name}, step ${number(step)}\n${name}: ${number(of(seen), 5)}`}))}))};
      },
    });
  }

  charts.fill({landscape_walk: walk, landscape_line: line, landscape_plane: plane, landscape_course: course});
})();
