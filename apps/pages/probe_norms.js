"use strict";
// What norms, normalized weights and bounded maps do to the gradient.
(() => {
  const {number} = charts, {probed, groups, unique, stepControl} = probes;

  // Norms of activations and normalized weights are no chain of one order, so they are shown apart.
  const kSpaces = [["activations", false], ["weights", true]];
  function spaceControl(data) {
    const spaces = kSpaces.filter(([, ofWeight]) => probed(data).some(run => run.norms.some(norm => !!norm.of_weight === ofWeight)));
    const normsOf = (run, state) => run.norms.filter(norm => !!norm.of_weight === spaces[state.space][1]);
    return {none: !spaces.length, normsOf, control: {key: "space", label: "gradients of", texts: spaces.map(([name]) => name)}};
  }
  const told = (run, step, norm) => `${run.name}, step ${number(step)}\n${norm.path}: ${norm.type}${norm.kind ? `, ${norm.kind}` : ""}`;
  function byNorm(series) {
    const most = d3.max(series, s => d3.max(s.points, p => p.x)) || 1;
    return {label: "norm, in the order of the forward", fixed: true, ticks: d3.range(1, most + 1, Math.ceil(most / 12))};
  }

  // By how much each norm multiplies the gradient, with the range over what shares a statistic.
  function gain(place, data) {
    const {steps, control} = stepControl(data), space = spaceControl(data);
    if (space.none) return;
    charts.xy(place, {
      controls: [space.control, control], groups: groups(data),
      of: state => {
        const series = probed(data).map((run, group) => {
          const at = run.steps.indexOf(steps[state.step]);
          return {group, line: "line", marks: true, points: space.normsOf(run, state).map((norm, i) => {
            const [low, y, high] = ["gain_least", "gain_median", "gain_most"].map(key => (norm[key] || [])[at]);
            return {x: i + 1, y, low, high, label: probed(data).length === 1 ? norm.path : undefined,
              text: `${told(run, steps[state.step], norm)}\ngain ${number(y)}, from ${number(low)} to ${number(high)}`};
          })};
        });
        return {series, x: byNorm(series), y: {label: "gain: the slope without γ, 1/σ as a rule", fixed: true, log: true}};
      },
    });
  }

  const kStages = [["incoming", "dy"], ["through_gamma", "× γ"], ["direct", "× gain"], ["outgoing", "dx"]];

  // Each norm a line over the stages.
  function stages(place, data) {
    const {steps, control} = stepControl(data), space = spaceControl(data);
    if (space.none) return;
    charts.xy(place, {
      controls: [space.control, control], groups: groups(data),
      x: {label: "stage of the backward", fixed: true, domain: [-.15, 3.15], ticks: [0, 1, 2, 3], format: i => (kStages[i] ? kStages[i][1] : "")},
      y: {label: "length of the gradient", log: true},
      of: state => ({series: probed(data).flatMap((run, group) => {
        const at = run.steps.indexOf(steps[state.step]), norms = space.normsOf(run, state);
        return norms.map((norm, i) => ({group, line: "line", marks: true, faint: i + 1 < norms.length && i > 0,
          points: kStages.map(([stage, name], x) => ({x, y: (norm[stage] || [])[at],
            label: x === 3 && (i === 0 || i + 1 === norms.length) ? norm.path : undefined,
            text: `${told(run, steps[state.step], norm)}\n${name}: ${number((norm[stage] || [])[at], 5)}`}))}));
      })}),
    });
  }

  // Shares along 1 and x̂, norm by norm, beside that of a random direction.
  function shares(place, data) {
    const {steps, control} = stepControl(data), space = spaceControl(data), along = [["share_u", "along x̂"], ["share_one", "along 1"], ["left_u", "ε-leak"]];
    if (space.none) return;
    charts.xy(place, {
      controls: [{key: "along", label: "what", texts: along.map(([, name]) => name)}, space.control, control], groups: groups(data),
      of: state => {
        const [gauge, name] = along[state.along], beside = gauge === "left_u" ? "predicted_left_u" : "baseline";
        const series = (key, what, more) => probed(data).map((run, group) => {
          const at = run.steps.indexOf(steps[state.step]);
          return {group, ...more, points: space.normsOf(run, state).flatMap((norm, i) => (!norm[key] ? [] : [{x: i + 1, y: norm[key][at],
            text: `${told(run, steps[state.step], norm)}\n${what}: ${number(norm[key][at], 5)}`}]))};
        });
        const found = series(gauge, name, {line: "line", marks: true});
        return {x: byNorm(found), y: {label: gauge === "left_u" ? "part of it that is left in dx" : "share of the squared gradient", log: true},
          series: [...found, ...series(beside, beside === "baseline" ? "a random direction" : "predicted", {line: "line", dashed: true, faint: true})]};
      },
    });
  }

  // How the slopes of a map are distributed over elements, by quarters of a decade.
  function slopes(place, data) {
    const {steps, control} = stepControl(data);
    const paths = unique(probed(data).map(run => run.norms.filter(norm => norm.slopes).map(norm => norm.path)));
    if (!paths.length) return;
    const seen = (run, state) => {
      const norm = run.norms.find(each => each.path === paths[state.norm] && each.slopes), at = run.steps.indexOf(steps[state.step]);
      return (norm && norm.slopes[at]) || {first_quarter: 0, counts: [], zeros: 0, not_finite: 0};
    };
    const power = quarter => Math.pow(10, quarter / 4);
    charts.xy(place, {
      controls: [{key: "norm", label: "map", texts: paths}, control], groups: groups(data),
      x: {label: "slope", fixed: true}, y: {label: "", log: false},
      of: state => {
        const all = probed(data).map(run => seen(run, state)), used = all.filter(({counts}) => counts.length);
        const low = d3.min(used, h => h.first_quarter), high = d3.max(used, h => h.first_quarter + h.counts.length);
        const domain = used.length ? [low - 2, high + 2] : [-4, 4];
        return {
          x: {label: "slope, by quarters of a decade", fixed: true, domain, ticks: d3.range(4 * Math.ceil(domain[0] / 4), domain[1] + 1, 4), format: q => number(power(q))},
          y: {label: "share of the elements", fixed: true, log: false},
          series: probed(data).map((run, group) => {
            const {first_quarter: first, counts, zeros, not_finite: lost} = all[group], sum = d3.sum(counts) + zeros + lost;
            const head = `${run.name}, step ${number(steps[state.step])}\n${paths[state.norm]}`;
            return {group, line: "step", thick: true, points: !counts.length ? [] : [0, ...counts, 0].map((n, i) => ({x: first + i - 1, y: n / sum,
              text: `${head}\nfrom ${number(power(first + i - 1))} to ${number(power(first + i))}: ${number(n / sum, 3)}${zeros ? `\nslope 0: ${number(zeros / sum, 3)}` : ""}`}))};
          }),
        };
      },
    });
  }

  charts.fill({probe_norm_gain: gain, probe_norm_stages: stages, probe_norm_shares: shares, probe_slopes: slopes});
})();
