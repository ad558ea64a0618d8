"use strict";
// Bars, one an element: those that are dragged, and those that show what became of them.
playground.bars = (() => {
  const {element, drawn, number, colour, place, placeName} = playground.elements;
  const kHeight = 132, kTop = 20, kBelow = 20;

  // Where the bars stand: closer within a position than between positions and samples. At most as wide
  // as the room there is, at least wide enough for a finger or three thin bars.
  function layout(shape, room) {
    const [samples, positions, channels] = shape, count = samples * positions * channels;
    const gaps = 10 * (samples * positions - 1) + 10 * (samples - 1);
    const step = Math.max(18, Math.min(72, (room - gaps - 4) / count));
    const left = i => {
      const [n, s] = place(i, shape);
      return 2 + i * step + 10 * (n * positions + s) + 10 * n;
    };
    return {step, left, width: left(count - 1) + step + 2};
  }

  // A round number that is no smaller than any of the values.
  function extent(values) {
    const most = Math.max(...values.filter(Number.isFinite).map(Math.abs), 1e-12);
    const power = Math.pow(10, Math.floor(Math.log10(most)));
    return [1, 1.5, 2, 3, 5, 7.5, 10].map(digit => digit * power).find(round => round >= most * (1 - 1e-12));
  }

  const yOf = most => value => kTop + (kHeight / 2) * (1 - Math.max(-1.04, Math.min(1.04, value / most)));

  function frame(figure, shape, label) {
    const room = figure.clientWidth || 320, places = layout(shape, room);
    const svg = drawn("svg", {width: places.width, height: kTop + kHeight + kBelow, role: "group", "aria-label": label});
    const zero = kTop + kHeight / 2;
    svg.append(drawn("line", {class: "zero", x1: 0, x2: places.width, y1: zero, y2: zero}));
    const [samples, positions, channels] = shape;
    const below = (x, text, anchor) =>
      svg.append(drawn("text", {class: "faint", x, y: kTop + kHeight + 15, "text-anchor": anchor}, text));
    for (let row = 0; row < samples * positions; ++row)
      if (samples * positions === 1)
        for (let i = 0; i < channels; ++i) below(places.left(i) + places.step / 2, i, "middle");
      else {
        const [n, s] = place(row * channels, shape);
        below(places.left(row * channels), channels * places.step < 46 ? `${n},${s}` : `n ${n}, s ${s}`, "start");
      }
    return {svg, places};
  }

  // Draws `bars`, a group an element, and moves the one that has the focus by the arrow keys.
  // `item(i)` gives {shapes, text, role …} and `keys(event, i)` may take a key for itself.
  function draw(figure, {shape, label, most, item, keys, chosen, attributes = {}}) {
    const {svg, places} = frame(figure, shape, label), groups = [];
    const count = shape[0] * shape[1] * shape[2];
    const focused = [...figure.querySelectorAll(".element")].indexOf(document.activeElement);
    const current = Math.min(focused >= 0 ? focused : +figure.dataset.current || 0, count - 1);
    for (let i = 0; i < count; ++i) {
      const {shapes, text, ...own} = item(i, places.left(i), places.step, yOf(most));
      const group = drawn("g", {class: "element", tabindex: i === current ? 0 : -1, "aria-label": text, ...attributes, ...own},
        drawn("rect", {class: "target", x: places.left(i), y: kTop, width: places.step, height: kHeight, rx: 3}), ...shapes);
      group.addEventListener("focus", () => {
        figure.dataset.current = i;
        groups.forEach((each, k) => each.setAttribute("tabindex", k === i ? 0 : -1));
        chosen(i);
      });
      group.addEventListener("pointerenter", () => chosen(i));
      group.addEventListener("keydown", event => {
        const to = {ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: count - 1}[event.key];
        if (to !== undefined && groups[to]) groups[to].focus();
        else if (to === undefined && !(keys && keys(event, i))) return;
        event.preventDefault();
      });
      groups.push(group);
    }
    svg.append(...groups);
    const scale = drawn("text", {class: "faint", x: 0, y: 11}, `±${number(most)}`);
    svg.append(scale);
    let box = figure.querySelector(".wide-bars");
    if (!box) figure.append(box = element("div", {class: "wide-bars"}));
    box.replaceChildren(svg);
    if (focused >= 0 && focused < count) groups[focused].focus();
    return groups;
  }

  const between = (from, to) => ({y: Math.min(from, to), height: Math.max(Math.abs(to - from), .5)});
  const block = (x, width, from, to, attributes) => drawn("rect", {x, width, ...between(from, to), ...attributes});

  // Bars that are dragged: `changed(i, value)` hears of every move. While one is held neither the scale
  // nor an element of the page is exchanged, or a finger would lose it.
  function editable(figure, {shape, values, name, domains, changed, chosen}) {
    figure.changed = changed;
    if (figure.held) {
      const {most, i} = figure.held, y = yOf(most), [, bar, handle] = figure.groups[i].children;
      for (const [key, value] of Object.entries(between(y(0), y(values[i])))) bar.setAttribute(key, value);
      handle.setAttribute("y", y(values[i]) - 3);
      figure.groups[i].setAttribute("aria-valuenow", values[i]);
      return;
    }
    const most = Math.max(extent(values), 1), round = value => Math.round(value * 1000) / 1000;
    const keys = (event, i) => {
      const by = {ArrowUp: .1, ArrowDown: -.1, PageUp: 1, PageDown: -1}[event.key];
      if (by === undefined && event.key !== "0") return false;
      changed(i, by === undefined ? 0 : round(values[i] + by * (event.shiftKey ? 10 : 1)));
      return true;
    };
    figure.groups = draw(figure, {shape, most, chosen, keys, label: name,
      attributes: {role: "slider", "aria-orientation": "vertical"},
      item: (i, x, step, y) => ({text: `${name}${placeName(i, shape)}`, "aria-valuenow": values[i],
        "aria-valuemin": -most, "aria-valuemax": most, "aria-valuetext": number(values[i]),
        shapes: [block(x + step * .14, step * .72, y(0), y(values[i]), {class: "bar", style: `fill:${colour(domains[i])}`}),
          drawn("rect", {class: "handle", x: x + step * .08, width: step * .84, y: y(values[i]) - 3, height: 6, rx: 3,
            style: `fill:${colour(domains[i])}`})]})});
    figure.groups.forEach((group, i) => {
      group.classList.add("draggable");
      group.addEventListener("pointerdown", event => {
        event.preventDefault();
        group.focus();
        figure.held = {i, most};
        moved(figure, event);
      });
    });
    if (figure.listens) return;
    figure.listens = true;
    window.addEventListener("pointermove", event => moved(figure, event));
    for (const end of ["pointerup", "pointercancel"])
      window.addEventListener(end, () => {
        if (!figure.held) return;
        figure.held = null;
        figure.changed(-1, 0);
      });
  }

  function moved(figure, event) {
    if (!figure.held) return;
    const {most, i} = figure.held, top = figure.querySelector("svg").getBoundingClientRect().top;
    const share = Math.max(-1, Math.min(1, 1 - (event.clientY - top - kTop) / (kHeight / 2)));
    figure.changed(i, Math.round(share * most * 100) / 100);
  }

  // One bar an element.
  const plain = (figure, {shape, values, name, domains, chosen, text}) => draw(figure, {shape, label: name, chosen,
    most: extent(values), attributes: {role: "img"},
    item: (i, x, step, y) => ({text: text(i), "data-value": values[i],
      shapes: [block(x + step * .14, step * .72, y(0), y(values[i]), {class: "bar", style: `fill:${colour(domains[i])}`})]})});

  // Up to three thin bars an element, and a line for their sum.
  const kTerms = [["direct", "term-direct"], ["along_one", "term-one"], ["along_u", "term-u"]];
  const terms = (figure, {shape, parts, total, name, chosen, text}) => draw(figure, {shape, label: name, chosen,
    most: extent([...total, ...kTerms.flatMap(([key]) => parts[key])]), attributes: {role: "img"},
    item: (i, x, step, y) => ({text: text(i), "data-value": total[i],
      shapes: [...kTerms.filter(([key]) => parts[key].length).map(([key, kind], k) =>
        block(x + step * (.1 + .27 * k), step * .24, y(0), y(parts[key][i]), {class: kind, "data-part": parts[key][i]})),
      drawn("line", {class: "total", x1: x + step * .05, x2: x + step * .95, y1: y(total[i]), y2: y(total[i])})]})});

  return {editable, plain, terms};
})();
