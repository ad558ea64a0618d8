"use strict";
// The charts of probes: what passes through a model, module by module and step by step. This file:
// what they share, and those of modules and blocks; then one file each for norms, courses over steps
// and the landscape of the loss.
const probes = (() => {
  const probed = data => data.probe.runs;
  const groups = data => probed(data).map((run, index) => ({index, name: run.name}));
  const unique = lists => [...new Set([].concat(...lists))];

  // A slider over those steps; it starts at the last.
  const slider = steps => ({key: "step", label: "step", texts: steps.map(s => charts.number(s)), at: steps.length - 1, slides: true});
  // Over all steps at which any run was probed.
  function stepControl(data) {
    const steps = unique(probed(data).map(run => run.steps)).sort((a, b) => a - b);
    return {steps, control: slider(steps)};
  }

  return {probed, groups, unique, slider, stepControl};
})();

(() => {
  const {number} = charts, {probed, groups, unique, stepControl} = probes;

  // The gauges that have numbers in this pass, first the one to begin with.
  function gaugesOf(data, pass, first) {
    const names = unique(probed(data).map(run => Object.keys(run[pass])));
    return [...names.filter(name => name === first), ...names.filter(name => name !== first)];
  }
  const gaugeControl = names => ({key: "gauge", label: "gauge", texts: names});

  // The numbers of all modules of a run at a step; none where it was not probed then.
  function numbersAt(run, pass, gauge, step) {
    const at = run.steps.indexOf(step);
    return at < 0 || !run[pass][gauge] ? [] : run[pass][gauge][at];
  }

  // One gauge by depth: modules in the order of the forward.
  function depth(place, data, pass) {
    const names = gaugesOf(data, pass, pass === "forward" ? "variance" : "rms"), {steps, control} = stepControl(data);
    if (!names.length) return;
    charts.xy(place, {
      controls: [gaugeControl(names), control], groups: groups(data),
      x: {label: "module, in the order of the forward", fixed: true}, y: {label: "", log: true},
      of: state => ({
        y: {label: `${names[state.gauge]}, ${pass}`, log: true},
        series: probed(data).map((run, group) => ({group, line: "line", marks: true,
          points: numbersAt(run, pass, names[state.gauge], steps[state.step]).map((y, i) => ({x: i + 1, y,
            text: `${run.name}, step ${number(steps[state.step])}\n${run.modules[i]}\n${names[state.gauge]}: ${number(y, 5)}`}))})),
      }),
    });
  }

  // What the residual stream and its branches do from block to block.
  function blocks(place, data, name) {
    const {steps, control} = stepControl(data);
    const series = state => probed(data).map((run, group) => {
      const at = run.steps.indexOf(steps[state.step]), values = (at >= 0 && run.blocks[name] && run.blocks[name][at]) || [];
      return {group, line: "line", marks: true, points: values.map((y, i) => ({x: i + 1, y,
        text: `${run.name}, step ${number(steps[state.step])}\nblock ${i + 1}: ${number(y, 5)}`}))};
    });
    charts.xy(place, {controls: [control], groups: [], height: 260, x: {label: "block", fixed: true}, y: {label: "", log: true},
      of: state => {
        const shown = series(state), most = d3.max(shown, s => s.points.length) || 1;
        return {series: shown, x: {label: "block", fixed: true, ticks: d3.range(1, most + 1, Math.ceil(most / 8))}};
      }});
  }

  // Modules by steps; the strength of a cell is the logarithm of its size.
  function field(place, data, which) {
    const run = probed(data)[+which], passes = ["forward", "backward"];
    const names = [].concat(...passes.map(pass => gaugesOf(data, pass, "rms").filter(name => run[pass][name]).map(name => ({pass, name}))));
    const first = names.findIndex(({pass, name}) => pass === "backward" && name === "rms");
    if (!names.length) return;
    charts.heat(place, {
      bare: true, none: "nothing, or not finite",
      controls: [{...gaugeControl(names.map(({pass, name}) => `${name}, ${pass}`)), at: Math.max(0, first)}],
      told: value => `${number(Math.pow(10, value), 4)}`,
      of: state => {
        const {pass, name} = names[state.gauge], table = run[pass][name];
        return {x: {label: "step", values: run.steps.map(s => number(s))}, y: {label: `size of ${name}, ${pass}: dark is small`, values: run.modules},
          cells: run.modules.map((_, i) => table.map(row => (row[i] ? Math.log10(Math.abs(row[i])) : null)))};
      },
    });
  }

  // Edges of the bins: −2^10 … −2^−40, 2^−40 … 2^10.
  const edge = i => (i <= 50 ? -Math.pow(2, 10 - i) : Math.pow(2, i - 91));
  const edgeText = i => (Number.isInteger(i) && i >= 0 && i <= 101 ? `${i <= 50 ? "−" : ""}2^${i <= 50 ? 10 - i : `${i - 91}`.replace("-", "−")}` : "");

  function histograms(place, data) {
    const {steps, control} = stepControl(data), passes = ["forward", "backward"];
    const modules = unique(probed(data).map(run => Object.keys(run.histograms)));
    if (!modules.length) return;
    const counts = (run, state) => {
      const of = run.histograms[modules[state.module]], at = run.steps.indexOf(steps[state.step]);
      return (of && at >= 0 && of[passes[state.pass]] && of[passes[state.pass]][at]) || [];
    };
    charts.xy(place, {
      controls: [{key: "module", label: "module", texts: modules}, {key: "pass", label: "pass", texts: passes}, control],
      groups: groups(data), x: {label: "value", fixed: true}, y: {label: "share of the numbers in an octave", log: false},
      of: state => {
        const all = probed(data).map(run => counts(run, state)), used = all.flatMap(c => c.flatMap((n, i) => (n > 0 ? [i] : [])));
        const domain = used.length ? [Math.min(...used) - 2, Math.max(...used) + 2] : [0, 101];
        return {
          x: {label: "value, by octaves", fixed: true, domain, ticks: d3.range(0, 102, 10), format: edgeText},
          series: probed(data).map((run, group) => ({group, line: "step", thick: true, points: all[group].map((n, i) => ({x: i - 1, y: n / d3.sum(all[group]),
            text: `${run.name}, step ${number(steps[state.step])}\n${i === 51 ? "0" : `${number(i === 0 ? -Infinity : edge(i - 1))} to ${number(i === 102 ? Infinity : edge(i))}`}: ${number(n)}`}))})),
        };
      },
    });
  }

  charts.fill({probe_depth: depth, probe_blocks: blocks, probe_field: field, probe_histograms: histograms});
})();
