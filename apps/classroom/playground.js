"use strict";
// The page: one state, shown again as a whole whenever it changes.
(async () => {
  const {element, button, select} = playground.elements;
  const {start, resized, parsed, written, kMost, size} = playground.state;
  const at = id => document.getElementById(id);

  let engine;
  try {
    engine = await playground.engine(JSON.parse(at("data").textContent).engine);
  } catch (error) {
    at("failure").textContent = `This browser cannot run the engine: ${error.message}. Any browser of 2022 or later with WebAssembly can.`;
    at("failure").hidden = false;
    return;
  }
  const {norms, schema} = engine.list(), types = norms.map(norm => norm.type);

  const page = {norms, schema, state: null, fresh, update};
  const request = (side, more) => {
    const {shape, x, dy, mode, dtype, steps} = page.state;
    return engine.run({spec: {type: side.type, ...side.options}, shape, input: x, grad_output: dy, state: side.state, mode, dtype,
      steps_before: mode === "eval" ? steps : 0, ...more});
  };
  // A norm with the defaults of its options; where these do not fit so few channels, with the first
  // whole number that does.
  function fresh(type) {
    const side = {type, options: {}, state: {}};
    if (!request(side).error) return side;
    for (const [name, each] of Object.entries(schema[`norm.${type}`].properties))
      if (each.type === "integer")
        for (const value of [2, 1]) {
          const tried = {...side, options: {[name]: value}};
          if (!request(tried).error) return tried;
        }
    return side;
  }

  // What a side shows: its answer or, while a formula is being typed and cannot be read, that of the
  // last one that could, with what is wrong now.
  const computed = [null, null];
  function answered(side, i, more) {
    const answer = request(side, more);
    if (!answer.error) computed[i] = side;
    const last = computed[i];
    if (!answer.error || side.type !== "formula" || !last || last.type !== "formula") return {...answer, options: side.options};
    const before = [last, {...last, state: {}}].map(each => request(each, more)).find(each => !each.error);
    return before ? {...before, options: last.options, wrong: answer} : answer;
  }

  function update(change) {
    Object.assign(page.state, change);
    show();
  }

  const panels = [0, 1].map(index => playground.panel(page, index));
  panels.forEach(panel => at("panels").append(panel.root));
  const derivative = playground.derivative(page, at("derivative-controls"), at("derivative-answer"), at("derivative-names"));

  // Changes of x or dy that are worth a button.
  const random = () => Math.round((Math.random() + Math.random() + Math.random() - 1.5) * 200) / 100;
  const kChanges = {
    x: [["random", random], ["× 10", x => 10 * x], ["÷ 10", x => x / 10], ["+ 1", x => x + 1], ["− 1", x => x - 1], ["outlier", (x, i) => (i === 0 ? 10 : x)]],
    dy: [["random", random], ["all 1", () => 1], ["one alone", (dy, i) => (i === 0 ? 1 : 0)], ["= y of A", (dy, i, y) => y[i]]],
  };
  let outputs = [];
  for (const key of ["x", "dy"]) {
    at(`${key}-controls`).append(...kChanges[key].map(([name, change]) => button(name, () =>
      update({[key]: page.state[key].map((value, i) => +change(value, i, outputs).toPrecision(6))}))));
    const text = element("textarea", {rows: 2, "aria-label": `Numbers of ${key}`, onchange: event => {
      const numbers = event.target.value.split(/[\s,;]+/).filter(Boolean).map(Number);
      if (numbers.length === size(page.state.shape) && numbers.every(Number.isFinite)) update({[key]: numbers});
      else event.target.setAttribute("aria-invalid", "true");
    }});
    at(`${key}-bars`).after(element("details", {}, element("summary", {}, "Type them"), text));
    page[`${key}Text`] = text;
  }

  function showControls() {
    const {shape, mode, steps, dtype} = page.state;
    const presets = [["1,1,8", "eight numbers"], ["4,1,2", "4 samples of 2 channels"], ["2,1,4", "a batch of two"], ["1,4,8", "4 positions of 8 channels"],
      ["2,2,4", "2 samples, 2 positions, 4 channels"], ["4,4,8", "4 samples, 4 positions, 8 channels"]];
    const current = shape.join(",");
    const resize = next => update(resized(page.state, next));
    at("shape-controls").replaceChildren(
      select("shape ", presets.some(([value]) => value === current) ? presets : [[current, "own"], ...presets], current,
        value => resize(value.split(",").map(Number))),
      ...["samples", "positions", "channels"].map((name, axis) => element("label", {}, name, element("input", {type: "number", class: "extent",
        min: 1, max: kMost[axis], value: shape[axis], onchange: event => {
          const extent = Math.max(1, Math.min(kMost[axis], Math.round(+event.target.value) || 1));
          resize(shape.map((each, i) => (i === axis ? extent : each)));
        }}))));
    at("mode-controls").replaceChildren(
      select("statistics ", [["train", "train: of this batch"], ["eval", "eval: running ones, where kept"]], mode, value => update({mode: value})),
      ...(mode === "eval" ? [element("label", {}, "after", element("input", {type: "number", min: 0, max: 1000, value: steps,
        onchange: event => update({steps: Math.max(0, Math.min(1000, Math.round(+event.target.value) || 0))})}), "training steps on it")] : []),
      select("in ", [["float64", "float64"], ["float32", "float32"]], dtype, value => update({dtype: value})));
  }

  function showNumbers(of) {
    for (const [key, name] of [["x", "x"], ["dy", "dy"]]) {
      const values = page.state[key];
      playground.bars.editable(at(`${key}-bars`), {shape: page.state.shape, values, name, domains: of, chosen: () => {},
        changed: (i, value) => update(i < 0 ? {} : {[key]: values.map((each, k) => (k === i ? value : page.state[key][k]))})});
      const text = page[`${key}Text`];
      if (document.activeElement !== text) {
        text.value = values.join(" ");
        text.removeAttribute("aria-invalid");
      }
    }
  }

  // Where the keyboard is, told by its place among the controls of a part of the page: these are made
  // anew. Bars look after themselves.
  const controls = part => [...part.querySelectorAll("input, select, button, summary")];
  function focusKeeper() {
    const active = document.activeElement, part = active && active.closest(".controls[id], .panel");
    if (!part || active.closest("svg")) return () => {};
    const number = controls(part).indexOf(active);
    return () => {
      const now = controls(part)[number];
      if (now && !active.isConnected) now.focus();
    };
  }

  function show() {
    const keepFocus = focusKeeper();
    const {sides, derivative: question} = page.state;
    const answers = sides.map((side, i) => answered(side, i, question.side === i ? {derivative: {of: question.of, text: question.text}} : {}));
    outputs = answers[0].tensors ? answers[0].tensors.output.values : page.state.x;
    const known = answers.find(answer => answer.domains);
    showControls();
    showNumbers(known ? known.domains.of : page.state.x.map(() => 0));
    panels.forEach((panel, i) => panel.show(answers[i]));
    derivative.show(answers[question.side].derivative);
    keepFocus();
    const fragment = "#" + written(page.state);
    try {
      history.replaceState(null, "", fragment);
    } catch {
      // Some browsers refuse that for a file; the field below has the address all the same.
    }
    at("address").value = location.href.split("#")[0] + fragment;
  }

  function open() {
    // A place of the page around, not a state: what was set stays.
    if (page.state && document.getElementById(location.hash.slice(1))) return;
    computed.fill(null);
    page.state = location.hash.length > 1 ? parsed(location.hash.slice(1), types) : start(types);
    show();
  }
  at("copy").addEventListener("click", async () => {
    at("address").select();
    try {
      await navigator.clipboard.writeText(at("address").value);
    } catch {
      document.execCommand("copy");
    }
    at("copy").textContent = "Copied";
  });
  at("reset").addEventListener("click", () => {
    page.state = start(types);
    show();
  });
  window.addEventListener("hashchange", open);
  let width = 0;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    if (page.state) show();
  });
  at("playground").hidden = false;
  width = window.innerWidth;
  // For exercises of a teacher's own, from the console.
  window.norma = {list: engine.list, run: engine.run, state: () => page.state};
  open();
})();
