"use strict";
// What is set on the page, and how it stands in its address.
playground.state = (() => {
  const kMost = [4, 4, 8]; // samples, positions, channels
  const kEight = [1.2, -0.4, 0.3, 2.1, -1.5, 0.8, -0.2, 0.6];
  const kEightBack = [0.9, 0.3, 0.5, 1, -0.8, -0.4, 0.6, -0.2];

  const size = shape => shape[0] * shape[1] * shape[2];
  // Numbers that look like any others, the same on every machine.
  const some = (count, seed) => Array.from({length: count}, (unused, i) =>
    Math.round(20 * Math.sin(12.9898 * (i + 1) + 78.233 * seed)) / 10);

  const start = types => ({
    shape: [1, 1, 8], x: kEight.slice(), dy: kEightBack.slice(), mode: "train", steps: 10, dtype: "float64",
    sides: ["layer_norm", "rms_norm"].map((type, i) => ({type: types.includes(type) ? type : types[i], options: {}, state: {}})),
    derivative: {side: 0, of: "dx", text: ""},
  });

  function resized(state, shape) {
    const count = size(shape);
    const fit = (values, seed) => values.concat(some(Math.max(0, count - values.length), seed)).slice(0, count);
    return {...state, shape, x: fit(state.x, 1), dy: fit(state.dy, 2), sides: state.sides.map(side => ({...side, state: {}}))};
  }

  const isNumbers = (value, count) => Array.isArray(value) && value.length === count && value.every(Number.isFinite);
  const isObject = value => typeof value === "object" && value !== null && !Array.isArray(value);

  // The state that a fragment says; what it says wrongly stays as it was at the start.
  function parsed(fragment, types) {
    const state = start(types);
    let given;
    try {
      given = JSON.parse(decodeURIComponent(fragment));
    } catch {
      return state;
    }
    if (!isObject(given)) return state;
    const {shape, x, dy} = given;
    if (isNumbers(shape, 3) && shape.every((n, i) => Number.isInteger(n) && n >= 1 && n <= kMost[i]) &&
        isNumbers(x, size(shape)) && isNumbers(dy, size(shape)))
      Object.assign(state, {shape, x, dy});
    if (["train", "eval"].includes(given.mode)) state.mode = given.mode;
    if (["float64", "float32"].includes(given.dtype)) state.dtype = given.dtype;
    if (Number.isInteger(given.steps) && given.steps >= 0 && given.steps <= 1000) state.steps = given.steps;
    (Array.isArray(given.sides) ? given.sides : []).slice(0, 2).forEach((side, i) => {
      if (!isObject(side) || !types.includes(side.type)) return;
      state.sides[i] = {type: side.type, options: isObject(side.options) ? side.options : {},
        state: isObject(side.state) ? side.state : {}};
    });
    const question = given.derivative;
    if (isObject(question)) {
      if ([0, 1].includes(question.side)) state.derivative.side = question.side;
      if (["dx", "dy/dx"].includes(question.of)) state.derivative.of = question.of;
      if (typeof question.text === "string") state.derivative.text = question.text.slice(0, 1000);
    }
    return state;
  }

  // Brackets and commas stay readable.
  const written = state => encodeURIComponent(JSON.stringify(state)).replace(/%(5B|5D|7B|7D|2C|3A|22|2F)/g,
    (code, hex) => (hex === "22" ? code : String.fromCharCode(parseInt(hex, 16))));

  return {kMost, size, some, start, resized, parsed, written};
})();
